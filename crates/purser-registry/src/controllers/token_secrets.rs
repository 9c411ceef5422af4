//! Secrets that keep tokens of ServiceAccounts: they are filled, and go with their accounts. Nobody gets one who has
//! not made it: none is made together with an account, as long ago.
//!
//! Source: `pkg/controller/serviceaccount/tokens_controller.go`.

use std::sync::Arc;

use purser_types::object::part_mut;
use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS};
use purser_types::{Key, Map, Object, Plaintext, Text, Value, proto};
use tokio::sync::mpsc;

use super::follow::{follow, until_done};
use super::{MANAGER, is_status, on_duty, options, permits, token_uses};
use crate::error::Error;
use crate::event::EventKind;
use crate::found::Found;
use crate::lasting::{ACCOUNT_UID, Lasting, TOKEN};
use crate::options::DeleteOptions;
use crate::registry::Registry;
use crate::validate::secret::{SERVICE_ACCOUNT_NAME, SERVICE_ACCOUNT_TOKEN};

/// The key of the certificates with which the server is verified.
const CERTIFICATES: &str = "ca.crt";
/// The key of the namespace.
const NAMESPACE: &str = "namespace";

/// For what a token is made.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'a> {
    /// The namespace of account and Secret.
    pub namespace: &'a str,
    /// The ServiceAccount.
    pub account: &'a str,
    /// Its uid.
    pub uid: &'a str,
    /// The Secret that is to keep the token.
    pub secret: &'a str,
    /// A fresh id for the token.
    pub id: &'a str,
}

/// Makes tokens that do not end, for the Secrets that keep them.
pub trait TokenMaker: Send + Sync {
    /// A token.
    ///
    /// # Errors
    /// A sentence, when there is none to be had.
    fn token(&self, keeping: &Keeping<'_>) -> Result<Text, String>;
}

impl Registry {
    /// Fills Secrets that are to keep tokens from now on, removes those whose accounts are gone, and writes down when
    /// their tokens are used. To be called once.
    pub fn keep_tokens(self: &Arc<Self>, maker: &Arc<dyn TokenMaker>) {
        let (uses, used) = mpsc::channel(token_uses::WAITING);
        if self.uses.set(uses).is_err() {
            return;
        }
        self.run(token_uses::write_down(Arc::clone(self), used));
        let secrets = Arc::clone(maker);
        on_duty(self, move |registry| {
            follow_secrets(registry, Arc::clone(&secrets))
        });
        let accounts = Arc::clone(maker);
        on_duty(self, move |registry| {
            follow_accounts(registry, Arc::clone(&accounts))
        });
    }
}

async fn follow_secrets(registry: Arc<Registry>, maker: Arc<dyn TokenMaker>) {
    let of_the_type = format!("type={SERVICE_ACCOUNT_TOKEN}");
    follow(&registry, &SECRETS, &of_the_type, |kind, found| {
        let (registry, maker) = (Arc::clone(&registry), Arc::clone(&maker));
        async move {
            let namespace = &found.index.namespace;
            match kind {
                EventKind::Deleted => {
                    until_done("forgetting a token", namespace, || forget(&registry, &found)).await;
                }
                EventKind::Added | EventKind::Modified => {
                    until_done("filling in a token", namespace, || {
                        settle(&registry, maker.as_ref(), &found)
                    })
                    .await;
                }
            }
        }
    })
    .await;
}

/// The tokens of an account that vanishes go too.
async fn follow_accounts(registry: Arc<Registry>, maker: Arc<dyn TokenMaker>) {
    follow(&registry, &SERVICE_ACCOUNTS, "", |kind, found| {
        let (registry, maker) = (Arc::clone(&registry), Arc::clone(&maker));
        async move {
            if kind != EventKind::Deleted {
                return;
            }
            let index = &found.index;
            for secret in tokens_of(&registry, &index.namespace, &index.name) {
                until_done("removing a token", &index.namespace, || {
                    settle(&registry, maker.as_ref(), &secret)
                })
                .await;
            }
        }
    })
    .await;
}

/// The Secrets that keep tokens of an account, or are to.
fn tokens_of(registry: &Registry, namespace: &str, name: &str) -> Vec<Arc<Found>> {
    let scope = registry.caches.keys.scope(&SECRETS, namespace);
    let Some(cache) = registry.caches.of(&SECRETS) else {
        return Vec::new();
    };
    let snapshot = cache.snapshot(registry.caches.applied());
    let secrets = snapshot.range(&scope, &scope).filter(|found| {
        matches!(found.index.lasting.as_deref(), Some(Lasting::Kept { account, .. }) if **account == *name)
    });
    secrets.map(Arc::clone).collect()
}

/// Fills the Secret, or removes it when the account that it names is not there.
async fn settle(registry: &Registry, maker: &dyn TokenMaker, found: &Found) -> Result<(), Error> {
    let index = &found.index;
    let Some(Lasting::Kept { account, uid, .. }) = index.lasting.as_deref() else {
        return Ok(());
    };
    if index.deleting {
        return Ok(());
    }
    let there = account_of(registry, &index.namespace, account);
    let theirs = there.filter(|there| uid.is_empty() || there.index.uid == *uid);
    match theirs {
        Some(account) => fill(registry, maker, found, &account).await,
        None => remove(registry, found).await,
    }
}

fn account_of(registry: &Registry, namespace: &str, name: &str) -> Option<Arc<Found>> {
    let key = registry
        .caches
        .keys
        .object(&SERVICE_ACCOUNTS, namespace, name)
        .ok()?;
    registry.caches.of(&SERVICE_ACCOUNTS)?.get(&key)
}

/// Removes the Secret as it was found: when it was written meanwhile, it comes again.
async fn remove(registry: &Registry, found: &Found) -> Result<(), Error> {
    let index = &found.index;
    let permit = permits::delete(&SECRETS, &index.namespace, &index.name);
    let options = DeleteOptions {
        precondition_uid: Some(index.uid.to_string()),
        precondition_resource_version: Some(found.revision.to_string()),
        ..DeleteOptions::default()
    };
    settled(registry.delete(&permit, &options).await.map(drop))
}

/// Puts in what is missing.
async fn fill(
    registry: &Registry,
    maker: &dyn TokenMaker,
    found: &Found,
    account: &Found,
) -> Result<(), Error> {
    let (index, account) = (&found.index, &account.index);
    let Some(mut secret) = opened(registry, found).await? else {
        return Ok(());
    };
    let data = part_mut(&mut secret.body, "data");
    let bundle = registry.options.ca_bundle_pem.as_bytes();
    let mut complete = true;
    if !bundle.is_empty() && held(data, CERTIFICATES) != bundle {
        complete = false;
        put(data, CERTIFICATES, bundle);
    }
    if held(data, NAMESPACE).is_empty() {
        complete = false;
        put(data, NAMESPACE, index.namespace.as_bytes());
    }
    if held(data, TOKEN).is_empty() {
        complete = false;
        let keeping = Keeping {
            namespace: &index.namespace,
            account: &account.name,
            uid: &account.uid,
            secret: &index.name,
            id: &registry.options.ids.uuid(),
        };
        match maker.token(&keeping) {
            Ok(token) => put(data, TOKEN, token.expose().as_bytes()),
            Err(why) => {
                tracing::error!(why, secret = %found.key, "a token cannot be made");
                return Ok(());
            }
        }
    }
    if complete {
        return Ok(());
    }
    let annotations = part_mut(secret.meta_mut(), "annotations");
    for (key, value) in [(SERVICE_ACCOUNT_NAME, &account.name), (ACCOUNT_UID, &account.uid)] {
        annotations.insert(Key::Borrowed(key), Value::string(value.as_ref()));
    }
    replace(registry, found, secret).await
}

/// An account that names a Secret which is gone names it no longer.
async fn forget(registry: &Registry, found: &Found) -> Result<(), Error> {
    let index = &found.index;
    let Some(Lasting::Kept { account, uid, .. }) = index.lasting.as_deref() else {
        return Ok(());
    };
    let there = account_of(registry, &index.namespace, account)
        .filter(|there| uid.is_empty() || there.index.uid == *uid)
        .filter(|_| registry.names_secret(&index.namespace, account, &index.name));
    let Some(there) = there else { return Ok(()) };
    let Some(mut account) = opened(registry, &there).await? else {
        return Ok(());
    };
    if let Some(Value::List(secrets)) = account.body.get_mut("secrets") {
        secrets.retain(|secret| {
            let name = secret.as_map().and_then(|secret| secret.get("name")?.as_str());
            name != Some(&*index.name)
        });
    }
    replace(registry, &there, account).await
}

/// The object in the clear; `None` when it cannot be read: it comes again when it is written again.
async fn opened(registry: &Registry, found: &Found) -> Result<Option<Object>, Error> {
    match registry.open(found).await {
        Ok(plaintext) => Ok(proto::decode(found.resource, plaintext.expose()).ok()),
        Err(error) if error.is_damage() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes an object over what was found.
async fn replace(registry: &Registry, found: &Found, mut object: Object) -> Result<(), Error> {
    object.set_meta_str("resourceVersion", &found.revision.to_string());
    let permit = permits::update(found.resource, &found.index.namespace, &found.index.name);
    settled(
        registry
            .update(&permit, object, &options(MANAGER))
            .await
            .map(drop),
    )
}

/// 404: it is gone. 409: it was written meanwhile and comes again. 422: somebody made it immutable.
fn settled(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if [404, 409, 422].iter().any(|code| is_status(&error, *code)) => Ok(()),
        other => other,
    }
}

fn held<'d>(data: &'d Map, key: &str) -> &'d [u8] {
    data.get(key)
        .and_then(Value::as_bytes)
        .map(Plaintext::expose)
        .unwrap_or_default()
}

fn put(data: &mut Map, key: &'static str, value: &[u8]) {
    data.insert(Key::Borrowed(key), Value::Bytes(Plaintext::new(value.to_vec())));
}
