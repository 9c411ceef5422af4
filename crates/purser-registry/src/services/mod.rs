//! What Services are given: addresses in a cluster, and ports of its nodes.
//!
//! Everything here is a function of a Service as it is, as it is to be, and of what others hold; `ops/services.rs`
//! sees to it that nothing is given twice.
//!
//! Source: `pkg/registry/core/service/storage/alloc.go`.

mod addresses;
mod dropped;
mod families;
mod held;
mod patched;
mod pools;
mod ports;
mod range;

use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Status, Value};

use crate::service_spec::is_named;

pub(crate) use held::Held;
pub(crate) use pools::{Mode, Pools, Taken};
pub use range::{AddressRange, PortRange, RangeError, ServiceRanges};

/// Completes a Service: its families, its addresses and its ports; of a change of type it takes away what only the old
/// one had. `before` is what it was, `None` when it is new.
///
/// # Errors
/// 422 for what cannot be, 500 when nothing is left.
pub(crate) fn give(
    service: &mut Object,
    before: Option<&Object>,
    pools: &mut Pools<'_>,
) -> Result<(), Box<Status>> {
    let name = service.name().to_owned();
    let empty = || Value::Map(Map::new());
    let spec = service.body.entry(Key::Borrowed("spec")).or_insert_with(empty);
    let spec_before = before.and_then(|before| before.get("spec")?.as_map());
    if let Some(spec) = spec.as_map_mut() {
        complete(spec, spec_before, pools).map_err(|why| Box::new(why.into_status(&name)))?;
    }
    if let Some(before) = before {
        dropped::drop_dependent(service, before);
    }
    Ok(())
}

fn complete(spec: &mut Map, before: Option<&Map>, pools: &mut Pools<'_>) -> Result<(), Refused> {
    if let Some(before) = before {
        patched::keep_given(spec, before);
    }
    patched::agree(spec, before);
    families::settle(spec, before, pools.ranges())?;
    addresses::give(spec, before, pools)?;
    ports::give(spec, before, pools)?;
    if is_named(spec) {
        // Upstream keeps it and never shows it: `defaultOnReadInternalTrafficPolicy`.
        spec.remove("internalTrafficPolicy");
    }
    Ok(())
}

/// Why a Service is not completed.
#[derive(Debug)]
enum Refused {
    /// The client's mistakes: 422.
    Invalid(Vec<Cause>),
    /// Nothing is left, or what upstream takes for its own mistake: 500.
    Internal(String),
    /// 500 without a reason, as upstream answers what it did not expect.
    Unexpected(String),
}

impl Refused {
    fn into_status(self, name: &str) -> Status {
        match self {
            Self::Invalid(causes) => Status::invalid("", "Service", name, causes),
            Self::Internal(why) => Status::internal(&why),
            Self::Unexpected(why) => Status::new(500, "", why, None),
        }
    }
}
