//! Answers that are remembered for a while.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Answer;
use super::key::Key;

/// The most answers that are remembered, as upstream.
pub(super) const MOST: usize = 8192;

#[derive(Debug)]
struct Kept {
    answer: Answer,
    ends: Instant,
    /// When it was asked for last, in turns of the cache.
    used: u64,
}

/// Answers by their questions. Full, it forgets what has ended, and then what was asked for longest ago.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: HashMap<Key, Kept>,
    turn: u64,
}

impl Cache {
    /// The answer to a question, unless it has ended.
    pub(super) fn get(&mut self, key: &Key, now: Instant) -> Option<Answer> {
        self.turn = self.turn.wrapping_add(1);
        let kept = self.kept.get_mut(key)?;
        if kept.ends <= now {
            self.kept.remove(key);
            return None;
        }
        kept.used = self.turn;
        Some(kept.answer.clone())
    }

    /// Remembers an answer for so long.
    pub(super) fn put(&mut self, key: Key, answer: Answer, ttl: Duration, now: Instant) {
        // A time beyond what the clock can say is no time that anybody meant.
        let Some(ends) = now.checked_add(ttl).filter(|ends| *ends > now) else {
            return;
        };
        if self.kept.len() >= MOST && !self.kept.contains_key(&key) {
            self.make_room(now);
        }
        let used = self.turn;
        self.kept.insert(key, Kept { answer, ends, used });
    }

    fn make_room(&mut self, now: Instant) {
        self.kept.retain(|_, kept| kept.ends > now);
        if self.kept.len() < MOST {
            return;
        }
        // An eighth at once, so that the next ones need not look again.
        let mut turns: Vec<u64> = self.kept.values().map(|kept| kept.used).collect();
        let (_, oldest, _) = turns.select_nth_unstable(MOST / 8);
        let oldest = *oldest;
        self.kept.retain(|_, kept| kept.used > oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yes() -> Answer {
        let body = r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true}}"#;
        Answer::read(body.as_bytes()).unwrap()
    }

    fn key(number: usize) -> Key {
        Key::of(&number.to_le_bytes())
    }

    #[test]
    fn an_answer_ends() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let ttl = Duration::from_secs(30);
        cache.put(key(1), yes(), ttl, now);
        cache.put(key(2), yes(), Duration::ZERO, now);
        assert_eq!(cache.get(&key(1), now + ttl / 2), Some(yes()));
        assert_eq!(cache.get(&key(1), now + ttl), None);
        assert_eq!(cache.get(&key(2), now), None);
        cache.put(key(3), yes(), Duration::MAX, now);
        assert!(cache.kept.is_empty());
    }

    #[test]
    fn full_it_forgets_what_has_ended_and_what_was_asked_for_longest_ago() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let ttl = Duration::from_secs(30);
        for number in 0..MOST {
            cache.put(key(number), yes(), ttl, now);
            assert!(cache.get(&key(0), now).is_some());
            assert!(cache.get(&key(number), now).is_some());
        }
        cache.put(key(MOST), yes(), ttl, now);
        assert!(cache.kept.len() <= MOST && cache.kept.len() >= MOST / 2);
        assert!(cache.get(&key(0), now).is_some() && cache.get(&key(MOST), now).is_some());
        assert!(cache.get(&key(1), now).is_none());
        for number in 0..2 * MOST {
            cache.put(key(number), yes(), ttl, now + ttl);
        }
        assert!(cache.kept.len() <= MOST);
    }
}
