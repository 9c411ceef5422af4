//! The small controllers a store needs: what exists from the start, what every namespace holds, the emptying of
//! namespaces being deleted, what quotas count, objects that go with their owners, and those whose time is over. None
//! does what is done already.

mod certificates;
mod conditions;
mod contents;
mod election;
mod emptying;
mod expiry;
mod follow;
mod garbage;
mod own_service;
mod permits;
mod quotas;
mod reopening;
mod roles;
mod stored;
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
    if registry.options.candidate.is_some() {
        // The service names ports and addresses, which may differ: whoever is elected sees to it.
        roles::reconcile(registry).await?;
        contents::tell_of_another_authority(registry).await;
    } else {
        futures_util::future::try_join(roles::reconcile(registry), own_service::ensure(registry)).await?;
    }
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

/// Starts the controllers, on that server that is elected to when a store has several: most would do no harm twice, but
/// twice the work, and what differs between servers (authorities, ports) would be written back and forth.
pub(crate) fn spawn(registry: &Arc<Registry>) {
    on_duty(registry, contents::follow_namespaces);
    on_duty(registry, emptying::follow_namespaces);
    for kind in KINDS
        .iter()
        .filter(|kind| kind.resource.namespaced && kind.is_storage())
    {
        on_duty(registry, |registry| emptying::follow_kind(registry, kind));
    }
    on_duty(registry, quotas::follow_quotas);
    on_duty(registry, quotas::sync_now_and_then);
    for kind in KINDS
        .iter()
        .filter(|kind| kind.is_storage() && !names_of(kind.resource).is_empty())
    {
        on_duty(registry, |registry| quotas::follow_kind(registry, kind));
    }
    on_duty(registry, roles::keep_together);
    on_duty(registry, expiry::sweep);
    on_duty(registry, certificates::sign);
    on_duty(registry, certificates::clean);
    on_duty(registry, own_service::keep);
    on_duty(registry, contents::follow_accounts);
    on_duty(registry, contents::follow_certificates);
    // Each server has the keys that it has.
    registry.run(reopening::keep_trying(Arc::clone(registry)));
    // It throws away by itself what another server does.
    registry.run(garbage::collect(Arc::clone(registry)));
    election::begin(registry);
}

/// Runs a duty whenever this server is the one to do it, until [`Registry::stop`].
fn on_duty<F>(registry: &Arc<Registry>, duty: impl Fn(Arc<Registry>) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    let here = Arc::clone(registry);
    registry.run(async move { here.duties.perform(|| duty(Arc::clone(&here))).await });
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
