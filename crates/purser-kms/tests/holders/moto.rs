//! AWS KMS, as moto has it, where `moto_server` is installed (`pip install 'moto[kms,server]'`).

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// It ends when this is dropped.
pub(crate) struct Moto {
    child: Child,
    pub(crate) port: u16,
}

impl Moto {
    /// On a port that nobody else has; `None`: it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let said = tempfile::NamedTempFile::new().unwrap();
        let server = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(said.reopen().unwrap())
            .spawn();
        let child = match server {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = writeln!(std::io::stderr(), "SKIPPED: moto_server is not installed");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let mut moto = Self { child, port: 0 };
        let begun = Instant::now();
        while moto.port == 0 {
            std::thread::sleep(Duration::from_millis(50));
            let said = fs::read_to_string(said.path()).unwrap();
            let told = said
                .split_once("Running on http://127.0.0.1:")
                .and_then(|(_, rest)| rest.split_once('\n'));
            if let Some((port, _)) = told {
                moto.port = port.trim().parse().unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "{said}");
        }
        Some(moto)
    }

    /// What makes keys, as no holder does, spoken to with curl: moto checks no signature.
    pub(crate) fn call(&self, action: &str, body: &str) -> serde_json::Value {
        let output = Command::new("curl")
            .args([
                "-s",
                "-d",
                body,
                "-H",
                &format!("X-Amz-Target: TrentService.{action}"),
            ])
            .args(["-H", "Content-Type: application/x-amz-json-1.1"])
            .args([
                "-H",
                "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/kms/aws4_request",
            ])
            .arg(format!("http://127.0.0.1:{}/", self.port))
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Makes a key; its id.
    pub(crate) fn key(&self) -> String {
        let made = self.call("CreateKey", "{}");
        made.pointer("/KeyMetadata/KeyId")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Has `alias/purser` lead to a key: `CreateAlias` or `UpdateAlias`.
    pub(crate) fn alias(&self, action: &str, key: &str) {
        self.call(
            action,
            &format!(r#"{{"AliasName":"alias/purser","TargetKeyId":"{key}"}}"#),
        );
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
