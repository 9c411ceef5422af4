//! The Service and the Endpoints `kubernetes`, by which clients within a cluster find the API.
//!
//! Source: `pkg/controlplane/controller/kubernetesservice`, `pkg/controlplane/reconcilers`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use purser_types::resource::{ENDPOINTS, SERVICES};
use purser_types::{Key, Map, Object, Value};

use super::stored::{named, stored};
use super::{SERVER, options, permits};
use crate::error::Error;
use crate::registry::Registry;

const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";
/// The port of the service, and its name.
const PORT: (i64, &str) = (443, "https");
/// How often it is seen to that they are as they should be. Source: `EndpointInterval` in `pkg/controlplane`.
const EVERY: Duration = Duration::from_secs(10);

/// Keeps both as they should be, for as long as it is polled.
pub(super) async fn keep(registry: Arc<Registry>) {
    loop {
        if let Err(error) = ensure(&registry).await {
            tracing::warn!(%error, "the service of the API cannot be kept yet");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Makes both unless they are there, and mends what is not as it should be. What cannot be is but told: others may hold
/// the address, or what is stored cannot be read.
///
/// # Errors
/// The store's.
pub(super) async fn ensure(registry: &Registry) -> Result<(), Error> {
    let made = match ensure_service(registry).await {
        Ok(()) => ensure_endpoints(registry).await,
        failed => failed,
    };
    match made {
        Err(Error::Refused(why)) if why.code == 409 => Ok(()),
        Err(error @ (Error::Refused(_) | Error::Unreadable { .. } | Error::Malformed { .. })) => {
            tracing::warn!(%error, "the service of the API is not as it should be");
            Ok(())
        }
        made => made,
    }
}

async fn ensure_service(registry: &Registry) -> Result<(), Error> {
    let port = vec![
        ("name", Value::string(PORT.1)),
        ("protocol", Value::string("TCP")),
        ("port", Value::Int(PORT.0)),
        ("targetPort", Value::Int(registry.options.port.into())),
    ];
    let ports = Value::List(vec![map(port)]);
    let Some((mut service, _)) = stored(registry, &SERVICES, NAMESPACE, NAME).await? else {
        let mut service = named(&SERVICES, NAMESPACE, NAME);
        let labels = vec![
            ("component", Value::string("apiserver")),
            ("provider", Value::string(NAME)),
        ];
        service.meta_mut().insert(Key::Borrowed("labels"), map(labels));
        let spec = vec![
            ("ports", ports),
            (
                "clusterIP",
                Value::string(registry.options.services.first.first().to_string()),
            ),
            ("type", Value::string("ClusterIP")),
            ("sessionAffinity", Value::string("None")),
            ("ipFamilyPolicy", Value::string("SingleStack")),
        ];
        service.set("spec", Some(map(spec)));
        return create(registry, service).await;
    };
    let spec = service.body.get_mut("spec").and_then(Value::as_map_mut);
    let Some(spec) = spec else { return Ok(()) };
    let plain = spec.get("type").and_then(Value::as_str) == Some("ClusterIP");
    if plain && spec.get("ports") == Some(&ports) {
        return Ok(());
    }
    spec.insert(Key::Borrowed("ports"), ports);
    spec.insert(Key::Borrowed("type"), Value::string("ClusterIP"));
    update(registry, service).await
}

/// Addresses that only this machine reaches are refused in Endpoints, so there is none to be made of one.
async fn ensure_endpoints(registry: &Registry) -> Result<(), Error> {
    let Some(ip) = registry.options.advertised.filter(|ip| is_told(*ip)) else {
        return Ok(());
    };
    let address = vec![("ip", Value::string(ip.to_string()))];
    let port = vec![
        ("name", Value::string(PORT.1)),
        ("port", Value::Int(registry.options.port.into())),
        ("protocol", Value::string("TCP")),
    ];
    let subset = vec![
        ("addresses", Value::List(vec![map(address)])),
        ("ports", Value::List(vec![map(port)])),
    ];
    let subsets = Value::List(vec![map(subset)]);
    let labels = map(vec![(
        "endpointslice.kubernetes.io/skip-mirror",
        Value::string("true"),
    )]);
    let found = stored(registry, &ENDPOINTS, NAMESPACE, NAME).await?;
    let is_new = found.is_none();
    let mut endpoints = found
        .map(|(endpoints, _)| endpoints)
        .unwrap_or_else(|| named(&ENDPOINTS, NAMESPACE, NAME));
    if endpoints.get("subsets") == Some(&subsets) && endpoints.meta().get("labels") == Some(&labels) {
        return Ok(());
    }
    endpoints.set("subsets", Some(subsets));
    endpoints.meta_mut().insert(Key::Borrowed("labels"), labels);
    match is_new {
        true => create(registry, endpoints).await,
        false => update(registry, endpoints).await,
    }
}

fn is_told(ip: IpAddr) -> bool {
    !ip.is_loopback() && !ip.is_unspecified()
}

fn map(entries: Vec<(&'static str, Value)>) -> Value {
    let entries = entries.into_iter();
    Value::Map(
        entries
            .map(|(key, value)| (Key::Borrowed(key), value))
            .collect::<Map>(),
    )
}

async fn create(registry: &Registry, object: Object) -> Result<(), Error> {
    let permit = permits::create(object.resource, NAMESPACE);
    registry.create(&permit, object, &options(SERVER)).await.map(drop)
}

async fn update(registry: &Registry, object: Object) -> Result<(), Error> {
    let permit = permits::update(object.resource, NAMESPACE, NAME);
    registry.update(&permit, object, &options(SERVER)).await.map(drop)
}
