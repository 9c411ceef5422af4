//! Python with the official Kubernetes client: the machine's interpreter or Debian's, the client from PyPI.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use crate::command::{on_path, output, run, works, write_executable};
use crate::place;

/// The client, of the API level that Purser serves.
const CLIENT: &str = "kubernetes==36.0.3";

/// An interpreter, how to run pip on it, and the wrapper that knows the client.
pub(crate) struct Python {
    interpreter: PathBuf,
    /// A pip that is not installed but carried by a wheel, when the interpreter has none.
    pip_wheel: Option<PathBuf>,
    /// A command that behaves as `python` does and can `import kubernetes`.
    pub(crate) client: PathBuf,
}

impl Python {
    /// The interpreter alone.
    pub(crate) fn plain(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        command.env_remove("PYTHONPATH");
        command
    }

    /// `python -m pip`, quiet about its own age and about being run by root.
    pub(crate) fn pip(&self) -> Command {
        let mut command = self.plain();
        if let Some(wheel) = &self.pip_wheel {
            command.env("PYTHONPATH", wheel);
        }
        command
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PIP_ROOT_USER_ACTION", "ignore");
        command.args(["-m", "pip"]);
        command
    }
}

/// Finds or brings the interpreter, pip, and the client.
///
/// # Errors
///
/// A sentence that says what to install.
pub(crate) fn bring() -> Result<Python, String> {
    let said = |sentence: String| {
        format!(
            "the Python client cannot be had: install python3 with pip, or name a Python that has {CLIENT} in PURSER_PYTHON.\n{sentence}"
        )
    };
    let (interpreter, pip_wheel) = interpreter().map_err(said)?;
    let named = std::env::var_os("PURSER_PYTHON").map(PathBuf::from);
    let client = named.clone().unwrap_or_else(|| place::tool("python"));
    let python = Python {
        interpreter,
        pip_wheel,
        client,
    };
    if named.is_none() {
        install_client(&python).map_err(said)?;
    }
    if works(Command::new(&python.client).args(["-c", "import kubernetes"])) {
        return Ok(python);
    }
    Err(said(format!(
        "{} cannot `import kubernetes`",
        python.client.display()
    )))
}

/// Installs the client into a folder of its own, with a wrapper that puts the folder on Python's path.
fn install_client(python: &Python) -> Result<(), String> {
    let folder = place::tools().join("python-client");
    let stamp = folder.join(".installed");
    let wanted = format!("{CLIENT} for {}\n", python.interpreter.display());
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && python.client.is_file() {
        return Ok(());
    }
    println!("{CLIENT} is brought from PyPI into target/tools");
    let _ = std::fs::remove_dir_all(&folder);
    run(python
        .pip()
        .args(["install", "--quiet", "--no-warn-conflicts", CLIENT, "--target"])
        .arg(&folder))?;
    let wrapper = format!(
        "#!/bin/sh\nPYTHONPATH='{}' exec '{}' \"$@\"\n",
        folder.display(),
        python.interpreter.display()
    );
    write_executable(&python.client, &wrapper)?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// The first interpreter that has pip, else Debian's with the pip wheel that its package carries.
fn interpreter() -> Result<(PathBuf, Option<PathBuf>), String> {
    let path = on_path("python3").and_then(|path| real(&path));
    if let Some(python) = path {
        if works(Command::new(&python).args(["-m", "pip", "--version"])) {
            return Ok((python, None));
        }
        let root = apt::unpack("pip", &["python3-pip-whl"])?;
        return Ok((python, Some(pip_wheel(&root)?)));
    }
    let root = apt::unpack("python", &["python3", "python3-pip-whl"])?;
    let wrapper = place::tool("python3-debian");
    let libraries = [
        "usr/lib/x86_64-linux-gnu",
        "usr/lib/aarch64-linux-gnu",
        "lib/x86_64-linux-gnu",
    ];
    let libraries: Vec<String> = libraries
        .iter()
        .map(|part| root.join(part).display().to_string())
        .collect();
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' PYTHONHOME='{}' exec '{}' \"$@\"\n",
        libraries.join(":"),
        root.join("usr").display(),
        root.join("usr/bin/python3").display()
    );
    write_executable(&wrapper, &text)?;
    Ok((wrapper, Some(pip_wheel(&root)?)))
}

/// The interpreter itself: a shim on PATH may choose another one in another folder.
fn real(path: &Path) -> Option<PathBuf> {
    let text = output(Command::new(path).args(["-c", "import sys; print(sys.executable)"])).ok()?;
    Some(PathBuf::from(text.trim())).filter(|path| path.is_file())
}

fn pip_wheel(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("usr/share/python-wheels");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut wheels = entries.flatten().map(|entry| entry.path());
    let is_pip = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("pip-"))
    };
    wheels
        .find(is_pip)
        .ok_or_else(|| format!("{} holds no pip", folder.display()))
}
