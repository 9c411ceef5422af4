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
        // They read and write files. Each goes on without the other: a kubeconfig that somebody opened to others must
        // not let the serving certificate run out.
        let renewed = tokio::task::spawn_blocking(move || {
            let now = OffsetDateTime::now_utc();
            (identity.renew_serving(now), identity.log_in_admin(now))
        });
        let (serving, admin) = match renewed.await {
            Ok(renewed) => renewed,
            Err(error) => {
                tracing::error!(%error, "certificates cannot be renewed");
                continue;
            }
        };
        match serving {
            Ok(Some(new)) => {
                tls.store(Arc::new(new));
                tracing::info!("the serving certificate was renewed");
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the serving certificate cannot be renewed"),
        }
        if let Err(error) = admin {
            tracing::error!(%error, "the administrator's certificate cannot be renewed");
        }
    }
}
