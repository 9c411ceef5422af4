//! What every namespace holds: ServiceAccount `default` and ConfigMap `kube-root-ca.crt`.

use std::sync::Arc;

use purser_types::object::part_mut;
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS};
use purser_types::{Key, Map, Object, Resource, Value, proto};

use super::follow::{follow, until_done};
use super::stored::stored;
use super::{MANAGER, is_status, options, permits};
use crate::error::Error;
use crate::event::EventKind;
use crate::found::Found;
use crate::registry::Registry;

/// The ServiceAccount of every namespace.
const ACCOUNT: &str = "default";

/// The ConfigMap of every namespace with the server's CA certificates.
const CERTIFICATES: &str = "kube-root-ca.crt";

/// The namespace whose copy is looked at.
const SYSTEM: &str = "kube-system";

/// Its key.
const CERTIFICATES_KEY: &str = "ca.crt";

/// Its description, the same as upstream's so that tools that compare see no difference.
const DESCRIPTION: (&str, &str) = (
    "kubernetes.io/description",
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the \
     internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes \
     clusters.",
);

/// Fills every namespace that appears.
pub(super) async fn follow_namespaces(registry: Arc<Registry>) {
    follow(&registry, &NAMESPACES, "", |kind, found| {
        let registry = Arc::clone(&registry);
        async move {
            if kind == EventKind::Deleted || found.index.deleting {
                return;
            }
            let name = &found.index.name;
            until_done("filling a namespace", name, || fill(&registry, name)).await;
        }
    })
    .await;
}

/// Makes the ServiceAccount again wherever it vanishes.
pub(super) async fn follow_accounts(registry: Arc<Registry>) {
    follow(
        &registry,
        &SERVICE_ACCOUNTS,
        &format!("metadata.name={ACCOUNT}"),
        |kind, found| {
            let registry = Arc::clone(&registry);
            async move {
                if kind == EventKind::Deleted {
                    let namespace = &found.index.namespace;
                    until_done("making a ServiceAccount", namespace, || {
                        ensure_account(&registry, namespace)
                    })
                    .await;
                }
            }
        },
    )
    .await;
}

/// Makes the ConfigMap again wherever it vanishes, and sets it right wherever it is not as it should be.
pub(super) async fn follow_certificates(registry: Arc<Registry>) {
    follow(
        &registry,
        &CONFIG_MAPS,
        &format!("metadata.name={CERTIFICATES}"),
        |kind, found| {
            let registry = Arc::clone(&registry);
            async move {
                let namespace = &found.index.namespace;
                until_done("publishing the CA certificates", namespace, || async {
                    match kind {
                        EventKind::Deleted => ensure_certificates(&registry, namespace).await,
                        EventKind::Added | EventKind::Modified => {
                            correct_certificates(&registry, &found).await
                        }
                    }
                })
                .await;
            }
        },
    )
    .await;
}

/// Says so when other servers of the store publish another authority: clients that trust one of them refuse the other.
pub(super) async fn tell_of_another_authority(registry: &Registry) {
    let bundle = &registry.options.ca_bundle_pem;
    let published = stored(registry, &CONFIG_MAPS, SYSTEM, CERTIFICATES).await;
    let Ok(Some((published, _))) = published else {
        return;
    };
    let data = published.get("data").and_then(Value::as_map);
    let theirs = data.and_then(|data| data.get(CERTIFICATES_KEY)?.as_str());
    if theirs.is_some_and(|theirs| theirs != bundle) {
        tracing::warn!(
            "{SYSTEM}/{CERTIFICATES} publishes another authority than this server's: servers of one store are to share \
             pki/ca.crt, pki/ca.key and pki/sa.key"
        );
    }
}

async fn fill(registry: &Registry, namespace: &str) -> Result<(), Error> {
    ensure_account(registry, namespace).await?;
    ensure_certificates(registry, namespace).await
}

async fn ensure_account(registry: &Registry, namespace: &str) -> Result<(), Error> {
    ensure(registry, &SERVICE_ACCOUNTS, namespace, ACCOUNT, || {
        Object::new(&SERVICE_ACCOUNTS)
    })
    .await
}

async fn ensure_certificates(registry: &Registry, namespace: &str) -> Result<(), Error> {
    let bundle = &registry.options.ca_bundle_pem;
    if bundle.is_empty() {
        return Ok(());
    }
    ensure(registry, &CONFIG_MAPS, namespace, CERTIFICATES, || {
        let mut object = Object::new(&CONFIG_MAPS);
        fill_certificates(&mut object, bundle);
        object
    })
    .await
}

/// Makes an object unless it is there. That the namespace went meanwhile is fine; in one that cannot be read nothing
/// is made.
async fn ensure(
    registry: &Registry,
    resource: &'static Resource,
    namespace: &str,
    name: &str,
    make: impl FnOnce() -> Object,
) -> Result<(), Error> {
    let key = registry.caches.keys.object(resource, namespace, name)?;
    if registry
        .caches
        .of(resource)
        .is_some_and(|cache| cache.get(&key).is_some())
    {
        return Ok(());
    }
    let mut object = make();
    object.set_meta_str("name", name);
    object.set_meta_str("namespace", namespace);
    let permit = permits::create(resource, namespace);
    match registry.create(&permit, object, &options(MANAGER)).await {
        Err(error) if error.is_damage() || [409, 404, 403].iter().any(|code| is_status(&error, *code)) => {
            Ok(())
        }
        made => made.map(drop),
    }
}

/// Sets a ConfigMap right that somebody changed, or that is from before the CA was renewed.
async fn correct_certificates(registry: &Registry, found: &Found) -> Result<(), Error> {
    let bundle = &registry.options.ca_bundle_pem;
    if bundle.is_empty() {
        return Ok(());
    }
    let plaintext = match registry.open(found).await {
        // It could be read when it was written. It comes again when it is written again.
        Err(error) if error.is_damage() => return Ok(()),
        opened => opened?,
    };
    let decoded = proto::decode(&CONFIG_MAPS, plaintext.expose());
    let Ok(mut object) = decoded else { return Ok(()) };
    let data = object.get("data").and_then(Value::as_map);
    let right = data.is_some_and(|data| {
        data.len() == 1 && data.get(CERTIFICATES_KEY).and_then(Value::as_str) == Some(bundle)
    });
    if right || object.meta().contains_key("deletionTimestamp") {
        return Ok(());
    }
    fill_certificates(&mut object, bundle);
    object.set_meta_str("resourceVersion", &found.revision.to_string());
    let permit = permits::update(&CONFIG_MAPS, &found.index.namespace, CERTIFICATES);
    match registry.update(&permit, object, &options(MANAGER)).await {
        // 409: it changed again and comes again. 422: somebody made it immutable.
        Err(error) if ![404, 409, 422].iter().any(|code| is_status(&error, *code)) => Err(error),
        _ => Ok(()),
    }
}

fn fill_certificates(object: &mut Object, bundle: &str) {
    let mut data = Map::new();
    data.insert(Key::Borrowed(CERTIFICATES_KEY), Value::string(bundle));
    object.set("data", Some(Value::Map(data)));
    let annotations = part_mut(object.meta_mut(), "annotations");
    annotations.insert(Key::Borrowed(DESCRIPTION.0), Value::string(DESCRIPTION.1));
}
