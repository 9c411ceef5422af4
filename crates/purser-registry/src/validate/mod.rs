//! What an object must be to be kept, with upstream's sentences in upstream's order.
//!
//! Pure rules: nothing here knows the table of kinds. A kind says which rule its names follow ([`MetadataRules`])
//! and puts the parts together in the order in which upstream runs them.

pub mod causes;
pub mod certificates;
pub mod config_map;
mod der;
pub mod endpoints;
pub mod event;
mod finalizers;
mod go_struct;
mod immutable;
mod json_text;
pub mod lease;
pub mod limit_range;
mod managed_fields;
mod metadata;
pub mod names;
pub mod namespace;
pub(crate) mod network;
mod owners;
pub(crate) mod pem;
pub(crate) mod pod;
pub mod pod_template;
pub mod quota;
pub mod rbac;
pub(crate) mod read;
mod resource_names;
pub(crate) mod review;
pub mod secret;
pub mod service;
pub(crate) mod service_addresses;
pub mod service_balancing;
mod service_ports;
pub(crate) mod service_warnings;
mod tls_pair;

pub(crate) use managed_fields::MANAGER_MAX;
pub use managed_fields::manager as field_manager;
pub(crate) use metadata::ANNOTATIONS_MAX;
pub use metadata::{MetadataRules, generic_create, generic_update, metadata_create, metadata_update};
