//! New keys: by command, and by schedule.

use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;

use super::error::HolderError;

/// How often the age of the key is looked at; a holder that was away is asked again so soon.
const LOOK: Duration = Duration::from_secs(60);

/// Makes new keys of a holder. A plugin that runs takes a new one into use when it is next asked how it is.
pub trait Rotate: Send + Sync + 'static {
    /// Makes a key, which is wrapped with from then on, and answers its id. Those before it go on unwrapping.
    fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>>;

    /// When the key was made that is wrapped with.
    fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>>;
}

/// Makes a new key whenever the one of now is older than `every`; never ends. `told` hears what came of each try.
pub async fn keep_rotating(
    holder: &dyn Rotate,
    every: Duration,
    now: impl Fn() -> SystemTime,
    told: impl Fn(Result<String, HolderError>),
) {
    loop {
        match holder.made().await {
            // A clock that was set back makes a key from the future: it is young.
            Ok(made) if now().duration_since(made).unwrap_or_default() < every => {}
            Ok(_) => told(holder.rotate().await),
            Err(error) => told(Err(error)),
        }
        tokio::time::sleep(LOOK.min(every)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures_util::FutureExt as _;
    use tokio::time::Instant;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    /// Knows when its key was made.
    struct Aging {
        born: Instant,
        made: AtomicU64,
        away: bool,
    }

    impl Aging {
        fn new(away: bool) -> Self {
            Self {
                born: Instant::now(),
                made: AtomicU64::new(0),
                away,
            }
        }

        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + self.born.elapsed()
        }
    }

    impl Rotate for Aging {
        fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>> {
            self.made.store(self.born.elapsed().as_secs(), Ordering::Relaxed);
            async { Ok("new".to_owned()) }.boxed()
        }

        fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>> {
            async {
                match self.away {
                    true => Err(HolderError::Holder("away".to_owned())),
                    false => {
                        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(self.made.load(Ordering::Relaxed)))
                    }
                }
            }
            .boxed()
        }
    }

    async fn heard(holder: &Aging, within: Duration) -> (u64, u64) {
        let (new, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        let told = |outcome: Result<String, HolderError>| {
            let counter = if outcome.is_ok() { &new } else { &failed };
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let forever = keep_rotating(holder, DAY, || holder.now(), told);
        let _ = tokio::time::timeout(within, forever).await;
        (new.into_inner(), failed.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_made_when_the_one_of_now_is_old_and_not_before() {
        assert_eq!(heard(&Aging::new(false), DAY - LOOK * 2).await, (0, 0));
        assert_eq!(heard(&Aging::new(false), DAY * 3 + DAY / 2).await, (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_holder_that_is_away_is_told_of_and_asked_again() {
        assert_eq!(heard(&Aging::new(true), LOOK * 2 + LOOK / 2).await, (0, 3));
    }
}
