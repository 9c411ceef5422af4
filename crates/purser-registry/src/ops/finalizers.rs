//! Which finalizers a deletion gives an object, so that its dependents are dealt with.
//!
//! Source: `deletionFinalizersForGarbageCollection` in `k8s.io/apiserver/pkg/registry/generic/registry/store.go`, and
//! `shouldHaveOrphanFinalizer` and `shouldHaveDeleteDependentsFinalizer` in `pkg/registry/core/namespace/storage`.

use purser_types::{Key, Object, Value};

use crate::kinds::Kind;
use crate::ops::namespaces;
use crate::options::DeleteOptions;
use crate::owner::{FOREGROUND, ORPHAN, finalizers_of};

const FIELD: &str = "finalizers";

/// Puts in or takes out the finalizers that what is asked demands; answers whether that changed anything.
pub(crate) fn settle(kind: &Kind, object: &mut Object, options: &DeleteOptions) -> bool {
    let present = finalizers_of(object);
    let had = |name: &str| present.iter().any(|finalizer| **finalizer == *name);
    let asked = asked(kind, options);
    let (orphan, foreground) = match asked {
        Some(asked) => (asked == Some(ORPHAN), asked == Some(FOREGROUND)),
        None => (had(ORPHAN), had(FOREGROUND) && !had(ORPHAN)),
    };
    if (orphan, foreground) == (had(ORPHAN), had(FOREGROUND)) {
        return false;
    }
    let own = present
        .iter()
        .filter(|name| !matches!(&***name, ORPHAN | FOREGROUND));
    let mut list: Vec<Value> = own.map(|name| Value::string(&**name)).collect();
    list.extend(orphan.then(|| Value::string(ORPHAN)));
    list.extend(foreground.then(|| Value::string(FOREGROUND)));
    let meta = object.meta_mut();
    if list.is_empty() {
        meta.remove(FIELD);
    } else {
        meta.insert(Key::Borrowed(FIELD), Value::List(list));
    }
    true
}

/// The finalizer that is asked for, if any; the outer `None`: nothing is asked, and what is there stays.
fn asked(kind: &Kind, options: &DeleteOptions) -> Option<Option<&'static str>> {
    if !kind.strategy.is_collected() {
        return Some(None);
    }
    match (options.orphan_dependents, options.propagation_policy.as_deref()) {
        (Some(true), _) | (None, Some("Orphan")) => Some(Some(ORPHAN)),
        // Upstream's namespaces take the old option at its word.
        (Some(false), _) if namespaces::is_namespace(kind) => Some(Some(FOREGROUND)),
        (None, Some("Foreground")) => Some(Some(FOREGROUND)),
        (Some(false), _) | (None, Some(_)) => Some(None),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use purser_types::Resource;
    use purser_types::resource::{CONFIG_MAPS, NAMESPACES};

    use super::*;

    fn after(
        resource: &'static Resource,
        finalizers: &[&str],
        orphan: Option<bool>,
        policy: Option<&str>,
    ) -> (bool, Vec<String>) {
        let mut object = Object::new(resource);
        let list = finalizers.iter().map(|name| Value::string(*name)).collect();
        object.meta_mut().insert(Key::Borrowed(FIELD), Value::List(list));
        let options = DeleteOptions {
            orphan_dependents: orphan,
            propagation_policy: policy.map(str::to_owned),
            ..DeleteOptions::default()
        };
        let changed = settle(crate::kinds::kind(resource).unwrap(), &mut object, &options);
        (
            changed,
            finalizers_of(&object).iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn a_policy_adds_its_finalizer_and_takes_the_other_away() {
        let configmap = |finalizers, orphan, policy| after(&CONFIG_MAPS, finalizers, orphan, policy);
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(configmap(&[], None, None), (false, list(&[])));
        assert_eq!(configmap(&[], None, Some("Background")), (false, list(&[])));
        assert_eq!(
            configmap(&[], None, Some("Foreground")),
            (true, list(&[FOREGROUND]))
        );
        assert_eq!(
            configmap(&["a/b"], Some(true), None),
            (true, list(&["a/b", ORPHAN]))
        );
        assert_eq!(
            configmap(&[FOREGROUND, "a/b"], None, Some("Orphan")),
            (true, list(&["a/b", ORPHAN]))
        );
        assert_eq!(
            configmap(&[FOREGROUND], None, Some("Background")),
            (true, list(&[]))
        );
        assert_eq!(configmap(&[ORPHAN], None, None), (false, list(&[ORPHAN])));
        assert_eq!(configmap(&[ORPHAN], Some(false), None), (true, list(&[])));
        assert_eq!(
            after(&NAMESPACES, &[], Some(false), None),
            (true, list(&[FOREGROUND])),
            "as upstream's namespaces do"
        );
    }
}
