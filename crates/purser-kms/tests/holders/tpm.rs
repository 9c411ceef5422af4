//! A TPM 2.0: swtpm's, where it is installed (Debian's package `swtpm`).

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use purser_kms::Destruction;

use crate::duties::{destroys_the_old_key, files, open, rotate, spec, takes_another_key};

const PATIENCE: Duration = Duration::from_secs(30);

struct Simulator {
    child: Child,
    socket: PathBuf,
}

impl Simulator {
    /// One with a state of its own below `home`; `None`: it is not installed.
    fn start(home: &Path, state: &str) -> Option<Self> {
        let (state, socket) = (home.join(state), home.join("tpm.sock"));
        let _ = fs::create_dir(&state);
        let _ = fs::remove_file(&socket);
        let started = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .args(["--tpmstate", &format!("dir={}", state.display())])
            .args(["--server", &format!("type=unixio,path={}", socket.display())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = writeln!(std::io::stderr(), "SKIPPED: swtpm is not installed");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let simulator = Self { child, socket };
        let begun = Instant::now();
        while !simulator.socket.exists() {
            assert!(begun.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_tpm_sealed_are_unsealed_by_it_and_by_no_other() {
    let home = tempfile::tempdir().unwrap();
    let Some(simulator) = Simulator::start(home.path(), "one") else {
        return;
    };
    let word = format!(
        "tpm:{}?device={}",
        home.path().join("keys.json").display(),
        simulator.socket.display()
    );
    let none = spec(&word).open(files()).await.err().unwrap().to_string();
    assert!(none.contains("make the first with"), "{none}");
    rotate(&word).await;
    takes_another_key(open(&word).await.as_ref(), &word).await;
    assert_eq!(destroys_the_old_key(&word).await, Destruction::Overwritten);
    drop(simulator);
    let Some(_other) = Simulator::start(home.path(), "two") else {
        return;
    };
    let refused = spec(&word).open(files()).await.err().unwrap().to_string();
    assert!(refused.contains("it answers 0x"), "{refused}");
}
