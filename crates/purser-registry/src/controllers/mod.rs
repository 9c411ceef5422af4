//! The small controllers a store needs: what exists from the start, what every namespace holds, the emptying of
//! namespaces being deleted, what quotas count, objects that go with their owners, and those whose time is over. None
//! does what is done already.

mod certificates;
mod conditions;
mod contents;
mod emptying;
mod expiry;
mod follow;
mod garbage;
mod own_service;
mod permits;
mod quotas;
mod reopening;
mod roles;
mod token_secrets;
mod token_uses;

pub use token_secrets::{Keeping, TokenMaker};

use std::sync::Arc;
use std::time::Duration;

use purser_types::Object;
use purser_types::resource::NAMESPACES;

use crate::error::Error;
use crate::kinds::KINDS;
use crate::options::WriteOptions;
use crate::registry::Registry;
use crate::usage::names_of;

/// The namespaces that exist from the start.
const NAMESPACES_FROM_START: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// First pause before a controller tries again what failed; it doubles up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(250);

/// Longest pause before a controller tries again.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Under which name the namespaces from the start are recorded, as upstream.
const SERVER: &str = "kube-apiserver";

/// Under which name the controllers' objects are recorded, as upstream: they do its controller manager's work.
const MANAGER: &str = "kube-controller-manager";

/// Makes the namespaces that exist from the start.
///
/// # Errors
/// The store's.
pub(crate) async fn prepare(registry: &Arc<Registry>) -> Result<(), Error> {
    // Together, so that the store makes them durable together.
    let made = NAMESPACES_FROM_START.map(|name| prepare_namespace(registry, name));
    futures_util::future::try_join_all(made).await?;
    futures_util::future::try_join(roles::reconcile(registry), own_service::ensure(registry)).await?;
    roles::settle(registry).await
}

async fn prepare_namespace(registry: &Registry, name: &str) -> Result<(), Error> {
    let key = registry.caches.keys.object(&NAMESPACES, "", name)?;
    let there = registry
        .caches
        .of(&NAMESPACES)
        .is_some_and(|cache| cache.get(&key).is_some());
    if there {
        return Ok(());
    }
    let mut namespace = Object::new(&NAMESPACES);
    namespace.set_meta_str("name", name);
    let permit = permits::create(&NAMESPACES, "");
    match registry.create(&permit, namespace, &options(SERVER)).await {
        Err(error) if !is_status(&error, 409) => Err(error),
        _ => Ok(()),
    }
}

/// Starts the controllers.
pub(crate) fn spawn(registry: &Arc<Registry>) {
    registry.run(contents::follow_namespaces(Arc::clone(registry)));
    registry.run(emptying::follow_namespaces(Arc::clone(registry)));
    for kind in KINDS
        .iter()
        .filter(|kind| kind.resource.namespaced && kind.is_storage())
    {
        registry.run(emptying::follow_kind(Arc::clone(registry), kind));
    }
    registry.run(quotas::follow_quotas(Arc::clone(registry)));
    registry.run(quotas::sync_now_and_then(Arc::clone(registry)));
    for kind in KINDS
        .iter()
        .filter(|kind| kind.is_storage() && !names_of(kind.resource).is_empty())
    {
        registry.run(quotas::follow_kind(Arc::clone(registry), kind));
    }
    registry.run(roles::keep_together(Arc::clone(registry)));
    registry.run(expiry::sweep(Arc::clone(registry)));
    registry.run(certificates::sign(Arc::clone(registry)));
    registry.run(certificates::clean(Arc::clone(registry)));
    registry.run(own_service::keep(Arc::clone(registry)));
    registry.run(reopening::keep_trying(Arc::clone(registry)));
    registry.run(garbage::collect(Arc::clone(registry)));
    registry.run(contents::follow_accounts(Arc::clone(registry)));
    registry.run(contents::follow_certificates(Arc::clone(registry)));
}

fn options(manager: &str) -> WriteOptions {
    WriteOptions {
        field_manager: manager.to_owned(),
        ..WriteOptions::default()
    }
}

fn is_status(error: &Error, code: u16) -> bool {
    matches!(error, Error::Refused(status) if status.code == code)
}
