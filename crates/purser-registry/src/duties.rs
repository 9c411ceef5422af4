//! What one server does for all that share a store, and whether this is the one.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a server that stops takes at most to tell the others that somebody else is to do the duties.
const RESIGN_WITHIN: Duration = Duration::from_secs(2);

/// Whether duties are done here.
pub(crate) struct Duties {
    leads: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
    /// Who stands for election, while it runs.
    standing: Mutex<Option<JoinHandle<()>>>,
}

impl Duties {
    /// Done here from the start, unless somebody is to be elected first.
    pub(crate) fn new(elected: bool) -> Self {
        Self {
            leads: watch::Sender::new(!elected),
            stopping: watch::Sender::new(false),
            standing: Mutex::new(None),
        }
    }

    /// Begins or ends to do them.
    pub(crate) fn lead(&self, leads: bool) {
        self.leads.send_replace(leads);
    }

    /// Whether they are done here now.
    pub(crate) fn are_here(&self) -> bool {
        *self.leads.borrow()
    }

    /// Waits until they are done here, or no longer are.
    pub(crate) async fn become_here(&self, here: bool) {
        let mut leads = self.leads.subscribe();
        // An error means that nobody is left to lead, and that cannot be while `self` is there.
        drop(leads.wait_for(|leads| *leads == here).await);
    }

    /// Does a duty whenever this server is the one, until it ends by itself. What is under way when another server
    /// becomes the one is dropped: INVARIANT: every duty compares before it writes, so it may end anywhere.
    pub(crate) async fn perform<F: Future<Output = ()>>(&self, duty: impl Fn() -> F) {
        loop {
            self.become_here(true).await;
            tokio::select! {
                () = duty() => return,
                () = self.become_here(false) => {}
            }
        }
    }

    /// Takes note of who stands for election.
    pub(crate) fn stand(&self, standing: impl Future<Output = ()> + Send + 'static) {
        *self.standing.lock() = Some(tokio::spawn(standing));
    }

    /// Waits until who stands for election is to stop.
    pub(crate) async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        drop(stopping.wait_for(|stopping| *stopping).await);
    }

    /// Ends the duties here, and lets another server have them at once.
    pub(crate) async fn resign(&self) {
        self.stopping.send_replace(true);
        let standing = self.standing.lock().take();
        if let Some(mut standing) = standing
            && tokio::time::timeout(RESIGN_WITHIN, &mut standing).await.is_err()
        {
            standing.abort();
        }
        self.lead(false);
    }
}
