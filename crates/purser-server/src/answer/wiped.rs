//! Bytes that are wiped once they have been sent.

use std::sync::Arc;

use bytes::Bytes;
use purser_types::Plaintext;

struct Owned(Plaintext);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

struct Shared(Arc<Plaintext>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

/// `bytes` as a part of a body; the memory is wiped when the last handle to it is gone.
pub(crate) fn wiped(bytes: Vec<u8>) -> Bytes {
    Bytes::from_owner(Owned(Plaintext::new(bytes)))
}

/// As [`wiped`], of bytes that other answers send too.
pub(crate) fn shared(bytes: Arc<Plaintext>) -> Bytes {
    Bytes::from_owner(Shared(bytes))
}
