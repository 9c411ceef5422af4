//! Turns for writers that do not insist on a revision: on one object, or the quotas of one namespace, they go one after
//! the other, so that none of them loses race after race. Other writers are not held up; the store's checks decide against them as ever.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// What is being written, by storage key or, for all quotas of a namespace, what their keys start with. INVARIANT: who
/// needs several turns takes them in this order: of the object, of the ranges of Services, of the quotas.
#[derive(Debug, Default)]
pub(crate) struct KeyLocks {
    turns: Mutex<HashMap<String, Arc<Turn<()>>>>,
}

/// A turn, or a place in the queue for one; dropping it gives it up.
#[derive(Debug)]
pub(crate) struct KeyGuard<'a> {
    locks: &'a KeyLocks,
    key: &'a str,
    held: Option<OwnedMutexGuard<()>>,
}

impl KeyLocks {
    /// Waits for the turn on `key`, first come, first served.
    pub(crate) async fn turn<'a>(&'a self, key: &'a str) -> KeyGuard<'a> {
        let turn = Arc::clone(self.turns.lock().entry(key.to_owned()).or_default());
        // Made before waiting, so that a request that is given up leaves nothing behind.
        let mut guard = KeyGuard {
            locks: self,
            key,
            held: None,
        };
        guard.held = Some(turn.lock_owned().await);
        guard
    }
}

impl Drop for KeyGuard<'_> {
    fn drop(&mut self) {
        self.held = None;
        let mut turns = self.locks.turns.lock();
        // INVARIANT: clones are made under this lock only, so a count of one means that nobody else waits.
        if turns
            .get(self.key)
            .is_some_and(|turn| Arc::strong_count(turn) == 1)
        {
            turns.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_are_taken_one_after_the_other_and_leave_nothing_behind() {
        let locks = KeyLocks::default();
        let first = locks.turn("a").await;
        let other = locks.turn("b").await;
        assert!(
            tokio::time::timeout(Duration::from_secs(1), locks.turn("a"))
                .await
                .is_err()
        );
        drop(first);
        let second = locks.turn("a").await;
        drop((second, other));
        assert!(locks.turns.lock().is_empty());
    }
}
