//! Connections whose peer has shown no certificate that holds: they make room for others.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// All of them, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    here: BTreeMap<u64, Arc<Notify>>,
}

/// One of them, until dropped.
pub(super) struct Stranger {
    number: u64,
    dismissal: Arc<Notify>,
    strangers: Arc<Strangers>,
}

impl Strangers {
    /// Takes one in.
    pub(super) fn enter(self: &Arc<Self>) -> Stranger {
        let dismissal = Arc::new(Notify::new());
        let mut state = self.0.lock();
        let number = state.next;
        state.next += 1;
        state.here.insert(number, Arc::clone(&dismissal));
        Stranger {
            number,
            dismissal,
            strangers: Arc::clone(self),
        }
    }

    /// Asks the oldest to go; `false`: there is none.
    pub(super) fn dismiss_oldest(&self) -> bool {
        let oldest = self.0.lock().here.pop_first();
        oldest.is_some_and(|(_, dismissal)| {
            dismissal.notify_one();
            true
        })
    }
}

impl Stranger {
    /// Returns when it has to go.
    pub(super) async fn dismissed(&self) {
        self.dismissal.notified().await;
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.strangers.0.lock().here.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_that_is_still_here_has_to_go() {
        let strangers = Arc::new(Strangers::default());
        let (first, second) = (strangers.enter(), strangers.enter());
        drop(first);
        assert!(strangers.dismiss_oldest());
        second.dismissed().await;
        assert!(!strangers.dismiss_oldest());
    }
}
