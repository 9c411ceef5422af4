//! What authenticator and registry ask of each other about ServiceAccounts.

use std::sync::Arc;

use purser_authn::token::{Accounts, Bound, Kept, Named, ServiceAccounts};
use purser_registry::{Keeping, KeptToken, Registry, TokenMaker};
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
    fn token(&self, keeping: &Keeping<'_>) -> Result<Text, String> {
        let named = Named {
            namespace: keeping.namespace.to_owned(),
            account: Bound {
                name: keeping.account.to_owned(),
                uid: keeping.uid.to_owned(),
            },
            secret: keeping.secret.to_owned(),
            id: keeping.id.to_owned(),
        };
        self.0.issue_lasting(&named).map_err(|error| error.to_string())
    }
}
