//! A plugin that listens in a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use purser_encryption::KeyHolder;
use purser_encryption::kms::{Endpoint, PluginV2};
use purser_kms::{Layered, Listening, Plugin, serve};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a call may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Running {
    directory: TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn new(holder: Arc<dyn KeyHolder>) -> Self {
        Self::within(TempDir::new().unwrap(), holder).await
    }

    async fn within(directory: TempDir, holder: Arc<dyn KeyHolder>) -> Self {
        let endpoint = Endpoint::parse(&url(&directory)).unwrap();
        let listening = Listening::at(&endpoint, None).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let plugin = Arc::new(Plugin::new(Arc::new(Layered::new(holder))));
        let stopped = async { drop(stopped.await) };
        let served = tokio::spawn(serve(plugin, listening, stopped, Duration::from_secs(1)));
        Self {
            directory,
            stop: Some(stop),
            served,
        }
    }

    pub(crate) fn url(&self) -> String {
        url(&self.directory)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("kms.sock")
    }

    /// Asks it as Purser does.
    pub(crate) fn client(&self) -> Arc<PluginV2> {
        Arc::new(PluginV2::new(&Endpoint::parse(&self.url()).unwrap(), PATIENCE))
    }

    /// Stops it, and starts another one in its place.
    pub(crate) async fn restarted(self, holder: Arc<dyn KeyHolder>) -> Self {
        Self::within(self.stopped().await, holder).await
    }

    /// Stops it; its directory.
    pub(crate) async fn stopped(mut self) -> TempDir {
        drop(self.stop.take());
        self.served.await.unwrap();
        self.directory
    }
}

fn url(directory: &TempDir) -> String {
    format!("unix://{}/kms.sock", directory.path().display())
}
