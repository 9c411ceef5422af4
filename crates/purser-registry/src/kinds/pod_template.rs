//! PodTemplates. They are kept, not acted on.
//!
//! Sources: `pkg/registry/core/podtemplate/strategy.go`, `printPodTemplate` in
//! `pkg/printers/internalversion/printers.go`.

use purser_types::object::set;
use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::columns::{Column, NAME, column};
use super::pod_defaults::fill;
use super::pod_dropped::drop_disabled;
use super::strategy::Strategy;
use crate::validate::pod::warnings::warnings;
use crate::validate::pod_template::validate;
use crate::validate::{MetadataRules, metadata_update};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Containers",
        "Names of each container in the template.",
        |object, _| Value::string(of_containers(object, "name")),
    ),
    column(
        "Images",
        "Images referenced by each container in the template.",
        |object, _| Value::string(of_containers(object, "image")),
    ),
    column("Pod Labels", "The labels for the pod template.", |object, _| {
        Value::string(labels(object))
    }),
];

/// They have defaults, and their changes are counted.
pub(super) struct PodTemplates;

impl Strategy for PodTemplates {
    fn prepare_for_create(&self, object: &mut Object) {
        prepare(object, None);
    }

    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        prepare(object, Some(old));
        if object.get("template") != old.get("template") {
            let before = old.meta().get("generation").and_then(Value::as_int).unwrap_or(0);
            let next = Value::Int(before.saturating_add(1));
            set(object.meta_mut(), "generation", Some(next));
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = metadata_update(rules, new, old);
        causes.extend(validate(new));
        causes
    }

    fn warnings(&self, object: &Object) -> Vec<String> {
        template(object).map_or_else(Vec::new, |template| warnings("template", template))
    }

    fn generation(&self) -> bool {
        true
    }

    fn returns_deleted(&self) -> bool {
        true
    }
}

fn prepare(object: &mut Object, old: Option<&Object>) {
    fill(object.resource.message, &mut object.body);
    let spec = object
        .body
        .get_mut("template")
        .and_then(|template| template.as_map_mut()?.get_mut("spec")?.as_map_mut());
    if let Some(spec) = spec {
        let old = old.and_then(|old| template(old)?.get("spec")?.as_map());
        drop_disabled(spec, old);
    }
}

fn template(object: &Object) -> Option<&Map> {
    object.get("template").and_then(Value::as_map)
}

/// `a,b`: a field of each container.
fn of_containers(object: &Object, field: &str) -> String {
    let containers =
        template(object).and_then(|template| template.get("spec")?.as_map()?.get("containers")?.as_list());
    let texts = containers
        .unwrap_or_default()
        .iter()
        .map(|container| container.as_map()?.get(field)?.as_str());
    texts.map(Option::unwrap_or_default).collect::<Vec<_>>().join(",")
}

/// `a=b,c=d`
fn labels(object: &Object) -> String {
    let labels =
        template(object).and_then(|template| template.get("metadata")?.as_map()?.get("labels")?.as_map());
    let pairs = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let joined = pairs.collect::<Vec<_>>().join(",");
    if joined.is_empty() {
        "<none>".to_owned()
    } else {
        joined
    }
}
