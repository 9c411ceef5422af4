//! What was found out about tokens, kept for a while, without the tokens.
//!
//! Source of the times and of the idea: `k8s.io/apiserver/pkg/authentication/token/cache`. A token is known here by a
//! keyed hash whose key no other process has: what a memory dump shows is of no use, and nobody can choose tokens that
//! collide.

use std::collections::HashMap;
use std::time::Instant;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use parking_lot::Mutex;

/// Stands for a token and the audiences that it was reviewed for.
pub(crate) type Key = [u8; 32];

/// A bounded number of findings.
pub(crate) struct TokenCache<V> {
    /// `None`: there is no randomness, and nothing is kept.
    secret: Option<hmac::Key>,
    /// How many each generation holds.
    half: usize,
    generations: Mutex<Generations<V>>,
}

/// Two of them: when the young one is full, it takes the place of the old one, so that to make room costs nothing.
struct Generations<V> {
    young: HashMap<Key, Kept<V>>,
    old: HashMap<Key, Kept<V>>,
}

struct Kept<V> {
    value: V,
    until: Instant,
}

impl<V: Clone> TokenCache<V> {
    /// Keeps at most `most`.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            secret: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok(),
            half: (most / 2).max(1),
            generations: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
            }),
        }
    }

    /// What stands for `token` and these audiences; `None`: nothing can be kept.
    pub(crate) fn key(&self, token: &[u8], audiences: &[String]) -> Option<Key> {
        let mut context = hmac::Context::with_key(self.secret.as_ref()?);
        for text in audiences.iter().map(String::as_bytes) {
            // The length keeps two lists apart that read the same when they are joined.
            context.update(&text.len().to_be_bytes());
            context.update(text);
        }
        context.update(&usize::MAX.to_be_bytes());
        context.update(token);
        context.sign().as_ref().try_into().ok()
    }

    /// What is kept.
    pub(crate) fn get(&self, key: &Key, now: Instant) -> Option<V> {
        let generations = self.generations.lock();
        let kept = generations.young.get(key).or_else(|| generations.old.get(key))?;
        (now < kept.until).then(|| kept.value.clone())
    }

    /// Keeps it until then.
    pub(crate) fn put(&self, key: Key, value: V, until: Instant) {
        let mut generations = self.generations.lock();
        if generations.young.len() >= self.half {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(key, Kept { value, until });
    }

    /// Keeps it no longer.
    pub(crate) fn forget(&self, key: &Key) {
        let mut generations = self.generations.lock();
        generations.young.remove(key);
        generations.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_kept_ends_and_is_bounded() {
        let cache = TokenCache::new(4);
        let now = Instant::now();
        let later = now + Duration::from_secs(10);
        let keys: Vec<Key> = (0..10)
            .map(|number| {
                let key = cache.key(format!("token-{number}").as_bytes(), &[]).unwrap();
                cache.put(key, number, later);
                key
            })
            .collect();
        let there = |now| keys.iter().filter(|key| cache.get(key, now).is_some()).count();
        assert!((2..=4).contains(&there(now)), "{}", there(now));
        assert_eq!(cache.get(&keys[9], now), Some(9));
        assert_eq!(cache.get(&keys[0], now), None);
        assert_eq!(there(later), 0);
        cache.forget(&keys[9]);
        assert_eq!(cache.get(&keys[9], now), None);
    }

    #[test]
    fn tokens_audiences_and_processes_are_kept_apart() {
        let cache = TokenCache::<()>::new(4);
        let of = |token: &str, audiences: &[&str]| {
            let audiences: Vec<String> = audiences.iter().map(|text| (*text).to_owned()).collect();
            cache.key(token.as_bytes(), &audiences).unwrap()
        };
        let all = [
            of("a", &[]),
            of("b", &[]),
            of("a", &["x"]),
            of("a", &["xy"]),
            of("a", &["x", "y"]),
            of("xa", &[]),
            TokenCache::<()>::new(4).key(b"a", &[]).unwrap(),
        ];
        let different: std::collections::HashSet<Key> = all.into_iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(of("a", &["x", "y"]), all[4]);
    }
}
