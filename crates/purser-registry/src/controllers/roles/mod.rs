//! The roles that exist from the start, and those whose rules are taken together from others.

mod aggregation;
mod bootstrap;

pub(super) use aggregation::{keep_together, settle};
pub(super) use bootstrap::reconcile;

use purser_authz::rbac::Rule;
use purser_types::{Key, Map, Value};

/// The rules as they are kept.
fn to_value(rules: &[Rule]) -> Value {
    let lists = |rule: &Rule| {
        let fields = [
            ("verbs", &rule.verbs),
            ("apiGroups", &rule.groups),
            ("resources", &rule.resources),
            ("resourceNames", &rule.names),
            ("nonResourceURLs", &rule.paths),
        ];
        let there = fields.into_iter().filter(|(_, list)| !list.is_empty());
        there
            .map(|(name, list)| {
                let list = list.iter().map(|one| Value::string(one.as_str())).collect();
                (Key::Borrowed(name), Value::List(list))
            })
            .collect::<Map>()
    };
    Value::List(rules.iter().map(lists).map(Value::Map).collect())
}
