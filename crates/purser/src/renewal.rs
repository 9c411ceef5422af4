//! Keeps the certificates good for as long as the server runs.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use purser_server::Tls;
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;

use crate::identity::Identity;

/// How often names and ends are looked at: an address that joins is served within this time.
const EVERY: Duration = Duration::from_secs(600);

/// Renews until it is dropped. New connections get the new certificate; those that exist keep theirs.
pub(crate) async fn keep(identity: Arc<Identity>, tls: Arc<ArcSwap<Tls>>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let identity = Arc::clone(&identity);
        // It reads and writes files.
        let renewed = tokio::task::spawn_blocking(move || identity.renew(OffsetDateTime::now_utc())).await;
        match renewed {
            Ok(Ok(Some(new))) => {
                tls.store(Arc::new(new));
                tracing::info!("the serving certificate was renewed");
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::error!(%error, "certificates cannot be renewed"),
            Err(error) => tracing::error!(%error, "certificates cannot be renewed"),
        }
    }
}
