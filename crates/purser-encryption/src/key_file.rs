//! The file that holds one local key.
//!
//! Three lines of ASCII, each ended by a line feed, nothing else:
//!
//! ```text
//! purser-local-key/v1
//! id: local-<32 hex digits>
//! key: <44 characters of base64: 32 random bytes>
//! ```
//!
//! The id is the first 16 bytes of `SHA-256("purser.dev/local-key-id/v1" ‖ 0x00 ‖ key)`, so a damaged file is noticed,
//! a key cannot be filed under another's id, and the id tells nothing of the key.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Bytes of a local key.
pub(crate) const KEY_LEN: usize = 32;
/// Largest key file, bytes.
pub(crate) const MAX_FILE: usize = 512;

const MAGIC: &str = "purser-local-key/v1";
const ID_DOMAIN: &[u8] = b"purser.dev/local-key-id/v1\0";
const ID_BYTES: usize = 16;

/// A key with its id.
pub(crate) struct LocalKey {
    /// `local-` and 32 hex digits.
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<[u8; KEY_LEN]>,
}

impl LocalKey {
    pub(crate) fn new(secret: Zeroizing<[u8; KEY_LEN]>) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(ID_DOMAIN);
        context.update(secret.as_slice());
        let mut id = "local-".to_owned();
        for byte in context.finish().as_ref().iter().take(ID_BYTES) {
            let _infallible = write!(id, "{byte:02x}");
        }
        Self { id, secret }
    }

    /// The file's bytes.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Sized so that no half of the key is left behind by a growing buffer.
        let mut text = Zeroizing::new(String::with_capacity(MAX_FILE));
        text.push_str(MAGIC);
        text.push_str("\nid: ");
        text.push_str(&self.id);
        text.push_str("\nkey: ");
        STANDARD.encode_string(self.secret.as_slice(), &mut text);
        text.push('\n');
        Zeroizing::new(std::mem::take(&mut *text).into_bytes())
    }

    /// Reads a file; the error says what is wrong with it, never what is in it.
    pub(crate) fn decode(file: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(file).map_err(|_| "it is not text")?;
        let body = text.strip_suffix('\n').ok_or("it is cut off")?;
        let mut lines = body.split('\n');
        if lines.next() != Some(MAGIC) {
            return Err("its first line is not purser-local-key/v1");
        }
        let id = lines
            .next()
            .and_then(|line| line.strip_prefix("id: "))
            .ok_or("its second line is not an id")?;
        let key = lines
            .next()
            .and_then(|line| line.strip_prefix("key: "))
            .ok_or("its third line is not a key")?;
        if lines.next().is_some() {
            return Err("it goes on after the key");
        }
        let mut secret = Zeroizing::new([0; KEY_LEN]);
        match STANDARD.decode_slice(key, secret.as_mut_slice()) {
            Ok(KEY_LEN) => {}
            _ => return Err("its key is not 32 bytes of base64"),
        }
        let read = Self::new(secret);
        if read.id == id {
            Ok(read)
        } else {
            Err("its key and its id do not belong together: the file is damaged")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> LocalKey {
        LocalKey::new(Zeroizing::new([7; KEY_LEN]))
    }

    #[test]
    fn the_format_is_fixed() {
        let text = "purser-local-key/v1\nid: local-3792ae3285d56e42f8b68bf59dc87cee\nkey: \
                    BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n";
        assert_eq!(std::str::from_utf8(&key().encode()).unwrap(), text);
        let read = LocalKey::decode(text.as_bytes()).unwrap();
        assert_eq!(*read.secret, [7; KEY_LEN]);
    }

    #[test]
    fn a_file_with_any_byte_changed_or_missing_is_refused() {
        let file = key().encode();
        for position in 0..file.len() {
            let mut damaged = file.to_vec();
            damaged[position] ^= 1;
            assert!(LocalKey::decode(&damaged).is_err(), "byte {position}");
            assert!(LocalKey::decode(&file[..position]).is_err(), "cut at {position}");
        }
        assert!(LocalKey::decode(&[&file[..], b"\n"].concat()).is_err());
    }
}
