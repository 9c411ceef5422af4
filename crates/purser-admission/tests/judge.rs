//! What is said of an object: fields by name, values never.

use purser_admission::{Options, judge};
use purser_types::resource::{CONFIG_MAPS, SECRETS};
use purser_types::{Key, Map, Object, Resource, Value};

const VALUE: &str = "x9Kq3ZtVbN8mWcR5yLpD";

fn object(resource: &'static Resource, field: &'static str, entries: &[(&'static str, &str)]) -> Object {
    let map: Map = entries
        .iter()
        .map(|(key, value)| (Key::Borrowed(*key), Value::string(*value)))
        .collect();
    let mut object = Object::new(resource);
    object.set_meta_str("name", "a");
    if matches!(field, "annotations" | "labels") {
        object.meta_mut().insert(Key::Borrowed(field), Value::Map(map));
    } else {
        object.set(field, Some(Value::Map(map)));
    }
    object
}

#[test]
fn a_config_map_is_warned_about_and_the_value_is_not_told() {
    let verdict = judge(
        &object(&CONFIG_MAPS, "data", &[("ok", "1"), ("password", VALUE)]),
        &Options::default(),
    );
    assert_eq!(
        verdict.warnings,
        ["data[password]: looks like a credential; keep credentials in a Secret"]
    );
    assert_eq!(verdict.refusal, None);
}

#[test]
fn a_config_map_is_refused_when_asked_for() {
    let options = Options {
        deny_credentials_in_configmaps: true,
    };
    let verdict = judge(&object(&CONFIG_MAPS, "data", &[("password", VALUE)]), &options);
    let status = verdict.refusal.expect("a refusal");
    assert_eq!(status.code, 403);
    assert_eq!(
        status.message,
        "configmaps \"a\" is forbidden: data[password]: looks like a credential; keep credentials in a Secret \
         (--deny-credentials-in-configmaps)"
    );
    assert!(verdict.warnings.is_empty());
    let plain = judge(&object(&CONFIG_MAPS, "data", &[("a", "b")]), &options);
    assert_eq!(plain.refusal, None);
}

#[test]
fn annotations_of_any_kind_are_looked_at() {
    let verdict = judge(
        &object(&SECRETS, "annotations", &[("example.com/api-key", VALUE)]),
        &Options::default(),
    );
    assert_eq!(verdict.warnings.len(), 1);
    assert!(
        verdict.warnings[0].starts_with("metadata.annotations[example.com/api-key]: "),
        "{:?}",
        verdict.warnings
    );
}

#[test]
fn the_record_of_kubectl_apply_in_a_secret_names_its_keys() {
    let record = format!("{{\"data\":{{\"a\":\"{VALUE}\"}},\"stringData\":{{\"b\":\"{VALUE}\"}}}}");
    let secret = object(
        &SECRETS,
        "annotations",
        &[(
            "kubectl.kubernetes.io/last-applied-configuration",
            record.as_str(),
        )],
    );
    let verdict = judge(&secret, &Options::default());
    assert_eq!(verdict.warnings.len(), 1);
    assert!(
        verdict.warnings[0].contains("holds data[a], stringData[b] in the clear"),
        "{:?}",
        verdict.warnings
    );
    assert!(!verdict.warnings[0].contains(VALUE));
}

#[test]
fn a_record_without_values_is_fine_and_an_unreadable_one_is_told() {
    for (record, count) in [("", 0), ("{\"metadata\":{}}", 0), ("{", 1), ("[]", 1)] {
        let secret = object(
            &SECRETS,
            "annotations",
            &[("kubectl.kubernetes.io/last-applied-configuration", record)],
        );
        assert_eq!(
            judge(&secret, &Options::default()).warnings.len(),
            count,
            "{record}"
        );
    }
}

#[test]
fn findings_are_counted_beyond_the_first_few() {
    let keys = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9"];
    let text = format!("password={VALUE}");
    let entries: Vec<(&'static str, &str)> = keys.iter().map(|key| (*key, text.as_str())).collect();
    let verdict = judge(&object(&CONFIG_MAPS, "data", &entries), &Options::default());
    assert_eq!(verdict.warnings.len(), 9);
    assert_eq!(verdict.warnings[8], "2 more fields look like credentials");
}
