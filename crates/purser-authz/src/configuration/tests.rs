//! Files are read and refused as upstream reads and refuses them, row by row of its own tests
//! (`k8s.io/apiserver/pkg/apis/apiserver/validation/validation_test.go`).

use std::time::Duration;

use purser_outbound::PrivateReader;
use serde_json::{Value, json};

use super::*;
use crate::authorizer::Authorizer;

fn entry(changes: &Value) -> Value {
    let mut webhook = json!({
        "timeout": "5s",
        "authorizedTTL": "60s",
        "unauthorizedTTL": "30s",
        "failurePolicy": "NoOpinion",
        "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1",
        "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "/proc/self/maps"},
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(webhook.as_object_mut().unwrap().remove(name)),
            value => webhook[name] = value.clone(),
        }
    }
    json!({"type": "Webhook", "name": "default", "webhook": webhook})
}

fn said(entries: &Value) -> String {
    let document = json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration", "authorizers": entries,
    });
    let configuration = Configuration::read(document.to_string().as_bytes()).unwrap();
    match configuration.check() {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

fn refused(changes: &Value, expected: &str) {
    assert_eq!(said(&json!([entry(changes)])), expected, "{changes}");
}

#[test]
fn a_list_has_to_say_who_decides_and_under_which_names() {
    let rbac = json!({"type": "RBAC", "name": "rbac"});
    let cedar = json!({"type": "Cedar", "name": "team", "cedar": {"policies": "/etc/purser/policies"}});
    assert_eq!(said(&json!([rbac])), "");
    assert_eq!(said(&json!([entry(&json!({})), cedar, rbac])), "");
    for (entries, expected) in [
        (
            json!([]),
            "authorizers: Required value: at least one authorization mode must be defined",
        ),
        (json!([{"name": "rbac"}]), "authorizers[0].type: Required value"),
        (
            json!([{"type": "Foo", "name": "foo"}]),
            "authorizers[0].type: Unsupported value: \"Foo\": supported values: \"Cedar\", \"RBAC\", \"Webhook\"",
        ),
        (
            json!([rbac, {"type": "RBAC", "name": "other"}]),
            "authorizers[1].type: Duplicate value: \"RBAC\"",
        ),
        (json!([{"type": "RBAC"}]), "authorizers[0].name: Required value"),
        (
            json!([entry(&json!({})), entry(&json!({}))]),
            "authorizers[1].name: Duplicate value: \"default\"",
        ),
        (
            json!([{"type": "RBAC", "name": "mine"}]),
            "expected name rbac for authorizer RBAC instead of mine",
        ),
        (
            json!([{"type": "RBAC", "name": "rbac", "webhook": {}}]),
            "authorizers[0].webhook: Invalid value: \"non-null\": may only be specified when type=Webhook",
        ),
        (
            json!([{"type": "Webhook", "name": "a"}]),
            "authorizers[0].webhook: Required value: required when type=Webhook",
        ),
        (
            json!([{"type": "Cedar", "name": "a"}]),
            "authorizers[0].cedar: Required value: required when type=Cedar",
        ),
        (
            json!([{"type": "Cedar", "name": "a", "cedar": {"policies": "here"}}]),
            "authorizers[0].cedar.policies: Invalid value: \"here\": must be an absolute path",
        ),
    ] {
        assert_eq!(said(&entries), expected, "{entries}");
    }
    let bad =
        said(&json!([{"type": "Webhook", "name": "mixed_Case", "webhook": entry(&json!({}))["webhook"]}]));
    let start = "authorizers[0].name: Invalid value: \"mixed_Case\": authorizer name is invalid: a lowercase RFC 1123 \
                 subdomain must consist of";
    assert!(bad.starts_with(start), "{bad}");
    for kind in ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node"] {
        let told = said(&json!([{"type": kind, "name": kind.to_lowercase()}]));
        let start = format!("authorizers[0].type: Invalid value: \"{kind}\": is not here: ");
        assert!(told.starts_with(&start), "{told}");
    }
}

#[test]
fn a_webhook_has_bounds_a_policy_and_a_place() {
    for (changes, expected) in [
        (json!({}), ""),
        (json!({"authorizedTTL": null, "unauthorizedTTL": null}), ""),
        (json!({"timeout": null}), "authorizers[0].timeout: Required value"),
        (json!({"timeout": "0s"}), "authorizers[0].timeout: Required value"),
        (
            json!({"timeout": "-1s"}),
            "authorizers[0].timeout: Invalid value: \"-1s\": must be > 0s and <= 30s",
        ),
        (
            json!({"timeout": "31s"}),
            "authorizers[0].timeout: Invalid value: \"31s\": must be > 0s and <= 30s",
        ),
        (
            json!({"authorizedTTL": "-60s"}),
            "authorizers[0].authorizedTTL: Invalid value: \"-60s\": must be > 0s",
        ),
        (
            json!({"unauthorizedTTL": "-30s"}),
            "authorizers[0].unauthorizedTTL: Invalid value: \"-30s\": must be > 0s",
        ),
        (
            json!({"subjectAccessReviewVersion": null}),
            "authorizers[0].subjectAccessReviewVersion: Required value",
        ),
        (
            json!({"subjectAccessReviewVersion": "v2beta1"}),
            "authorizers[0].subjectAccessReviewVersion: Unsupported value: \"v2beta1\": supported values: \"v1\", \
             \"v1beta1\"",
        ),
        (
            json!({"matchConditionSubjectAccessReviewVersion": "v1beta1"}),
            "authorizers[0].matchConditionSubjectAccessReviewVersion: Unsupported value: \"v1beta1\": supported values: \
             \"v1\"",
        ),
        (
            json!({"matchConditionSubjectAccessReviewVersion": null, "matchConditions": [{"expression": "true"}]}),
            "authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are \
             specified",
        ),
        (
            json!({"failurePolicy": null}),
            "authorizers[0].failurePolicy: Required value",
        ),
        (
            json!({"failurePolicy": "AlwaysAllow"}),
            "authorizers[0].failurePolicy: Unsupported value: \"AlwaysAllow\": supported values: \"NoOpinion\", \"Deny\"",
        ),
        (
            json!({"connectionInfo": {}}),
            "authorizers[0].connectionInfo.type: Required value",
        ),
        (
            json!({"connectionInfo": {"type": "ExternalClusterConfig"}}),
            "authorizers[0].connectionInfo.type: Unsupported value: \"ExternalClusterConfig\": supported values: \
             \"InClusterConfig\", \"KubeConfigFile\"",
        ),
        (
            json!({"connectionInfo": {"type": "InClusterConfig"}}),
            "authorizers[0].connectionInfo.type: Invalid value: \"InClusterConfig\": is not here: this server runs in no \
             Pod; use KubeConfigFile",
        ),
        (
            json!({"connectionInfo": {"type": "KubeConfigFile"}}),
            "authorizers[0].connectionInfo.kubeConfigFile: Required value",
        ),
        (
            json!({"connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "foo"}}),
            "authorizers[0].connectionInfo.kubeConfigFile: Invalid value: \"foo\": must be an absolute path",
        ),
        (
            json!({"connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "/nowhere"}}),
            "authorizers[0].connectionInfo.kubeConfigFile: Invalid value: \"/nowhere\": error loading file: stat \
             /nowhere: no such file or directory",
        ),
        (
            json!({"connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "/proc"}}),
            "authorizers[0].connectionInfo.kubeConfigFile: Invalid value: \"/proc\": must be a regular file",
        ),
    ] {
        refused(&changes, expected);
    }
}

#[test]
fn conditions_are_few_once_each_and_bools() {
    let with = |expressions: &[&str]| {
        let conditions = expressions.iter().map(|one| json!({"expression": one}));
        json!({"matchConditions": conditions.collect::<Vec<_>>()})
    };
    refused(
        &with(&["request.user == 'admin'", "'devs' in request.groups"]),
        "",
    );
    refused(
        &with(&[" "]),
        "authorizers[0].matchConditions[0].expression: Required value",
    );
    refused(
        &with(&["true", "true"]),
        "authorizers[0].matchConditions[1].expression: Duplicate value: \"true\"",
    );
    refused(
        &with(&["request.user"]),
        "authorizers[0].matchConditions[0].expression: Invalid value: \"request.user\": must evaluate to bool but got \
         string",
    );
    let many: Vec<String> = (0..65).map(|at| format!("request.user == 'u{at}'")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refused(
        &with(&many),
        "authorizers[0].matchConditions: Too many: 65: must have at most 64 items",
    );
}

#[test]
fn flags_stand_for_a_list() {
    let modes = |modes: &[&str]| modes.iter().map(|&mode| mode.to_owned()).collect::<Vec<_>>();
    let said = |modes: &[String], file: Option<&str>, version: &str| {
        let told = flags(&Flags {
            modes,
            webhook_config_file: file.map(Into::into),
            webhook_version: version,
            authorized_ttl: Duration::ZERO,
            unauthorized_ttl: Duration::ZERO,
        });
        told.map(|checked| checked.authorizers.len())
            .map_err(|problems| problems.to_string())
    };
    assert_eq!(said(&modes(&["RBAC"]), None, "v9"), Ok(1));
    assert_eq!(said(&modes(&["Webhook", "RBAC"]), Some("f"), "v1"), Ok(2));
    let none = "at least one authorization-mode must be passed";
    assert_eq!(said(&[], None, "v1"), Err(none.to_owned()));
    let version = "unsupported webhook authorizer version \"v9\", supported versions are \"v1\", \"v1beta1\"";
    assert_eq!(
        said(&modes(&["Webhook"]), Some("f"), "v9"),
        Err(version.to_owned())
    );
}

#[test]
fn a_file_takes_effect_as_a_whole_or_not_at_all() {
    let authorizer = Authorizer::new();
    let private: PrivateReader = |_| Err("it is private".to_owned());
    let makers = Makers {
        private,
        cedar: &|_| Err("no policies".to_owned()),
    };
    let before = authorizer.changes();
    for (entries, why) in [
        (json!([entry(&json!({}))]), "webhook default: "),
        (
            json!([{"type": "RBAC", "name": "rbac"}, {"type": "Cedar", "name": "c", "cedar": {"policies": "/x"}}]),
            "no policies",
        ),
    ] {
        let document = json!({
            "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration", "authorizers": entries,
        });
        let bytes = document.to_string();
        let now = std::time::UNIX_EPOCH + Duration::from_secs(7);
        let error = Configuration::take_anew(bytes.as_bytes(), &authorizer, &makers, now).unwrap_err();
        assert!(error.starts_with(why), "{error}");
    }
    assert_eq!(authorizer.changes(), before);
    assert_eq!(authorizer.reloads(), [("success", 0, 0), ("failure", 2, 7)]);
}
