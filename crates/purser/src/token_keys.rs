//! What tokens of ServiceAccounts are signed and verified with.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use purser_authn::token::{KeyError, ServiceAccounts, Settings, SigningKey, VerifyingKey};
use purser_registry::{Registry, TokenMaker};
use purser_server::{LastingTokens, StoredAccounts};
use rcgen::KeyPair;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::layout::Layout;
use crate::private;
use crate::serve_options::ServeOptions;

/// The settings for tokens, with a key that is made when no other is named and none was made before.
///
/// # Errors
/// When a key cannot be read, used or made, or the signing key is open to others.
pub(crate) fn settings(options: &ServeOptions, layout: &Layout) -> Result<Settings, Error> {
    let signing = match &options.service_account_signing_key_file {
        Some(path) => {
            let text = private::read(path)?.ok_or_else(|| missing(path))?;
            signing_key(path, &text)?
        }
        None => own_key(&layout.token_key())?,
    };
    let mut verifying = Vec::new();
    for path in &options.service_account_key_file {
        let text = fs::read_to_string(path).map_err(|source| Error::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        verifying.extend(VerifyingKey::all_from_pem(&text).map_err(|error| unusable(path, error))?);
    }
    let longest = options.service_account_max_token_expiration;
    Ok(Settings {
        issuers: options.service_account_issuer.clone(),
        audiences: options.api_audiences.clone(),
        signing,
        verifying,
        longest: longest.and_then(|longest| i64::try_from(longest.as_secs()).ok()),
    })
}

/// Who issues and verifies tokens of the accounts in `registry`, and from now on makes those that Secrets keep.
pub(crate) fn service_accounts(settings: Settings, registry: &Arc<Registry>) -> Arc<ServiceAccounts> {
    let accounts = Arc::new(StoredAccounts(Arc::clone(registry)));
    let tokens = Arc::new(ServiceAccounts::new(settings, accounts));
    let maker: Arc<dyn TokenMaker> = Arc::new(LastingTokens(Arc::clone(&tokens)));
    registry.keep_tokens(&maker);
    tokens
}

/// The key that signs when no other is named. Without it tokens that were issued do not hold any more, which is all
/// that is lost: so it is made anew.
fn own_key(path: &Path) -> Result<SigningKey, Error> {
    if let Some(text) = private::read(path)? {
        return signing_key(path, &text);
    }
    let text = Zeroizing::new(KeyPair::generate()?.serialize_pem());
    private::write(path, &text)?;
    tracing::info!(key = %path.display(), "made a key that signs tokens of service accounts");
    signing_key(path, &text)
}

fn signing_key(path: &Path, text: &str) -> Result<SigningKey, Error> {
    SigningKey::from_pem(text).map_err(|error| unusable(path, error))
}

fn unusable(path: &Path, error: KeyError) -> Error {
    Error::Certificate {
        path: path.to_owned(),
        reason: format!("{error}: put another file there, or name another"),
    }
}

fn missing(path: &Path) -> Error {
    Error::Certificate {
        path: path.to_owned(),
        reason: "it is missing: name another with --service-account-signing-key-file FILE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_private() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("sa.key");
        let first = own_key(&path).unwrap();
        let again = own_key(&path).unwrap();
        assert_eq!(first.public(), again.public());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(own_key(&path).is_err(), "open to others");
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_not_shown() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("sa.key");
        private::write(&path, "hunter2").unwrap();
        let message = own_key(&path)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(message.contains("sa.key: it holds no key in PEM"), "{message}");
        assert!(!message.contains("hunter2"));
    }
}
