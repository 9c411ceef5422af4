//! A server that is measured: started, waited for, and ended with the measurement.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place;

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(20);

/// A running server. Dropping it ends the process.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) kubeconfig: PathBuf,
    /// From the start of the process until it took a connection.
    pub(crate) ready_in: Duration,
    child: Child,
}

impl Server {
    /// The bare TLS server of purser-bench, answering one Secret of `size` bytes.
    pub(crate) fn bare(bench: &Path, folder: &Path, size: u32) -> Result<Self, String> {
        let kubeconfig = folder.join("bare.kubeconfig");
        let mut command = Command::new(bench);
        command
            .args([
                "bare",
                "--port",
                "0",
                "--size",
                &size.to_string(),
                "--write-kubeconfig",
            ])
            .arg(&kubeconfig);
        Self::start("bare TLS server", &mut command, kubeconfig, folder)
    }

    /// `purser serve` with nothing set but where it puts things.
    pub(crate) fn purser(binary: &Path, folder: &Path) -> Result<Self, String> {
        let data = folder.join("data");
        place::make(folder)?;
        let kubeconfig = data.join("admin.kubeconfig");
        let mut command = Command::new(binary);
        command
            .args(["serve", "--secure-port", "0", "--data-dir"])
            .arg(&data);
        Self::start("purser", &mut command, kubeconfig, folder)
    }

    fn start(
        name: &'static str,
        command: &mut Command,
        kubeconfig: PathBuf,
        folder: &Path,
    ) -> Result<Self, String> {
        let log = folder.join(format!("{}.log", name.replace(' ', "-")));
        let said = |error: std::io::Error| format!("{name}: {error}");
        let file = std::fs::File::create(&log).map_err(said)?;
        let started = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(said)?)
            .stderr(file)
            .spawn()
            .map_err(said)?;
        let mut server = Self {
            name,
            kubeconfig,
            ready_in: START,
            child,
        };
        while started.elapsed() < START {
            if server.listens() {
                server.ready_in = started.elapsed();
                return Ok(server);
            }
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("{name} left with {status}; see {}", log.display()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!(
            "{name} does not listen after {START:?}; see {}",
            log.display()
        ))
    }

    fn listens(&self) -> bool {
        let text = std::fs::read_to_string(&self.kubeconfig).unwrap_or_default();
        let address = text
            .split_once("server:")
            .and_then(|(_, rest)| rest.lines().next())
            .unwrap_or_default();
        let address = address.trim().trim_matches('"').trim_start_matches("https://");
        TcpStream::connect(address).is_ok()
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The file's name without its folder.
    pub(crate) fn name_of_kubeconfig(&self) -> String {
        self.kubeconfig
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
