//! The systemd units in `deploy`, checked by systemd itself where it is at hand.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::server::purser;

#[test]
fn the_systemd_unit_is_well_formed() {
    verify("purser.service");
}

#[test]
fn the_systemd_unit_of_the_plugin_is_well_formed() {
    verify("purser-kms.service");
}

fn verify(name: &str) {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(name);
    let unit = fs::read_to_string(unit).unwrap();
    // verify wants the program to be there.
    let unit = unit.replace("/usr/local/bin/purser", env!("CARGO_BIN_EXE_purser"));
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join(name);
    fs::write(&copy, unit).unwrap();
    let output = match Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&copy)
        .output()
    {
        Ok(output) => output,
        // Where there is no systemd, there is nobody to misread the unit.
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) => panic!("{error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains(&format!("{name}:")), "{said}");
}

#[test]
fn the_static_pod_gives_flags_that_there_are() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/purser-kms.yaml");
    let manifest = fs::read(manifest).unwrap();
    let mut json = Vec::new();
    purser_types::json::write(&purser_types::yaml::parse(&manifest).unwrap().value, &mut json);
    let pod: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let command = pod["spec"]["containers"][0]["command"].as_array().unwrap();
    let words: Vec<&str> = command.iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words[..3], ["purser", "kms", "serve"]);
    let help = purser().args(["kms", "serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in &words[3..] {
        assert!(help.contains(flag.split('=').next().unwrap()), "{flag}");
    }
}
