//! The ClusterRoles and ClusterRoleBindings that exist from the start, made and mended at every start.
//!
//! `bootstrap.json` says what they are: those of kube-apiserver 1.36.2 that a store of Secrets has a use for, as that
//! server answered them, and two of our own. What somebody has added stays; what is missing comes back, unless the
//! annotation [`AUTOUPDATE`] says `false`.
//!
//! Source: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`, `k8s.io/component-helpers/auth/rbac/reconciliation`.

use purser_authz::rbac::uncovered;
use purser_types::conform::conform;
use purser_types::object::part_mut;
use purser_types::resource::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES};
use purser_types::{Key, Map, Object, Resource, Value, json, proto};

use super::super::{SERVER, is_status, options, permits};
use super::to_value;
use crate::error::Error;
use crate::options::DeleteOptions;
use crate::rbac::grant::rules;
use crate::registry::Registry;
use crate::validate::read::message;

const POLICY: &[u8] = include_bytes!("bootstrap.json");
/// What marks them. Source: `labelBootstrapping` upstream.
const LABEL: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");
/// Whether they are mended; `false` keeps hands off.
const AUTOUPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// Makes what is missing and mends what lacks something. What cannot be is told and left.
///
/// # Errors
/// The store's.
pub(crate) async fn reconcile(registry: &Registry) -> Result<(), Error> {
    let wanted = policy().into_iter().map(|wanted| ensure(registry, wanted));
    // Together, so that the store makes them durable together.
    futures_util::future::try_join_all(wanted).await.map(drop)
}

/// What is to be there.
fn policy() -> Vec<Object> {
    let parsed = json::parse(POLICY).map(|parsed| parsed.value);
    let Ok(Value::Map(mut lists)) = parsed else {
        return Vec::new();
    };
    let kinds = [
        ("clusterRoles", &CLUSTER_ROLES),
        ("clusterRoleBindings", &CLUSTER_ROLE_BINDINGS),
    ];
    let mut objects = Vec::new();
    for (list, resource) in kinds {
        if let Some(Value::List(entries)) = lists.remove(list) {
            objects.extend(entries.into_iter().filter_map(|entry| object(resource, entry)));
        }
    }
    objects
}

/// An object out of its entry: name and labels, and what is its own.
fn object(resource: &'static Resource, entry: Value) -> Option<Object> {
    let Value::Map(mut entry) = entry else {
        return None;
    };
    let text = |key: &'static str, value: &str| (Key::Borrowed(key), Value::string(value));
    let mut labels = match entry.remove("labels") {
        Some(Value::Map(labels)) => labels,
        _ => Map::new(),
    };
    labels.extend([text(LABEL.0, LABEL.1)]);
    let name = entry.remove("name")?;
    if resource == &CLUSTER_ROLE_BINDINGS {
        let role = Map::from([
            text("apiGroup", CLUSTER_ROLES.group),
            text("kind", CLUSTER_ROLES.kind),
            (Key::Borrowed("name"), name.duplicate()),
        ]);
        entry.insert(Key::Borrowed("roleRef"), Value::Map(role));
    }
    let metadata = Map::from([
        (Key::Borrowed("name"), name),
        (Key::Borrowed("labels"), Value::Map(labels)),
        (
            Key::Borrowed("annotations"),
            Value::Map(Map::from([text(AUTOUPDATE, "true")])),
        ),
    ]);
    entry.insert(Key::Borrowed("metadata"), Value::Map(metadata));
    let body = conform(resource.message, Value::Map(entry)).ok()?.body;
    Some(Object { resource, body })
}

async fn ensure(registry: &Registry, wanted: Object) -> Result<(), Error> {
    let (resource, name) = (wanted.resource, wanted.name().to_owned());
    let key = registry.caches.keys.object(resource, "", &name)?;
    let cached = registry.caches.of(resource).and_then(|cache| cache.get(&key));
    let done = match cached {
        None => {
            let permit = permits::create(resource, "");
            registry.create(&permit, wanted, &options(SERVER)).await
        }
        Some(found) => {
            let Ok(plaintext) = registry.open(&found).await else {
                tracing::warn!(key, "a role of the system cannot be read, and is left as it is");
                return Ok(());
            };
            let Ok(mut there) = proto::decode(resource, plaintext.expose()) else {
                return Ok(());
            };
            if gives_another_role(&there, &wanted) {
                return replace(registry, wanted, there.uid()).await;
            }
            if !mend(&mut there, &wanted) {
                return Ok(());
            }
            there.set_meta_str("resourceVersion", &found.revision.to_string());
            let permit = permits::update(resource, "", &name);
            registry.update(&permit, there, &options(SERVER)).await
        }
    };
    told(done.map(drop), &key)
}

/// What cannot be is told and left.
fn told(done: Result<(), Error>, key: &str) -> Result<(), Error> {
    match done {
        // Somebody else was faster.
        Err(error) if is_status(&error, 404) || is_status(&error, 409) => Ok(()),
        Err(Error::Refused(why)) => {
            tracing::warn!(key, why = %why.message, "a role of the system is not as it should be");
            Ok(())
        }
        done => done,
    }
}

/// Whether it is a binding of another role: nobody it is to bind must be given that.
fn gives_another_role(there: &Object, wanted: &Object) -> bool {
    !annotated(there, AUTOUPDATE, "false") && there.get("roleRef") != wanted.get("roleRef")
}

/// Makes a binding anew: what it gives cannot be changed.
async fn replace(registry: &Registry, wanted: Object, uid: &str) -> Result<(), Error> {
    let (resource, name) = (wanted.resource, wanted.name().to_owned());
    let removal = DeleteOptions {
        precondition_uid: Some(uid.to_owned()),
        ..DeleteOptions::default()
    };
    let removed = registry
        .delete(&permits::delete(resource, "", &name), &removal)
        .await;
    let done = match removed {
        Ok(_) => {
            let permit = permits::create(resource, "");
            registry.create(&permit, wanted, &options(SERVER)).await.map(drop)
        }
        Err(error) => Err(error),
    };
    told(done, &name)
}

/// Adds what `there` lacks of `wanted`; whether anything was.
fn mend(there: &mut Object, wanted: &Object) -> bool {
    if annotated(there, AUTOUPDATE, "false") {
        return false;
    }
    let mut changed = false;
    for field in ["labels", "annotations"] {
        let lacking = lacking_entries(there.meta().get(field), wanted.meta().get(field));
        changed |= !lacking.is_empty();
        if !lacking.is_empty() {
            part_mut(there.meta_mut(), field).extend(lacking);
        }
    }
    if wanted.get("aggregationRule").is_some() {
        return mend_aggregation(there, wanted) | changed;
    }
    // Whatever it selects, it was not to select.
    changed |= there.body.remove("aggregationRule").is_some();
    let field = if wanted.resource == &CLUSTER_ROLES {
        "rules"
    } else {
        "subjects"
    };
    let lacking = match field {
        "rules" => {
            let have = rules(there.get(field));
            match to_value(&uncovered(&have, &rules(wanted.get(field)))) {
                Value::List(lacking) => lacking,
                _ => Vec::new(),
            }
        }
        _ => {
            let have = there.get(field).and_then(Value::as_list).unwrap_or_default();
            let all = wanted.get(field).and_then(Value::as_list).unwrap_or_default();
            all.iter()
                .filter(|one| !have.contains(one))
                .map(Value::duplicate)
                .collect()
        }
    };
    if lacking.is_empty() {
        return changed;
    }
    let have = there.get(field).and_then(Value::as_list).unwrap_or_default();
    let all = have.iter().map(Value::duplicate).chain(lacking).collect();
    there.set(field, Some(Value::List(all)));
    true
}

/// Adds the selectors that `there` lacks; whether there were any.
fn mend_aggregation(there: &mut Object, wanted: &Object) -> bool {
    let selectors = |object: &Object| -> Vec<Value> {
        let aggregation = message(&object.body, "aggregationRule");
        let all = aggregation.get("clusterRoleSelectors").and_then(Value::as_list);
        all.unwrap_or_default().iter().map(Value::duplicate).collect()
    };
    let mut all = selectors(there);
    let had = all.len();
    for selector in selectors(wanted) {
        if !all.contains(&selector) {
            all.push(selector);
        }
    }
    let changed = all.len() > had;
    if changed {
        let list = (Key::Borrowed("clusterRoleSelectors"), Value::List(all));
        there.set("aggregationRule", Some(Value::Map(Map::from([list]))));
    }
    changed
}

fn annotated(object: &Object, annotation: &str, value: &str) -> bool {
    let annotations = object.meta().get("annotations").and_then(Value::as_map);
    annotations.and_then(|all| all.get(annotation)?.as_str()) == Some(value)
}

fn lacking_entries(there: Option<&Value>, wanted: Option<&Value>) -> Map {
    let there = there.and_then(Value::as_map);
    let wanted = wanted.and_then(Value::as_map).into_iter().flatten();
    // What is there under the same key is what somebody has made of it.
    let lacking = wanted.filter(|(key, _)| !there.is_some_and(|there| there.contains_key(key.as_ref())));
    lacking
        .map(|(key, value)| (key.clone(), value.duplicate()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Object {
        let found = policy().into_iter().find(|object| object.name() == name);
        found.unwrap_or_else(|| panic!("{name} is there"))
    }

    #[test]
    fn every_entry_becomes_an_object_that_is_judged_well() {
        let entries = std::str::from_utf8(POLICY).unwrap().matches("\"name\": ").count();
        let subjects = std::str::from_utf8(POLICY)
            .unwrap()
            .matches("\"kind\": \"Group\"")
            .count();
        assert_eq!(policy().len(), entries - subjects);
        for object in policy() {
            let kind = crate::kinds::kind(object.resource).unwrap();
            assert_eq!(kind.causes_on_create(&object), [], "{}", object.name());
        }
    }

    #[test]
    fn view_reads_no_secrets_and_nobody_is_bound_to_the_readers_of_secrets() {
        for object in policy() {
            let name = object.name().to_owned();
            if object.resource == &CLUSTER_ROLE_BINDINGS {
                assert!(!name.starts_with("purser:"), "{name}");
                continue;
            }
            let secrets = rules(object.get("rules")).iter().any(|rule| {
                rule.resources
                    .iter()
                    .any(|resource| resource == "secrets" || resource == "*")
            });
            let may = [
                "cluster-admin",
                "system:aggregate-to-edit",
                "system:node",
                "purser:secret-reader",
            ];
            assert_eq!(secrets, may.contains(&name.as_str()), "{name}");
        }
    }

    /// As upstream: bound to nobody, for that gives every node every Secret.
    #[test]
    fn nobody_is_bound_to_the_role_of_nodes() {
        let of_nodes = policy()
            .into_iter()
            .filter(|object| object.name() == "system:node");
        let kinds: Vec<_> = of_nodes
            .map(|object| (object.resource, rules(object.get("rules")).len(), object))
            .collect();
        let [(role, all, _), (binding, _, bound)] = kinds.as_slice() else {
            panic!("a role and its binding")
        };
        assert_eq!((*role, *all), (&CLUSTER_ROLES, 25));
        assert_eq!(*binding, &CLUSTER_ROLE_BINDINGS);
        let subjects = bound.get("subjects").and_then(Value::as_list);
        assert!(subjects.unwrap_or_default().is_empty());
    }

    #[test]
    fn what_was_taken_away_comes_back_and_what_was_added_stays() {
        let wanted = named("system:basic-user");
        let mut there = wanted.duplicate();
        assert!(!mend(&mut there, &wanted));
        let added = rules(Some(&to_value(&rules(named("purser:secret-names").get("rules")))));
        let kept = rules(wanted.get("rules"))
            .into_iter()
            .skip(1)
            .chain(added.clone());
        there.set("rules", Some(to_value(&kept.collect::<Vec<_>>())));
        assert!(mend(&mut there, &wanted));
        let after = rules(there.get("rules"));
        assert!(uncovered(&after, &rules(wanted.get("rules"))).is_empty());
        assert!(uncovered(&after, &added).is_empty());
        assert!(!mend(&mut there, &wanted));
    }

    #[test]
    fn who_says_hands_off_is_left_alone() {
        let wanted = named("system:discovery");
        let mut there = wanted.duplicate();
        there.set("rules", None);
        let annotations = Map::from([(Key::Borrowed(AUTOUPDATE), Value::string("false"))]);
        there
            .meta_mut()
            .insert(Key::Borrowed("annotations"), Value::Map(annotations));
        assert!(!mend(&mut there, &wanted));
    }

    #[test]
    fn what_somebody_has_made_of_a_label_stays_and_selectors_are_added() {
        const AGGREGATE: &str = "rbac.authorization.k8s.io/aggregate-to-admin";
        let wanted = named("edit");
        let mut there = wanted.duplicate();
        // Without the annotation it is mended, and gets it again.
        there.meta_mut().remove("annotations");
        let labels = there
            .meta_mut()
            .get_mut("labels")
            .and_then(Value::as_map_mut)
            .unwrap();
        labels.insert(Key::Borrowed(AGGREGATE), Value::string("false"));
        let own = Value::Map(Map::from([(
            Key::Borrowed("matchLabels"),
            Value::Map(Map::from([(Key::Borrowed("own"), Value::string("1"))])),
        )]));
        let list = (Key::Borrowed("clusterRoleSelectors"), Value::List(vec![own]));
        there.set("aggregationRule", Some(Value::Map(Map::from([list]))));
        assert!(mend(&mut there, &wanted));
        assert!(there.labels().any(|label| label == (AGGREGATE, "false")));
        assert!(annotated(&there, AUTOUPDATE, "true"));
        let selectors = message(&there.body, "aggregationRule").get("clusterRoleSelectors");
        assert_eq!(selectors.and_then(Value::as_list).map(<[Value]>::len), Some(2));
        assert!(!mend(&mut there, &wanted));

        let wanted = named("system:discovery");
        let mut there = wanted.duplicate();
        there.set(
            "aggregationRule",
            named("edit").get("aggregationRule").map(Value::duplicate),
        );
        assert!(mend(&mut there, &wanted));
        assert!(there.get("aggregationRule").is_none());
    }

    #[test]
    fn a_binding_of_another_role_is_not_mended_but_made_anew() {
        let bindings = || {
            policy()
                .into_iter()
                .filter(|object| object.resource == &CLUSTER_ROLE_BINDINGS)
        };
        let wanted = bindings().next().unwrap();
        assert!(!gives_another_role(&wanted.duplicate(), &wanted));
        let mut there = wanted.duplicate();
        there.set(
            "roleRef",
            bindings().nth(1).unwrap().get("roleRef").map(Value::duplicate),
        );
        assert!(gives_another_role(&there, &wanted));
    }

    #[test]
    fn a_subject_that_is_missing_is_bound_again() {
        let wanted = named("system:public-info-viewer");
        let wanted = match wanted.resource == &CLUSTER_ROLE_BINDINGS {
            true => wanted,
            false => policy()
                .into_iter()
                .rfind(|object| object.name() == wanted.name())
                .unwrap(),
        };
        let mut there = wanted.duplicate();
        there.set("subjects", None);
        assert!(mend(&mut there, &wanted));
        assert_eq!(there.get("subjects"), wanted.get("subjects"));
    }
}
