//! Who set which field: `metadata.managedFields`.

use purser_types::Object;
use purser_types::time::Timestamp;

/// Records that `manager` made `new` out of `old` (`None`: created it).
pub fn record_update(new: &mut Object, old: Option<&Object>, manager: &str, now: Timestamp) {
    let _ = (new, old, manager, now);
}
