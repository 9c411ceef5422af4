//! The official Python client, unmodified: the script `python/client.py` does the work and says what failed.

use std::path::Path;
use std::process::Command;

use purser_e2e::Purser;

#[tokio::test(flavor = "multi_thread")]
async fn the_official_python_client_works() {
    let purser = Purser::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/client.py");
    let output = Command::new(purser_e2e::python())
        .arg(script)
        .arg(purser.kubeconfig_path())
        .env("HOME", purser.scratch())
        .output()
        .expect("Python runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("{printed}");
    assert!(
        output.status.success(),
        "{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
