//! Who is still there, as the authenticator asks.

use std::sync::Arc;

use purser_authn::token::Accounts;
use purser_registry::Registry;
use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS};

/// The ServiceAccounts and Secrets of a registry.
pub struct StoredAccounts(pub Arc<Registry>);

impl Accounts for StoredAccounts {
    fn account(&self, namespace: &str, name: &str) -> Option<String> {
        self.0.uid_of(&SERVICE_ACCOUNTS, namespace, name)
    }

    fn secret(&self, namespace: &str, name: &str) -> Option<String> {
        self.0.uid_of(&SECRETS, namespace, name)
    }
}
