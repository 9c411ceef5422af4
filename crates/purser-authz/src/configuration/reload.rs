//! Taking a configuration anew while requests are decided.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::members::Makers;
use super::settings::Configuration;
use crate::authorizer::Authorizer;

/// How often a configuration was taken anew, and when last, under kube-apiserver's names.
#[derive(Debug, Default)]
pub struct Reloads {
    succeeded: Tally,
    failed: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    count: AtomicU64,
    /// In seconds since 1970; 0: never.
    last: AtomicU64,
}

impl Reloads {
    /// As [`Configuration::take`], counted.
    ///
    /// # Errors
    /// As there; who decided before goes on.
    pub fn take(
        &self,
        file: &[u8],
        authorizer: &Authorizer,
        makers: &Makers<'_>,
        now: SystemTime,
    ) -> Result<(), String> {
        let taken = Configuration::take(file, authorizer, makers);
        let tally = match taken {
            Ok(()) => &self.succeeded,
            Err(_) => &self.failed,
        };
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        tally.last.store(seconds, Ordering::Relaxed);
        tally.count.fetch_add(1, Ordering::Relaxed);
        taken
    }

    /// `success` and `failure`: how often, and when last in seconds since 1970, 0 for never.
    #[must_use]
    pub fn read(&self) -> [(&'static str, u64, u64); 2] {
        let read = |name, tally: &Tally| {
            let (count, last) = (&tally.count, &tally.last);
            (name, count.load(Ordering::Relaxed), last.load(Ordering::Relaxed))
        };
        [read("success", &self.succeeded), read("failure", &self.failed)]
    }
}

impl Configuration {
    /// Puts what a file says into effect, as a whole or not at all.
    ///
    /// # Errors
    /// What is wrong with it, or with a file that it names.
    pub fn take(file: &[u8], authorizer: &Authorizer, makers: &Makers<'_>) -> Result<(), String> {
        let configuration = Self::read(file).map_err(|error| error.to_string())?;
        let checked = configuration.check().map_err(|problems| problems.to_string())?;
        authorizer.set_members(checked.members(authorizer, makers)?);
        Ok(())
    }
}
