//! Several providers: the first writes, all of them read.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::transformer::{ENCRYPTED_PREFIX, OpenError, Opened, ProviderInfo, SealError, Transformer};

/// Longest provider prefix that an error repeats, bytes.
const MAX_NAMED_PREFIX: usize = 128;

/// Writes with the first provider; reads with every one that claims a value, in order, until one opens it.
pub struct Chain {
    first: Arc<dyn Transformer>,
    others: Vec<Arc<dyn Transformer>>,
}

impl Chain {
    /// A chain that writes with `first`.
    #[must_use]
    pub fn new(first: Arc<dyn Transformer>, others: Vec<Arc<dyn Transformer>>) -> Self {
        Self { first, others }
    }

    async fn open_any(&self, key: &str, stored: &[u8]) -> Result<Opened, OpenError> {
        let mut worst = None;
        if self.first.claims(stored) {
            match self.first.open(key, stored).await {
                Ok(opened) => return Ok(opened),
                Err(error) => worst = more_telling(worst, error),
            }
        }
        for provider in self.others.iter().filter(|provider| provider.claims(stored)) {
            match provider.open(key, stored).await {
                Ok(opened) => {
                    return Ok(Opened {
                        stale: true,
                        ..opened
                    });
                }
                Err(error) => worst = more_telling(worst, error),
            }
        }
        Err(worst.unwrap_or_else(|| OpenError::NoProvider(describe(stored))))
    }
}

/// Of two failures the one to report: what may pass by itself first, so that nobody takes the value for lost.
fn more_telling(known: Option<OpenError>, new: OpenError) -> Option<OpenError> {
    let rank = |error: &OpenError| match error {
        OpenError::Unavailable(_) => 0,
        OpenError::NoKey(_) => 1,
        OpenError::Damaged => 2,
        OpenError::Malformed(_) => 3,
        OpenError::NoProvider(_) => 4,
    };
    match known {
        Some(known) if rank(&known) <= rank(&new) => Some(known),
        _ => Some(new),
    }
}

/// The prefix of an encrypted value, which names its provider; of any other value nothing is told.
pub(crate) fn describe(stored: &[u8]) -> String {
    if !stored.starts_with(ENCRYPTED_PREFIX) {
        return "a value that is not encrypted".to_owned();
    }
    let head = stored.get(..MAX_NAMED_PREFIX).unwrap_or(stored);
    let versioned = head.starts_with(b"k8s:enc:kms:v");
    let colons = if versioned { 5 } else { 4 };
    let parts: Vec<&[u8]> = head.split_inclusive(|byte| *byte == b':').take(colons).collect();
    let prefix = parts.concat();
    let plain = parts.len() == colons && prefix.ends_with(b":") && prefix.iter().all(u8::is_ascii_graphic);
    if plain {
        String::from_utf8_lossy(&prefix).into_owned()
    } else {
        "an unknown prefix".to_owned()
    }
}

impl Transformer for Chain {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        self.first.seal(key, plaintext)
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        self.open_any(key, stored).boxed()
    }

    /// Only the first provider's answer, and only when it is the plaintext: anything else is for all to say.
    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        let claimed = self.first.claims(stored);
        let opened = claimed.then(|| self.first.open_now(key, stored)).flatten();
        opened.filter(Result::is_ok)
    }

    fn claims(&self, stored: &[u8]) -> bool {
        self.first.claims(stored) || self.others.iter().any(|provider| provider.claims(stored))
    }

    fn prefixes(&self) -> Vec<String> {
        let mut prefixes = self.first.prefixes();
        prefixes.extend(self.others.iter().flat_map(|provider| provider.prefixes()));
        prefixes
    }

    fn info(&self) -> ProviderInfo {
        self.first.info()
    }
}
