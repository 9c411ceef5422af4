//! `purser kms serve`: the plugin, until it is asked to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use purser_kms::{HolderError, Layered, Listening, Plugin, Rotate, keep_rotating, serve_pages};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::options::ServeKmsOptions;
use super::process::{files, runtime};
use crate::error::Error;
use crate::signals::Signals;
use crate::{hardening, notify};

/// Serves until it is asked to stop.
///
/// # Errors
/// When it cannot start.
pub(crate) fn serve(options: &ServeKmsOptions) -> Result<(), Error> {
    hardening::apply()?;
    runtime()?.block_on(run(options))
}

async fn run(options: &ServeKmsOptions) -> Result<(), Error> {
    let signals = Signals::catch()?;
    let holder = options.key_holder.open(files()).await?;
    let rotating = match options.rotate_every {
        Some(every) => Some((options.key_holder.rotating(files())?, every)),
        None => None,
    };
    let plugin = Arc::new(Plugin::new(Arc::new(Layered::new(holder))));
    let listening = Listening::at(&options.listen, Some(options.socket_mode)).await;
    let listening = listening.map_err(|error| Error::Server(error.to_string()))?;
    // Dropped, and ended with it, when this function ends.
    let mut beside = JoinSet::new();
    if let Some(address) = options.metrics_address {
        let listener = pages(address).await?;
        beside.spawn(serve_pages(Arc::clone(&plugin), listener));
    }
    if let Some((rotating, every)) = rotating {
        beside.spawn(rotate(Arc::clone(&plugin), rotating, every));
    }
    // A holder that is away is no reason not to start: Status tells of it, and API servers ask again.
    let said = plugin.status().await;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        endpoint = %options.listen.path().display().to_string().replace('\0', "@"),
        health = said.healthz,
        key = said.key_id,
        "ready"
    );
    notify::ready();
    let stop = async {
        signals.asked_to_stop().await;
        notify::stopping();
    };
    purser_kms::serve(plugin, listening, stop, options.shutdown_grace).await;
    Ok(())
}

async fn pages(address: SocketAddr) -> Result<TcpListener, Error> {
    let unheard = |source: std::io::Error| {
        Error::Server(format!(
            "cannot listen on {address}: {source}; choose another with --metrics-address ADDRESS:PORT (port 0: a free one)"
        ))
    };
    let listener = TcpListener::bind(address).await.map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;
    if !address.ip().is_loopback() {
        tracing::info!(%address, "metrics are told to other machines too");
    }
    tracing::info!(url = %format_args!("http://{address}/metrics"), "metrics");
    Ok(listener)
}

/// Makes keys by schedule.
async fn rotate(plugin: Arc<Plugin>, rotating: Arc<dyn Rotate>, every: Duration) {
    let told = |outcome: Result<String, HolderError>| {
        plugin.metrics().rotated(outcome.is_ok());
        match outcome {
            Ok(key) => tracing::info!(key, "the key was old: a new one was made"),
            Err(error) => tracing::warn!(%error, "the key is old or of unknown age, and no new one was made"),
        }
    };
    keep_rotating(rotating.as_ref(), every, SystemTime::now, told).await;
}
