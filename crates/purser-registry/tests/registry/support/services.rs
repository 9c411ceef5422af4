//! Short ways to ask for Services.

use std::sync::Arc;

use purser_registry::{Options, PortRange, ServiceRanges, Written};
use purser_types::resource::SERVICES;
use serde_json::{Value, json};

use super::memory::MemoryStore;
use super::transformer::Scrambler;
use super::{House, text};

/// A house whose ranges are these.
pub(crate) async fn house(store: &Arc<MemoryStore>, addresses: &str, ports: &str) -> House {
    let ports: PortRange = ports.parse().unwrap();
    let options = Options {
        services: ServiceRanges::new(addresses, ports).unwrap(),
        ..Options::default()
    };
    House::with(Arc::new(Scrambler), Arc::clone(store), options).await
}

pub(crate) async fn small() -> House {
    house(&Arc::default(), "10.0.0.0/28", "30000-30003").await
}

pub(crate) fn body(name: &str, spec: &Value) -> String {
    let mut spec = spec.clone();
    if spec.get("ports").is_none() && spec["type"] != "ExternalName" {
        spec["ports"] = json!([{"port": 80}]);
    }
    json!({"metadata": {"name": name}, "spec": spec}).to_string()
}

pub(crate) fn spec_of(written: &Written) -> Value {
    let shown: Value = serde_json::from_str(&text(&written.object)).unwrap();
    shown["spec"].clone()
}

pub(crate) async fn create(house: &House, name: &str, spec: Value) -> Result<Value, String> {
    let made = house.create(&SERVICES, "default", &body(name, &spec)).await;
    made.map(|written| spec_of(&written))
        .map_err(|status| status.message)
}

pub(crate) async fn merge(house: &House, name: &str, spec: Value) -> Result<Value, String> {
    let patch = json!({"spec": spec}).to_string();
    let merged = house.merge(&SERVICES, "default", name, &patch).await;
    merged
        .map(|written| spec_of(&written))
        .map_err(|status| status.message)
}

pub(crate) async fn put(house: &House, name: &str, spec: Value) -> Result<Value, String> {
    let replaced = house.update(&SERVICES, "default", name, &body(name, &spec)).await;
    replaced
        .map(|written| spec_of(&written))
        .map_err(|status| status.message)
}
