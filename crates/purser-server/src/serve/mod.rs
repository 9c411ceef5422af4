//! Listening: the accept loop, the connections, and how both end.

mod activity;
mod connection;
mod executor;
mod head;
mod stall;
mod tls;
mod wire;

pub use tls::Tls;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::shared::Shared;

/// How long to wait after the system refused a connection (out of file descriptors, for example).
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Takes connections from `listener` until `shutdown` is done; then readiness fails, no connection is taken, watches
/// end, and requests under way have `grace` to be answered before their connections are closed.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    tls: Arc<ArcSwap<Tls>>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                let Some(place) = shared.connections.take() else {
                    tracing::warn!(%address, "too many connections, one is turned away");
                    continue;
                };
                prepare(&stream);
                let (shared, tls) = (Arc::clone(&shared), tls.load_full());
                let draining = shared.draining.subscribe();
                connections.spawn(async move {
                    connection::serve(shared, tls, stream, address, draining).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
    drop(listener);
    shared.draining.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!("requests were still under way at the end of the grace period");
        connections.abort_all();
    }
}

/// Small answers are sent at once.
fn prepare(stream: &TcpStream) {
    // A stream that refuses the option is served without it.
    let _ = stream.set_nodelay(true);
}
