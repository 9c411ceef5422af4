//! Roles with more than one has.

use serde_json::{Value, json};

use super::attempt::{Step, Try, cluster, core, inside, manages, named, of_paths, of_rbac, role};

/// Source: `ConfirmNoEscalation` (`pkg/registry/rbac/validation/rule.go`).
pub(super) const NOT_HELD: &str = "user \"USER\" (groups=[\"devs\" \"system:authenticated\"]) is attempting to grant RBAC \
                        permissions not currently held:\n";
const COVERS: &str = "k8s.io/component-helpers/auth/rbac/validation/policy_comparator_test.go";
pub(super) const DOCS: &str =
    "kubernetes.io/docs/reference/access-authn-authz/rbac, privilege escalation prevention";
const PRACTICES: &str = "kubernetes.io/docs/concepts/security/rbac-good-practices";
const STORAGE: &str = "pkg/registry/rbac/clusterrole/policybased/storage.go";
pub(super) const CHECK: &str = "pkg/registry/rbac/escalation_check.go";

pub(super) fn tries() -> Vec<Try> {
    let mut tries = wider_rules();
    tries.extend(changed_roles());
    tries.extend(aggregation());
    tries
}

/// One who manages roles, holds `holds` and writes a ClusterRole of `wanted`.
fn wider(what: &'static str, source: &'static str, holds: &Value, wanted: &Value, says: &'static str) -> Try {
    let role = role("ClusterRole", "wide-USER", &json!([wanted]));
    Try {
        what,
        source,
        holds: json!([manages(), holds]),
        there: Vec::new(),
        steps: vec![Step::post(cluster("clusterroles"), &role, 403, says)],
    }
}

fn wider_rules() -> Vec<Try> {
    let reads = &core(&["get"], &["configmaps"]);
    let own = &named(core(&["get", "list"], &["secrets"]), &["own"]);
    vec![
        wider(
            "another resource",
            DOCS,
            reads,
            &core(&["get"], &["secrets"]),
            NOT_HELD,
        ),
        wider(
            "every verb",
            COVERS,
            reads,
            &core(&["*"], &["configmaps"]),
            "Verbs:[\"*\"]}",
        ),
        wider(
            "every resource",
            COVERS,
            reads,
            &core(&["get"], &["*"]),
            "Resources:[\"*\"]",
        ),
        wider(
            "every group",
            COVERS,
            reads,
            &json!({"apiGroups": ["*"], "resources": ["configmaps"], "verbs": ["get"]}),
            "{APIGroups:[\"*\"], Resources:[\"configmaps\"], Verbs:[\"get\"]}",
        ),
        wider(
            "its subresource",
            COVERS,
            reads,
            &core(&["get"], &["configmaps/status"]),
            NOT_HELD,
        ),
        wider(
            "a subresource of every resource",
            COVERS,
            &core(&["create"], &["serviceaccounts/token"]),
            &core(&["create"], &["*/token"]),
            "Resources:[\"*/token\"]",
        ),
        wider(
            "the object by the right to a subresource of any",
            COVERS,
            &core(&["get"], &["*/status"]),
            &core(&["get"], &["secrets"]),
            NOT_HELD,
        ),
        wider(
            "the verb in capitals",
            COVERS,
            reads,
            &core(&["GET"], &["configmaps"]),
            "Verbs:[\"GET\"]",
        ),
        wider(
            "without the names",
            COVERS,
            own,
            &core(&["get"], &["secrets"]),
            NOT_HELD,
        ),
        wider(
            "one name more",
            COVERS,
            own,
            &named(core(&["get"], &["secrets"]), &["own", "victim"]),
            "ResourceNames:[\"victim\"]",
        ),
        wider(
            "the name that a list has",
            "k8s.io/apiserver/pkg/endpoints/request/requestinfo.go: a list has the empty name",
            own,
            &named(core(&["list"], &["secrets"]), &["own", ""]),
            "ResourceNames:[\"\"]",
        ),
        wider(
            "every path",
            COVERS,
            &of_paths(&["/healthz"]),
            &of_paths(&["*"]),
            "NonResourceURLs:[\"*\"]",
        ),
        wider(
            "a longer beginning of paths",
            COVERS,
            &of_paths(&["/metrics/*"]),
            &of_paths(&["/metrics*"]),
            "NonResourceURLs:[\"/metrics*\"]",
        ),
        wider(
            "impersonation without the name",
            PRACTICES,
            &named(core(&["impersonate"], &["users"]), &["bob"]),
            &core(&["impersonate"], &["users", "groups"]),
            "Verbs:[\"impersonate\"]",
        ),
        wider(
            "the right to give more",
            PRACTICES,
            reads,
            &of_rbac(&["escalate", "bind"], &["clusterroles"]),
            NOT_HELD,
        ),
    ]
}

/// Rules that nobody who tries holds.
pub(super) fn larger() -> Value {
    json!([core(&["get"], &["secrets"])])
}

/// Every way to write a role that is there, by who may write roles and reads ConfigMaps.
fn changed_roles() -> Vec<Try> {
    let own = cluster("clusterroles/own-USER");
    let whole = role("ClusterRole", "own-USER", &larger());
    let rules = json!({"rules": larger()});
    let operation = json!([{"op": "add", "path": "/rules/-", "value": core(&["get"], &["secrets"])}]);
    let move_in = json!([{"op": "replace", "path": "/rules/0/resources/0", "value": "secrets"}]);
    let applied = |name: &str| {
        format!(
            "{}?fieldManager=clusterrole-aggregation-controller&force=true",
            cluster(name)
        )
    };
    let made = role(
        "ClusterRole",
        "own-USER",
        &json!([core(&["get"], &["configmaps"])]),
    );
    let duplicate = format!(
        r#"{{"kind":"ClusterRole","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{{"name":"twice-USER"}},
            "rules":[],"rules":{}}}"#,
        larger()
    );
    let generated = json!({"kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": {"generateName": "any-"}, "rules": larger()});
    let steps = vec![
        Step::put(own.as_str(), &whole, 403, NOT_HELD),
        Step::merge(own.as_str(), &rules, 403, NOT_HELD),
        Step::new("PATCH", own.as_str(), 403, NOT_HELD)
            .with("application/strategic-merge-patch+json", &rules),
        Step::new("PATCH", own.as_str(), 403, NOT_HELD).with("application/json-patch+json", &operation),
        Step::new("PATCH", own.as_str(), 403, NOT_HELD).with("application/json-patch+json", &move_in),
        Step::new("PATCH", applied("clusterroles/own-USER"), 403, NOT_HELD)
            .with("application/apply-patch+yaml", &whole),
        Step::new("PATCH", applied("clusterroles/new-USER"), 403, NOT_HELD).with(
            "application/apply-patch+yaml",
            &role("ClusterRole", "new-USER", &larger()),
        ),
        Step::put(format!("{own}?dryRun=All"), &whole, 403, NOT_HELD),
        Step::merge(format!("{own}?dryRun=All"), &rules, 403, NOT_HELD),
        Step::post(
            format!("{}?dryRun=All", cluster("clusterroles")),
            &generated,
            403,
            NOT_HELD,
        ),
        Step::post(cluster("clusterroles"), &generated, 403, NOT_HELD),
        Step::new("POST", cluster("clusterroles"), 403, NOT_HELD).text("application/json", &duplicate),
        Step::new("POST", cluster("clusterroles"), 403, NOT_HELD)
            .text("application/yaml", &whole.to_string()),
        Step::put(
            format!("{own}/status"),
            &whole,
            403,
            "cannot update resource \"clusterroles/status\"",
        ),
        Step::post(inside("roles"), &whole, 400, "cannot be handled as a Role"),
        // What is there gives no more than before, whoever takes which part of it.
        Step::merge(
            own.as_str(),
            &json!({"metadata": {"labels": {"a": "b"}}}),
            200,
            "\"a\":\"b\"",
        ),
    ];
    let others = cluster("clusterroles/strong-USER");
    let strong = role("ClusterRole", "strong-USER", &larger());
    let label = json!({"metadata": {"labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}});
    vec![
        Try {
            what: "writing a role otherwise than by creating it",
            source: STORAGE,
            holds: json!([manages(), core(&["get"], &["configmaps"])]),
            there: vec![(cluster("clusterroles"), made)],
            steps,
        },
        Try {
            what: "touching a role with more than one has",
            source: STORAGE,
            holds: json!([manages()]),
            there: vec![(cluster("clusterroles"), strong)],
            steps: vec![
                Step::merge(others.as_str(), &label, 403, NOT_HELD),
                Step::merge(
                    others.as_str(),
                    &json!({"metadata": {"annotations": {"a": "b"}}}),
                    403,
                    NOT_HELD,
                ),
                Step::merge(
                    others.as_str(),
                    &json!({"metadata": {"finalizers": ["a.example/b"]}}),
                    200,
                    "a.example/b",
                ),
                Step::merge(
                    others.as_str(),
                    &json!({"metadata": {"finalizers": null}}),
                    200,
                    "strong-USER",
                ),
            ],
        },
        Try {
            what: "making a role by an update without the right to create",
            source: "k8s.io/apiserver/pkg/endpoints/handlers/update.go",
            holds: json!([of_rbac(&["update", "escalate"], &["clusterroles"])]),
            there: Vec::new(),
            steps: vec![Step::put(
                cluster("clusterroles/fresh-USER"),
                &role("ClusterRole", "fresh-USER", &larger()),
                403,
                "cannot create resource \"clusterroles\"",
            )],
        },
        Try {
            what: "`escalate` on Roles for a ClusterRole",
            source: CHECK,
            holds: json!([manages(), of_rbac(&["escalate"], &["roles"])]),
            there: Vec::new(),
            steps: vec![Step::post(
                cluster("clusterroles"),
                &role("ClusterRole", "more-USER", &larger()),
                403,
                NOT_HELD,
            )],
        },
        Try {
            what: "`escalate` by name for a create, which has none",
            source: CHECK,
            holds: json!([
                manages(),
                named(of_rbac(&["escalate"], &["clusterroles"]), &["mine"])
            ]),
            there: Vec::new(),
            steps: vec![Step::post(
                cluster("clusterroles"),
                &role("ClusterRole", "mine", &larger()),
                403,
                NOT_HELD,
            )],
        },
    ]
}

/// Roles that take their rules from others.
fn aggregation() -> Vec<Try> {
    const REFUSED: &str = "must have cluster-admin privileges to use the aggregationRule";
    let selects = json!({"clusterRoleSelectors": [{"matchLabels": {"nobody": "has-it"}}]});
    let sum = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "sum-USER"}, "aggregationRule": selects});
    let plain = role("ClusterRole", "plain-USER", &json!([]));
    let mut labelled = role("ClusterRole", "part-USER", &larger());
    labelled["metadata"]["labels"] = json!({"rbac.authorization.k8s.io/aggregate-to-edit": "true"});
    let plain_path = cluster("clusterroles/plain-USER");
    vec![
        Try {
            what: "an aggregationRule that selects the roles of others",
            source: STORAGE,
            holds: json!([manages()]),
            there: vec![(cluster("clusterroles"), plain)],
            steps: vec![
                Step::post(cluster("clusterroles"), &sum, 403, REFUSED),
                Step::merge(
                    plain_path.as_str(),
                    &json!({"aggregationRule": selects}),
                    403,
                    REFUSED,
                ),
                Step::new(
                    "PATCH",
                    format!("{}?fieldManager=x&force=true", cluster("clusterroles/sum-USER")),
                    403,
                    REFUSED,
                )
                .with("application/apply-patch+yaml", &sum),
                Step::merge(
                    cluster("clusterroles/view"),
                    &json!({"aggregationRule": {"clusterRoleSelectors": [{}]}}),
                    403,
                    "is forbidden",
                ),
            ],
        },
        Try {
            what: "taking the aggregationRule away, so that nothing tightens the role any more",
            source: STORAGE,
            holds: json!([manages()]),
            there: vec![(cluster("clusterroles"), sum)],
            steps: vec![
                Step::merge(
                    cluster("clusterroles/sum-USER"),
                    &json!({"aggregationRule": null}),
                    403,
                    REFUSED,
                ),
                Step::put(
                    cluster("clusterroles/sum-USER"),
                    &role("ClusterRole", "sum-USER", &json!([])),
                    403,
                    REFUSED,
                ),
            ],
        },
        Try {
            what: "a role that the role of many others selects",
            source: DOCS,
            holds: json!([manages()]),
            there: Vec::new(),
            steps: vec![Step::post(cluster("clusterroles"), &labelled, 403, NOT_HELD)],
        },
    ]
}
