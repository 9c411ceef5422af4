//! Listening: the accept loop, the connections, and how both end.

mod activity;
mod connection;
mod executor;
mod frames;
mod head;
mod seldom;
mod stall;
mod tls;
mod wire;

pub use tls::Tls;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use self::seldom::Seldom;
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
    let (mut turned_away, mut refused) = (Seldom::default(), Seldom::default());
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                let Some(guest) = shared.connections.enter(address.ip()) else {
                    if let Some(times) = turned_away.happened(Instant::now()) {
                        tracing::warn!(%address, times, "too many connections, one is turned away");
                    }
                    continue;
                };
                prepare(&stream);
                let (shared, tls) = (Arc::clone(&shared), tls.load_full());
                let draining = shared.draining.subscribe();
                connections.spawn(connection::serve(shared, tls, stream, address, guest, draining));
            }
            Err(error) => {
                if let Some(times) = refused.happened(Instant::now()) {
                    tracing::warn!(%error, times, "cannot accept a connection");
                }
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
