//! A PKCS#11 token: SoftHSM's, where it is installed (Debian's package `softhsm2`).

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use purser_kms::Destruction;

use crate::duties::{destroys_the_old_key, files, open, rotate, spec, takes_another_key};

/// Where Debian keeps the module.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Says that this process has its token: SoftHSM reads where tokens are from the environment, once.
const CHILD: &str = "PURSER_TEST_SOFTHSM";
const NAME: &str = "pkcs11::a_token_wraps_and_its_next_key_is_taken_into_use";

/// The module reads its configuration from the environment of the process, so that it is tried in one of its own.
#[test]
fn a_token_wraps_and_its_next_key_is_taken_into_use() {
    if let Some(home) = std::env::var_os(CHILD) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        return runtime.unwrap().block_on(tried(Path::new(&home)));
    }
    if !Path::new(MODULE).exists() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {NAME}: {MODULE} is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tokens = home.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let settings = home.path().join("softhsm2.conf");
    fs::write(
        &settings,
        format!("directories.tokendir = {}\n", tokens.display()),
    )
    .unwrap();
    let made = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            "purser",
            "--so-pin",
            "12345678",
            "--pin",
            "87654321",
        ])
        .env("SOFTHSM2_CONF", &settings)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env("SOFTHSM2_CONF", &settings)
        .env(CHILD, home.path())
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stderr)
    );
}

async fn tried(home: &Path) {
    let pin = home.join("pin");
    fs::write(&pin, "11111111\n").unwrap();
    let of = |token: &str, pin: &Path| {
        format!(
            "pkcs11:{MODULE}?token={token}&key=seeds&pin-file={}",
            pin.display()
        )
    };
    let word = of("purser", &pin);
    // More often than the token takes: it would be locked.
    let holder = open(&word).await;
    for _ in 0..20 {
        let said = holder.key_id().await.unwrap_err().to_string();
        assert!(
            said.contains("refused this PIN") && !said.contains("11111111"),
            "{said}"
        );
    }
    fs::write(&pin, "87654321\n").unwrap();
    let said = holder.key_id().await.unwrap_err().to_string();
    assert!(said.contains("make one with `purser kms rotate`"), "{said}");
    rotate(&word).await;
    takes_another_key(holder.as_ref(), &word).await;
    assert_eq!(destroys_the_old_key(&word).await, Destruction::ByHolder);
    let said = open(&of("other", &pin))
        .await
        .key_id()
        .await
        .unwrap_err()
        .to_string();
    assert!(said.contains("there is no token other"), "{said}");
    assert!(
        spec("pkcs11:/nowhere.so?token=a&key=b&pin-file=/c")
            .open(files())
            .await
            .is_err()
    );
}
