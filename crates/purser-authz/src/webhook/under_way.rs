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
