//! Questions that are asked at this moment: whoever asks the same waits for the same answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::answer::Answer;
use super::key::Key;
use super::numbers::Outcome;

/// From so many on it is looked which of them nobody waits for any more.
const SWEPT_FROM: usize = 1024;

/// What became of a question.
pub(super) type Asking = BoxFuture<'static, Result<Answer, Outcome>>;

/// Questions that are under way. Only those who wait keep one alive: when all of them give up, so does the call.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<Key, WeakShared<Asking>>>);

impl UnderWay {
    /// The call that is under way for this question, or the one that `ask` begins.
    pub(super) fn join(&self, key: Key, ask: impl FnOnce() -> Asking) -> Shared<Asking> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.get(&key).and_then(WeakShared::upgrade)
            && call.peek().is_none()
        {
            return call;
        }
        if calls.len() >= SWEPT_FROM {
            calls.retain(|_, call| call.upgrade().is_some());
        }
        let call = ask().shared();
        if let Some(weak) = call.downgrade() {
            calls.insert(key, weak);
        }
        call
    }

    /// Forgets a question that was answered.
    pub(super) fn leave(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn never() -> Asking {
        Box::pin(std::future::pending())
    }

    fn key(number: usize) -> Key {
        Key::of(&number.to_le_bytes())
    }

    #[tokio::test]
    async fn who_asks_the_same_joins_and_a_call_that_nobody_waits_for_is_given_up() {
        let (under_way, begun) = (UnderWay::default(), Arc::new(AtomicUsize::new(0)));
        let join = |number| {
            under_way.join(key(number), || {
                begun.fetch_add(1, Ordering::Relaxed);
                let held = Arc::clone(&begun);
                Box::pin(async move {
                    let _held = held;
                    never().await
                })
            })
        };
        let (first, second) = (join(1), join(1));
        let other = join(2);
        assert_eq!(begun.load(Ordering::Relaxed), 2);
        drop(first);
        assert_eq!(Arc::strong_count(&begun), 3, "somebody waits for it still");
        drop((second, other));
        assert_eq!(Arc::strong_count(&begun), 1);
        let again = join(1);
        assert_eq!(begun.load(Ordering::Relaxed), 3);
        drop(again);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_swept_out() {
        let under_way = UnderWay::default();
        for number in 0..4 * SWEPT_FROM {
            drop(under_way.join(key(number), never));
        }
        assert!(under_way.0.lock().unwrap().len() <= SWEPT_FROM);
    }

    #[tokio::test]
    async fn who_asks_after_an_answer_asks_anew() {
        let under_way = UnderWay::default();
        let failed = || Box::pin(std::future::ready(Err(Outcome::Error))) as Asking;
        let first = under_way.join(key(1), failed);
        assert_eq!(first.clone().await.err(), Some(Outcome::Error));
        let second = under_way.join(key(1), failed);
        assert!(!first.ptr_eq(&second));
        under_way.leave(&key(1));
        assert!(under_way.0.lock().unwrap().is_empty());
    }
}
