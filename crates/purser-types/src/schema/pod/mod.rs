//! Pod templates: `k8s.io/api/core/v1`.
//!
//! One file a topic; what a file names is in files below it, so that there is no circle.

mod affinity;
mod build;
mod container;
mod env;
mod ephemeral;
mod parts;
mod probe;
mod security;
mod selector;
mod template;
mod volume;
mod volume_claim;
mod volume_clusters;
mod volume_disks;
mod volume_files;
mod volume_projected;

pub use self::selector::LABEL_SELECTOR;
pub(super) use self::selector::LABEL_SELECTOR_REQUIREMENT;
pub use self::template::{POD_SPEC, POD_TEMPLATE, POD_TEMPLATE_SPEC};
