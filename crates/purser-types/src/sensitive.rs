//! The one type in which the plaintext of a Secret lives.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes in the clear: wiped when dropped, redacted in `Debug`, compared in constant time.
///
/// It is deliberately not `Clone`: a copy is made with [`Plaintext::duplicate`], where a reader sees it.
#[derive(Default)]
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    /// Takes ownership of `bytes`; their buffer is wiped when this value is dropped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes in the clear.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// A second copy in the clear, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The buffer itself, for a reader that decodes in place; the caller takes over the wiping.
    #[must_use]
    pub fn into_zeroizing(mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(std::mem::take(&mut self.0))
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.0));
    }
}

/// Wipes the whole buffer at once. `Vec`'s own `zeroize` goes byte by byte, which takes longer than the cipher does.
fn wipe(mut bytes: Vec<u8>) {
    bytes.clear();
    bytes.spare_capacity_mut().zeroize();
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes)", self.0.len())
    }
}

impl PartialEq for Plaintext {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Plaintext {}

/// A string in the clear, with the same guarantees as [`Plaintext`].
///
/// Every string of an object is kept in one: annotations and `stringData` hold values too.
#[derive(Default)]
pub struct Text(String);

impl Text {
    /// Takes ownership of `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The string in the clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A second copy in the clear, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.0).into_bytes());
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Text {}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}
