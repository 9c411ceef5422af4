//! Endpoints.
//!
//! Sources: `pkg/registry/core/endpoint/strategy.go`, `pkg/printers/internalversion/printers.go`.

use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Value};

use super::columns::{AGE, Column, NAME, column};
use super::strategy::Strategy;
use crate::validate::endpoints::validate;
use crate::validate::{MetadataRules, metadata_update, service_warnings};

/// Source: `APILifecycleDeprecated` of Endpoints, and `pkg/endpoints/deprecation` of the apiserver.
pub(super) const DEPRECATED: &str =
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
/// How many addresses are shown.
const SHOWN: usize = 3;

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Endpoints",
        "The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs \
         they share. A single address with multiple ports, some of which are ready and some of which are not (because \
         they come from different containers) will result in the address being displayed in different subsets for the \
         different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of \
         addresses and ports that comprise a service.",
        |object, _| Value::string(shown(object)),
    ),
    AGE,
];

/// Ports speak TCP unless they say otherwise.
pub(super) struct Endpoints;

impl Strategy for Endpoints {
    fn prepare_for_create(&self, object: &mut Object) {
        let subsets = object.body.get_mut("subsets");
        for subset in subsets
            .and_then(list_mut)
            .into_iter()
            .flatten()
            .filter_map(Value::as_map_mut)
        {
            for port in subset.get_mut("ports").and_then(list_mut).into_iter().flatten() {
                if let Some(port) = port.as_map_mut() {
                    port.entry(Key::Borrowed("protocol"))
                        .or_insert_with(|| Value::string("TCP"));
                }
            }
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object, None)
    }

    fn warnings(&self, object: &Object) -> Vec<String> {
        service_warnings::endpoints(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate(new, Some(old)));
        causes
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }
}

fn list_mut(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

fn maps<'a>(map: &'a Map, field: &str) -> impl Iterator<Item = &'a Map> {
    let list = map.get(field).and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_map)
}

/// `10.0.0.1:80,10.0.0.2:80 + 3 more...`
fn shown(object: &Object) -> String {
    let mut places = Vec::new();
    for subset in maps(&object.body, "subsets") {
        let ips = || maps(subset, "addresses").filter_map(|address| address.get("ip")?.as_str());
        if maps(subset, "ports").next().is_none() {
            places.extend(ips().map(str::to_owned));
        }
        for port in maps(subset, "ports").filter_map(|port| port.get("port")?.as_int()) {
            places.extend(ips().map(|ip| {
                if ip.contains(':') {
                    format!("[{ip}]:{port}")
                } else {
                    format!("{ip}:{port}")
                }
            }));
        }
    }
    if maps(&object.body, "subsets").next().is_none() {
        return "<none>".to_owned();
    }
    let more = places.len().saturating_sub(SHOWN);
    places.truncate(SHOWN);
    let first = places.join(",");
    if more == 0 {
        first
    } else {
        format!("{first} + {more} more...")
    }
}
