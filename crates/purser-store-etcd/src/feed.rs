//! What keeps the hub fed: one watch of everything, taken up again where it ended.

use std::sync::Arc;
use std::time::Duration;

use purser_store::Revision;

use crate::changes::{Changes, Ended};
use crate::client::Client;
use crate::counters::bump;
use crate::current::Current;
use crate::hub::Hub;

/// How long the watch may tell nothing while it lacks what other answers told before another member is watched. Its own
/// member may be cut off from the others, or hang.
const BEHIND_AT_MOST: Duration = Duration::from_secs(3);

/// The pause before the watch is taken up again, at first; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Follows etcd from what the hub knows on, for as long as it is polled.
pub(crate) async fn keep(client: Arc<Client>, current: Arc<Current>, hub: Arc<Hub>) {
    let mut pause = FIRST_PAUSE;
    let mut opening = Changes::after_current(&client, hub.last()).await;
    loop {
        let ended = match opening {
            Ok(changes) => {
                pause = FIRST_PAUSE;
                follow(changes, &client, &current, &hub).await
            }
            Err(ended) => ended,
        };
        bump(&client.counters.watch_restarts);
        tracing::warn!(reason = ?ended, revision = hub.last(), "the watch of etcd ended; it is taken up again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        opening = match ended {
            Ended::Lost(_) => Changes::after(&client, hub.last()).await,
            // What lies between is gone: whoever needs it is told so when it looks for it.
            Ended::Compacted(_) | Ended::Forgotten => match current.revision().await {
                Ok(revision) => {
                    hub.begin_after(revision);
                    Changes::after(&client, revision).await
                }
                Err(why) => Err(Ended::Lost(why)),
            },
        };
    }
}

/// Hands on what a watch yields until it ends, or stays behind.
async fn follow(mut changes: Changes, client: &Client, current: &Current, hub: &Hub) -> Ended {
    let known = hub.last();
    // A member may lag; a cluster that was restored from a backup has another history.
    if changes.made_at < known
        && let Ok(truth) = current.revision().await
        && truth < known
    {
        tracing::error!(
            known,
            truth,
            "etcd is at an earlier revision than it was: everything is read again"
        );
        client.rewind(truth);
        hub.rewind(truth);
        return Ended::Lost("history is another one".to_owned());
    }
    hub.publish(changes.waiting());
    loop {
        let turn = client.turn();
        tokio::select! {
            next = changes.next() => match next {
                Ok(whole) => hub.publish(std::iter::once(whole).chain(changes.waiting())),
                Err(ended) => return ended,
            },
            () = behind(client, hub) => {
                client.pass_on(turn);
                return Ended::Lost(format!("the watch is more than {BEHIND_AT_MOST:?} behind"));
            }
        }
    }
}

/// Waits until the hub has lacked for [`BEHIND_AT_MOST`] what other answers told.
async fn behind(client: &Client, hub: &Hub) {
    let mut told = client.told();
    loop {
        let seen: Revision = match told.wait_for(|told| *told > hub.last()).await {
            Ok(told) => *told,
            // The client is gone, and it cannot go while this is polled.
            Err(_) => return,
        };
        if tokio::time::timeout(BEHIND_AT_MOST, hub.reach(seen))
            .await
            .is_err()
        {
            return;
        }
    }
}
