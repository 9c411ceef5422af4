//! `credential:NAME[,OLD…]`: keys that systemd hands to the service (`LoadCredential=`, `LoadCredentialEncrypted=`).

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_encryption::{KeyHolder, LocalKeyHolder};
use zeroize::Zeroizing;

use super::error::HolderError;

/// Names the directory that systemd keeps the credentials of a service in, where nobody else gets at them
/// (`systemd.exec(5)`).
const DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// Bytes of a key.
const KEY_LEN: usize = 32;
/// Bytes of a key in base64.
const ENCODED_LEN: usize = 44;
/// The most bytes of a file: a key in base64 and a line feed.
const MAX_FILE: usize = ENCODED_LEN + 1;

/// Reads the credentials; the first wraps.
pub(super) fn open(names: &[String]) -> Result<Arc<dyn KeyHolder>, HolderError> {
    let directory = std::env::var_os(DIRECTORY).ok_or_else(|| {
        HolderError::Holder(
            "systemd gave this process no credentials: run it as a service with \
             LoadCredentialEncrypted=NAME:FILE, or name another --key-holder"
                .to_owned(),
        )
    })?;
    from(&PathBuf::from(directory), names)
}

fn from(directory: &std::path::Path, names: &[String]) -> Result<Arc<dyn KeyHolder>, HolderError> {
    let mut keys = Vec::new();
    for name in names {
        let path = directory.join(name);
        let key = read(&path).map_err(|reason| HolderError::File { path, reason })?;
        keys.push(key);
    }
    let holder = LocalKeyHolder::of(keys);
    let holder = holder.ok_or_else(|| HolderError::Holder("the cipher refuses a key".to_owned()))?;
    Ok(Arc::new(holder))
}

/// A key: 32 bytes, as they are or in base64.
fn read(path: &std::path::Path) -> Result<Zeroizing<[u8; KEY_LEN]>, String> {
    // One byte more than allowed, so that a longer file is noticed and the buffer never grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    let file = File::open(path).map_err(|error| error.to_string())?;
    let most = u64::try_from(MAX_FILE + 1).unwrap_or(u64::MAX);
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    let wrong =
        || "a key has 32 random bytes, as they are or in base64: `openssl rand -base64 32`".to_owned();
    let mut key = Zeroizing::new([0; KEY_LEN]);
    if bytes.len() == KEY_LEN {
        key.copy_from_slice(&bytes);
        return Ok(key);
    }
    let mut decoded = Zeroizing::new([0; KEY_LEN + 1]);
    let length = STANDARD.decode_slice(bytes.trim_ascii(), decoded.as_mut_slice());
    match (length, decoded.first_chunk::<KEY_LEN>()) {
        (Ok(KEY_LEN), Some(found)) => key.copy_from_slice(found),
        _ => return Err(wrong()),
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn the_first_credential_wraps_and_all_unwrap() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("old"), [1; 32]).unwrap();
        fs::write(home.path().join("new"), STANDARD.encode([2; 32]) + "\n").unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let old = from(home.path(), &names(&["old"])).unwrap();
        let both = from(home.path(), &names(&["new", "old"])).unwrap();
        let wrapped = old.wrap(b"a seed").await.unwrap();
        assert_ne!(old.key_id().await, both.key_id().await);
        assert_eq!(*both.unwrap(&wrapped).await.unwrap(), b"a seed");
        let newer = both.wrap(b"a seed").await.unwrap();
        assert!(old.unwrap(&newer).await.is_err(), "it does not have that key");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let home = tempfile::tempdir().unwrap();
        for wrong in ["", "hunter2", &"A".repeat(43), &"A".repeat(60)] {
            fs::write(home.path().join("key"), wrong).unwrap();
            let said = from(home.path(), &["key".to_owned()]).err().unwrap().to_string();
            assert!(said.contains("32 random bytes"), "{said}");
            assert!(wrong.is_empty() || !said.contains(wrong), "{said}");
        }
    }
}
