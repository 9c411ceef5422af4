//! What authenticator and registry ask of each other about ServiceAccounts.

use std::sync::Arc;

use purser_authn::token::{Accounts, Bound, Kept, ServiceAccounts};
use purser_registry::{KeptToken, Registry, TokenMaker};
use purser_types::Text;
use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS};

/// The ServiceAccounts and Secrets of a registry, for who verifies tokens.
pub struct StoredAccounts(pub Arc<Registry>);

impl Accounts for StoredAccounts {
    fn account(&self, namespace: &str, name: &str) -> Option<String> {
        self.0.uid_of(&SERVICE_ACCOUNTS, namespace, name)
    }

    fn secret(&self, namespace: &str, name: &str) -> Option<String> {
        self.0.uid_of(&SECRETS, namespace, name)
    }

    fn kept(&self, namespace: &str, account: &str, secret: &str) -> Option<Kept> {
        let kept = self.0.kept_token(namespace, account, secret)?;
        let KeptToken {
            uid,
            digest,
            invalid,
            generated,
        } = kept;
        Some(Kept {
            uid,
            digest,
            invalid,
            generated,
        })
    }

    fn used(&self, namespace: &str, secret: &str) {
        self.0.token_used(namespace, secret);
    }
}

/// Makes the tokens that Secrets keep, for [`Registry::keep_tokens`].
pub struct LastingTokens(pub Arc<ServiceAccounts>);

impl TokenMaker for LastingTokens {
    fn token(&self, namespace: &str, name: &str, uid: &str, secret: &str) -> Result<Text, String> {
        let account = Bound {
            name: name.to_owned(),
            uid: uid.to_owned(),
        };
        let token = self.0.issue_lasting(namespace, account, secret);
        token.map_err(|error| error.to_string())
    }
}
