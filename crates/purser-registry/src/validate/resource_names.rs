//! The names of what can be limited: `cpu`, `requests.memory`, `example.com/thing`.
//!
//! Source: `pkg/apis/core/helper/helpers.go` and `validateResourceName` in `pkg/apis/core/validation/validation.go`.

use purser_types::quantity::Quantity;
use purser_types::status::Cause;

use super::causes::invalid;
use super::names::qualified_name;

/// What a quota can limit by a plain name.
const QUOTA: [&str; 19] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
/// What is counted in whole numbers.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const HUGE_PAGES: &str = "hugepages-";
const REQUESTS: &str = "requests.";

fn is_huge_pages(name: &str) -> bool {
    name.strip_prefix(REQUESTS)
        .unwrap_or(name)
        .starts_with(HUGE_PAGES)
}

/// Whether a quota knows the name without a domain.
pub(super) fn is_standard_of_quota(name: &str) -> bool {
    QUOTA.contains(&name) || is_huge_pages(name)
}

fn is_standard(name: &str) -> bool {
    is_standard_of_quota(name) || name == "storage"
}

/// Whether it belongs to a domain other than Kubernetes' own.
fn is_extended(name: &str) -> bool {
    name.contains('/')
        && !name.contains("kubernetes.io/")
        && !name.starts_with(REQUESTS)
        && qualified_name(&format!("{REQUESTS}{name}")).is_empty()
}

/// Whether amounts of it are whole numbers.
fn is_counted(name: &str) -> bool {
    COUNTED.contains(&name) || is_extended(name)
}

/// Whether more of it may be promised than there is.
pub(super) fn can_be_overcommitted(name: &str) -> bool {
    (!name.contains('/') || name.contains("kubernetes.io/")) && !name.starts_with(HUGE_PAGES)
}

/// What is wrong with the name of a resource.
pub(super) fn resource_name(field: &str, name: &str) -> Vec<Cause> {
    let causes: Vec<Cause> = qualified_name(name)
        .iter()
        .map(|why| invalid(field, name, why))
        .collect();
    if !causes.is_empty() || name.contains('/') || is_standard(name) {
        return causes;
    }
    vec![invalid(
        field,
        name,
        "must be a standard resource type or fully qualified",
    )]
}

/// What is wrong with the name of a resource that a container asks for.
pub(super) fn container_resource_name(field: &str, name: &str) -> Vec<Cause> {
    let mut causes = resource_name(field, name);
    if !name.contains('/') {
        let known = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with(HUGE_PAGES);
        if !known {
            causes.push(invalid(field, name, "must be a standard resource for containers"));
        }
    } else if !name.contains("kubernetes.io/") && !is_extended(name) {
        causes.push(invalid(
            field,
            name,
            "doesn't follow extended resource name standard",
        ));
    }
    causes
}

/// What is wrong with the name of a resource that a quota limits.
pub(super) fn quota_resource_name(field: &str, name: &str) -> Vec<Cause> {
    let mut causes = resource_name(field, name);
    if !name.contains('/') && !is_standard_of_quota(name) {
        causes.push(invalid(field, name, "must be a standard resource for quota"));
    }
    causes
}

/// What is wrong with an amount of a resource.
pub(super) fn amount(field: &str, name: &str, amount: Quantity) -> Vec<Cause> {
    let mut causes = Vec::new();
    if amount.is_negative() {
        causes.push(invalid(
            field,
            &amount.to_string(),
            "must be greater than or equal to 0",
        ));
    }
    if is_counted(name) && !amount.is_whole() {
        causes.push(invalid(field, &amount.to_string(), "must be an integer"));
    }
    causes
}
