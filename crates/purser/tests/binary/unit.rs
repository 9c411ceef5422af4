//! `deploy/purser.service`, checked by systemd itself where it is at hand.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

#[test]
fn the_systemd_unit_is_well_formed() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/purser.service");
    let unit = fs::read_to_string(unit).unwrap();
    // verify wants the program to be there.
    let unit = unit.replace("/usr/local/bin/purser", env!("CARGO_BIN_EXE_purser"));
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("purser.service");
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
    assert!(!said.contains("purser.service:"), "{said}");
}
