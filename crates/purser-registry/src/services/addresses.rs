//! Addresses in the cluster.
//!
//! Source: `allocClusterIPs` and `updateClusterIPs` in `pkg/registry/core/service/storage/alloc.go`.

use purser_types::{Key, Map, Value};

use super::Refused;
use super::families::keeps_preference;
use super::pools::{OUTSIDE, Pools};
use crate::service_spec::{NO_ADDRESS, is_named, set_texts, texts};
use crate::validate::causes::invalid_as;
use crate::validate::network::parse_loosely;

/// Gives a service the addresses that it lacks: all when it is new or was but a name, the second when it is to have
/// two families.
pub(super) fn give(spec: &mut Map, before: Option<&Map>, pools: &mut Pools<'_>) -> Result<(), Refused> {
    let headless = |spec: &Map| texts(spec, "clusterIPs").first().copied() == Some(NO_ADDRESS);
    if is_named(spec) || headless(spec) {
        return Ok(());
    }
    let Some(before) = before else {
        return give_from(0, spec, pools);
    };
    if keeps_preference(spec, before) || headless(before) {
        return Ok(());
    }
    if is_named(before) || texts(before, "clusterIPs").is_empty() {
        return give_from(0, spec, pools);
    }
    let count = |spec: &Map| texts(spec, "ipFamilies").len();
    match (count(before), count(spec)) {
        (1, 2) => give_from(1, spec, pools),
        _ => Ok(()),
    }
}

/// Gives an address for each family from an index on.
fn give_from(start: usize, spec: &mut Map, pools: &mut Pools<'_>) -> Result<(), Refused> {
    let families: Vec<String> = texts(spec, "ipFamilies")
        .iter()
        .map(|one| (*one).to_owned())
        .collect();
    let mut addresses: Vec<String> = texts(spec, "clusterIPs")
        .iter()
        .map(|one| (*one).to_owned())
        .collect();
    addresses.resize(addresses.len().max(families.len()), String::new());
    let shown = serde_json::to_string(&addresses).unwrap_or_default();
    for (family, address) in families.iter().zip(&mut addresses).skip(start) {
        if address.is_empty() {
            let given = pools.next_address(family);
            let given =
                given.map_err(|why| Refused::Internal(format!("failed to allocate a serviceIP: {why}")))?;
            *address = given.to_string();
        } else {
            let taken = match parse_loosely(address) {
                Some(ip) => pools.take_address(family, ip),
                None => Err(OUTSIDE.to_owned()),
            };
            taken.map_err(|why| {
                let why = format!("failed to allocate IP {address}: {why}");
                Refused::Invalid(vec![invalid_as("spec.clusterIPs", &shown, &why)])
            })?;
        }
    }
    if let Some(first) = addresses.first() {
        spec.insert(Key::Borrowed("clusterIP"), Value::string(first));
    }
    set_texts(spec, "clusterIPs", &addresses);
    Ok(())
}
