//! A transformer that hides what it seals and notices what was changed: enough for tests, no cipher.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use purser_encryption::{OpenError, Opened, SealError, Transformer};
use purser_types::Plaintext;
use tokio::sync::Semaphore;

const PREFIX: &[u8] = b"k8s:enc:test:";

pub(crate) struct Scrambler;

fn mask(key: &str) -> u8 {
    key.bytes().fold(0x5a, |mask, byte| mask ^ byte.rotate_left(3)) | 0x80
}

impl Transformer for Scrambler {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        let sealed = PREFIX
            .iter()
            .copied()
            .chain(plaintext.iter().map(|byte| byte ^ mask(key)))
            .collect();
        Box::pin(async move { Ok(sealed) })
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        let opened = match stored.strip_prefix(PREFIX) {
            Some(body) => {
                let plaintext = Plaintext::new(body.iter().map(|byte| byte ^ mask(key)).collect());
                Ok(Opened {
                    plaintext,
                    stale: false,
                })
            }
            None => Err(OpenError::Damaged),
        };
        Box::pin(async move { opened })
    }
}

/// A scrambler that does not open one key before it is let.
pub(crate) struct Gate {
    pub(crate) key: &'static str,
    /// A permit for each time that the key was to be opened.
    pub(crate) reached: Semaphore,
    /// A permit for each time that it may be.
    pub(crate) let_through: Semaphore,
}

impl Gate {
    pub(crate) fn before(key: &'static str) -> Self {
        Self {
            key,
            reached: Semaphore::new(0),
            let_through: Semaphore::new(0),
        }
    }
}

impl Transformer for Gate {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        Scrambler.seal(key, plaintext)
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        Box::pin(async move {
            if key == self.key {
                self.reached.add_permits(1);
                self.let_through.acquire().await.unwrap().forget();
            }
            Scrambler.open(key, stored).await
        })
    }
}
