//! The rules of roles and bindings.
//!
//! Source: `pkg/apis/rbac/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value, json};

use super::causes::{invalid, invalid_as, is_full, not_supported, required};
use super::names::NameRule;
use super::pod::label_selector;
use super::read::{message, messages, text, texts};

/// The group that all of this is of.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// What is wrong with the rules of a Role or ClusterRole, and with what a ClusterRole takes together.
#[must_use]
pub fn role(object: &Object) -> Vec<Cause> {
    let namespaced = object.resource.namespaced;
    let mut causes = Vec::new();
    for (index, rule) in messages(object.get("rules")).enumerate() {
        if is_full(&causes) {
            return causes;
        }
        causes.extend(policy_rule(&format!("rules[{index}]"), rule, namespaced));
    }
    if let Some(aggregation) = object.get("aggregationRule").and_then(Value::as_map) {
        causes.extend(aggregated(aggregation));
    }
    causes
}

fn policy_rule(at: &str, rule: &Map, namespaced: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    let empty = |field: &str| texts(rule, field).is_empty();
    if empty("verbs") {
        let why = "verbs must contain at least one value";
        causes.push(required(format!("{at}.verbs"), why));
    }
    if !empty("nonResourceURLs") {
        let field = format!("{at}.nonResourceURLs");
        let shown = shown(rule.get("nonResourceURLs"));
        if namespaced {
            let why = "namespaced rules cannot apply to non-resource URLs";
            causes.push(invalid_as(&field, &shown, why));
        }
        if !(empty("apiGroups") && empty("resources") && empty("resourceNames")) {
            let why = "rules cannot apply to both regular resources and non-resource URLs";
            causes.push(invalid_as(&field, &shown, why));
        }
        return causes;
    }
    if empty("apiGroups") {
        let why = "resource rules must supply at least one api group";
        causes.push(required(format!("{at}.apiGroups"), why));
    }
    if empty("resources") {
        let why = "resource rules must supply at least one resource";
        causes.push(required(format!("{at}.resources"), why));
    }
    causes
}

fn aggregated(rule: &Map) -> Vec<Cause> {
    const FIELD: &str = "aggregationRule.clusterRoleSelectors";
    let selectors: Vec<&Map> = messages(rule.get("clusterRoleSelectors")).collect();
    if selectors.is_empty() {
        let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        return vec![required(FIELD, why)];
    }
    let mut causes = Vec::new();
    for (index, selector) in selectors.into_iter().enumerate() {
        if is_full(&causes) {
            break;
        }
        causes.extend(label_selector(&format!("{FIELD}[{index}]"), selector));
    }
    causes
}

/// What is wrong with what a binding gives, and to whom.
#[must_use]
pub fn binding(object: &Object) -> Vec<Cause> {
    let namespaced = object.resource.namespaced;
    let mut causes = role_ref(message(&object.body, "roleRef"), namespaced);
    for (index, subject) in messages(object.get("subjects")).enumerate() {
        if is_full(&causes) {
            return causes;
        }
        causes.extend(self::subject(&format!("subjects[{index}]"), subject, namespaced));
    }
    causes
}

fn role_ref(role: &Map, namespaced: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (group, kind, name) = (text(role, "apiGroup"), text(role, "kind"), text(role, "name"));
    if group != GROUP {
        causes.push(not_supported("roleRef.apiGroup", group, &[GROUP]));
    }
    let kinds: &[&str] = if namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    if !kinds.contains(&kind) {
        causes.push(not_supported("roleRef.kind", kind, kinds));
    }
    if name.is_empty() {
        causes.push(required("roleRef.name", ""));
    }
    let wrong = NameRule::PathSegment.check(name, false);
    causes.extend(wrong.iter().map(|why| invalid("roleRef.name", name, why)));
    causes
}

fn subject(at: &str, subject: &Map, namespaced: bool) -> Vec<Cause> {
    let (kind, group, name) = (
        text(subject, "kind"),
        text(subject, "apiGroup"),
        text(subject, "name"),
    );
    let name_field = || format!("{at}.name");
    let mut causes = Vec::new();
    if name.is_empty() {
        causes.push(required(name_field(), ""));
    }
    let of_group = || not_supported(format!("{at}.apiGroup"), group, &[GROUP]);
    match kind {
        "ServiceAccount" => {
            if !name.is_empty() {
                let wrong = NameRule::DnsSubdomain.check(name, false);
                causes.extend(wrong.iter().map(|why| invalid(name_field(), name, why)));
            }
            if !group.is_empty() {
                causes.push(not_supported(format!("{at}.apiGroup"), group, &[""]));
            }
            if !namespaced && text(subject, "namespace").is_empty() {
                causes.push(required(format!("{at}.namespace"), ""));
            }
        }
        "User" | "Group" => {
            if name.is_empty() {
                let why = format!("{} name cannot be empty", kind.to_ascii_lowercase());
                causes.push(invalid(name_field(), name, &why));
            }
            if group != GROUP {
                causes.push(of_group());
            }
        }
        _ => {
            let kinds = ["ServiceAccount", "User", "Group"];
            causes.push(not_supported(format!("{at}.kind"), kind, &kinds));
        }
    }
    causes
}

/// What a binding gives cannot be changed.
#[must_use]
pub fn same_role(new: &Object, old: &Object) -> Vec<Cause> {
    let (new, old) = (message(&new.body, "roleRef"), message(&old.body, "roleRef"));
    let fields = ["apiGroup", "kind", "name"];
    if fields.iter().all(|field| text(new, field) == text(old, field)) {
        return Vec::new();
    }
    // Upstream prints its internal type, whose fields have capitals.
    let internal = Value::Map(
        [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")]
            .map(|(shown, field)| (shown.into(), Value::string(text(new, field))))
            .into_iter()
            .collect(),
    );
    vec![invalid_as(
        "roleRef",
        &shown(Some(&internal)),
        "cannot change roleRef",
    )]
}

/// The value as JSON.
fn shown(value: Option<&Value>) -> String {
    let mut out = Vec::new();
    json::write(value.unwrap_or(&Value::Null), &mut out);
    String::from_utf8(out).unwrap_or_default()
}
