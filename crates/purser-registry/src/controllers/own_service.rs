//! The Service `kubernetes`, by which clients within a cluster find the API.
//!
//! Source: `pkg/controlplane/controller/kubernetesservice`.

use purser_types::resource::SERVICES;
use purser_types::{Key, Map, Object, Value};

use super::{SERVER, is_status, options, permits};
use crate::error::Error;
use crate::registry::Registry;

const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";
/// The first address of upstream's default range of services.
const ADDRESS: &str = "10.0.0.1";
/// The port of the service, and the one behind it.
const PORTS: (i64, i64) = (443, 6443);

/// Makes the Service unless it is there.
///
/// # Errors
/// The store's.
pub(super) async fn ensure(registry: &Registry) -> Result<(), Error> {
    let key = registry.caches.keys.object(&SERVICES, NAMESPACE, NAME)?;
    if registry
        .caches
        .of(&SERVICES)
        .is_some_and(|cache| cache.get(&key).is_some())
    {
        return Ok(());
    }
    let permit = permits::create(&SERVICES, NAMESPACE);
    match registry.create(&permit, service(), &options(SERVER)).await {
        Err(error) if !is_status(&error, 409) => Err(error),
        _ => Ok(()),
    }
}

fn service() -> Object {
    let map = |entries: Vec<(&'static str, Value)>| {
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (Key::Borrowed(key), value))
                .collect::<Map>(),
        )
    };
    let mut service = Object::new(&SERVICES);
    service.set_meta_str("name", NAME);
    service.set_meta_str("namespace", NAMESPACE);
    let labels = map(vec![
        ("component", Value::string("apiserver")),
        ("provider", Value::string(NAME)),
    ]);
    service.meta_mut().insert(Key::Borrowed("labels"), labels);
    let port = map(vec![
        ("name", Value::string("https")),
        ("protocol", Value::string("TCP")),
        ("port", Value::Int(PORTS.0)),
        ("targetPort", Value::Int(PORTS.1)),
    ]);
    let spec = map(vec![
        ("ports", Value::List(vec![port])),
        ("clusterIP", Value::string(ADDRESS)),
        ("type", Value::string("ClusterIP")),
        ("sessionAffinity", Value::string("None")),
    ]);
    service.set("spec", Some(spec));
    service
}
