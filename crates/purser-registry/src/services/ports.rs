//! Ports of nodes.
//!
//! Source: `initNodePorts`, `updateNodePorts`, `allocHealthCheckNodePort` and `updateHealthCheckNodePort` in
//! `pkg/registry/core/service/storage/alloc.go`.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::{Key, Map, Value};

use super::Refused;
use super::pools::Pools;
use crate::service_spec::{
    chooses_ports, has_node_ports, is_health_checked, node_ports, number, ports, ports_mut, text,
};
use crate::validate::causes::invalid_as;

/// Gives a service the ports of nodes that it lacks.
pub(super) fn give(spec: &mut Map, before: Option<&Map>, pools: &mut Pools<'_>) -> Result<(), Refused> {
    if has_node_ports(spec) {
        match before {
            None => for_new(spec, pools)?,
            Some(before) => for_changed(spec, &node_ports(before), pools)?,
        }
    }
    if is_health_checked(spec) && !before.is_some_and(is_health_checked) {
        for_health_check(spec, pools)?;
    }
    Ok(())
}

/// Ports of one number, which differ by protocol, share a port of nodes.
fn for_new(spec: &mut Map, pools: &mut Pools<'_>) -> Result<(), Refused> {
    let chosen = chooses_ports(spec);
    let mut wanted = BTreeMap::new();
    for port in ports(spec).filter(|port| number(port, "nodePort") != 0) {
        wanted
            .entry(number(port, "port"))
            .or_insert(number(port, "nodePort"));
    }
    let mut shared: BTreeMap<i64, i64> = BTreeMap::new();
    for (index, port) in ports_mut(spec).enumerate() {
        let (own, named) = (number(port, "port"), number(port, "nodePort"));
        if named == 0 && !chosen {
            continue;
        }
        let given = match (shared.get(&own), wanted.get(&own)) {
            (Some(given), _) if named == 0 || named == *given => *given,
            (Some(_), _) => take(index, named, pools)?,
            (None, Some(wanted)) => take(index, *wanted, pools)?,
            (None, None) => next(pools)?,
        };
        shared.entry(own).or_insert(given);
        port.insert(Key::Borrowed("nodePort"), Value::Int(given));
    }
    Ok(())
}

fn for_changed(spec: &mut Map, held: &BTreeSet<i64>, pools: &mut Pools<'_>) -> Result<(), Refused> {
    let chosen = chooses_ports(spec);
    let (mut taken, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports_mut(spec).enumerate() {
        let named = number(port, "nodePort");
        let given = match named {
            0 if !chosen => continue,
            0 => next(pools)?,
            named if held.contains(&named) || taken.contains(&named) => named,
            named => take(index, named, pools)?,
        };
        taken.insert(given);
        port.insert(Key::Borrowed("nodePort"), Value::Int(given));
        let protocol = text(port, "protocol").to_owned();
        if !seen.insert((protocol.clone(), given)) {
            let why = format!("duplicate nodePort: {{{protocol} {given}}}");
            return Err(Refused::Unexpected(why));
        }
    }
    Ok(())
}

fn for_health_check(spec: &mut Map, pools: &mut Pools<'_>) -> Result<(), Refused> {
    const FIELD: &str = "healthCheckNodePort";
    let given = match number(spec, FIELD) {
        0 => pools.next_port().map(i64::from).map_err(|why| {
            Refused::Internal(format!("failed to allocate a HealthCheck NodePort 0: {why}"))
        })?,
        named => {
            pools.take_port(named).map_err(|why| {
                Refused::Internal(format!(
                    "failed to allocate requested HealthCheck NodePort {named}: {why}"
                ))
            })?;
            named
        }
    };
    spec.insert(Key::Borrowed(FIELD), Value::Int(given));
    Ok(())
}

fn take(index: usize, port: i64, pools: &mut Pools<'_>) -> Result<i64, Refused> {
    let taken = pools.take_port(port);
    taken.map_err(|why| {
        let field = format!("spec.ports[{index}].nodePort");
        Refused::Invalid(vec![invalid_as(field, &port.to_string(), &why)])
    })?;
    Ok(port)
}

fn next(pools: &mut Pools<'_>) -> Result<i64, Refused> {
    let given = pools.next_port();
    given
        .map(i64::from)
        .map_err(|why| Refused::Internal(format!("failed to allocate a nodePort: {why}")))
}
