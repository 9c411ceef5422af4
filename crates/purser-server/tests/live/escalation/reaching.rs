//! Requests that are to be taken for others than they are, by who holds little.

use serde_json::{Value, json};

use super::attempt::{RBAC, Step, Try, VICTIM, binding, core, inside, named, of_paths, of_rbac, role};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const EVALUATION: &str = "pkg/apis/rbac/v1/evaluation_helpers.go";
const DOCS: &str = "kubernetes.io/docs/reference/access-authn-authz/rbac, referring to resources";
const PRACTICES: &str = "kubernetes.io/docs/concepts/security/rbac-good-practices";
const REQUEST: &str = "k8s.io/apiserver/pkg/endpoints/request/requestinfo.go";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const NO_GET: &str =
    "User \"USER\" cannot get resource \"secrets\" in API group \"\" in the namespace \"default\"";
const NO_LIST: &str =
    "User \"USER\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"";

pub(super) fn tries() -> Vec<Try> {
    let mut tries = words_of_rules();
    tries.extend(names());
    tries.extend(paths());
    tries.extend(other_people());
    tries.extend(other_accounts());
    tries
}

fn reads(what: &'static str, source: &'static str, holds: &Value) -> Try {
    Try {
        what,
        source,
        holds: json!([holds]),
        there: Vec::new(),
        steps: vec![
            Step::get(VICTIM, 403, NO_GET),
            Step::get(SECRETS, 403, NO_LIST),
            Step::get(VICTIM, 403, NO_GET).header("accept", TABLE),
        ],
    }
}

/// Rules that look as if they gave Secrets.
fn words_of_rules() -> Vec<Try> {
    let every = &["get", "list", "watch"];
    vec![
        reads(
            "every subresource of Secrets",
            EVALUATION,
            &core(every, &["secrets/*"]),
        ),
        reads(
            "every subresource of everything",
            EVALUATION,
            &core(every, &["*/*"]),
        ),
        reads(
            "a part of a name",
            EVALUATION,
            &core(every, &["secret", "secrets*", "*s", "sec*"]),
        ),
        reads(
            "capitals in verbs",
            EVALUATION,
            &core(&["GET", "Get", "LIST", "List"], &["secrets"]),
        ),
        reads(
            "capitals in resources",
            EVALUATION,
            &core(every, &["Secrets", "SECRETS", "Secret"]),
        ),
        reads(
            "spaces in words",
            EVALUATION,
            &core(&["get ", " list", "get,list"], &["secrets"]),
        ),
        reads(
            "the version in the resource",
            EVALUATION,
            &core(every, &["v1/secrets", "secrets.v1"]),
        ),
        reads(
            "the group in other words",
            EVALUATION,
            &json!({"apiGroups": ["v1", "core", "api", " "], "resources": ["*"], "verbs": ["*"]}),
        ),
        reads(
            "paths for objects",
            EVALUATION,
            &of_paths(&["/api/v1/*", "/api/*", "/apis/*", VICTIM]),
        ),
        reads(
            "a name with a slash",
            EVALUATION,
            &named(core(every, &["secrets"]), &["default/victim", "*", "victi*"]),
        ),
    ]
}

/// One name is given, another is asked for.
fn names() -> Vec<Try> {
    let own = || {
        json!([named(
            core(
                &["get", "list", "watch", "create", "deletecollection"],
                &["secrets"]
            ),
            &["own"]
        )])
    };
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own"}});
    let narrowed = |selector: &str| format!("{SECRETS}?fieldSelector={selector}");
    let own_list = "\"kind\":\"SecretList\"";
    vec![
        Try {
            what: "names with what names nothing",
            source: DOCS,
            holds: own(),
            there: Vec::new(),
            steps: vec![
                Step::post(
                    SECRETS,
                    &secret,
                    403,
                    "User \"USER\" cannot create resource \"secrets\"",
                ),
                Step::new(
                    "DELETE",
                    SECRETS,
                    403,
                    "User \"USER\" cannot deletecollection resource \"secrets\"",
                ),
                // The name in a selector is none to a deletecollection.
                Step::new(
                    "DELETE",
                    narrowed("metadata.name%3Down"),
                    403,
                    "cannot deletecollection",
                ),
                Step::get(SECRETS, 403, NO_LIST),
            ],
        },
        Try {
            what: "selectors that name one and mean another",
            source: REQUEST,
            holds: own(),
            there: Vec::new(),
            steps: vec![
                Step::get(narrowed("metadata.name%3Dvictim"), 403, NO_LIST),
                Step::get(narrowed("metadata.name!%3Down"), 403, NO_LIST),
                Step::get(
                    narrowed("metadata.name%3Down&fieldSelector=metadata.name%3Dvictim"),
                    200,
                    own_list,
                ),
                Step::get(
                    narrowed("metadata.name%3Down,metadata.name%3Dvictim"),
                    200,
                    own_list,
                ),
                Step::get(narrowed("&fieldSelector=metadata.name%3Down"), 403, NO_LIST),
                Step::get(narrowed("type%3DOpaque"), 403, NO_LIST),
                Step::get(
                    "/api/v1/secrets?fieldSelector=metadata.name%3Dvictim",
                    403,
                    "at the cluster scope",
                ),
                Step::get(
                    "/api/v1/watch/namespaces/default/secrets/victim?timeoutSeconds=1",
                    403,
                    "User \"USER\" cannot watch resource \"secrets\"",
                ),
            ],
        },
    ]
}

/// Paths that lead elsewhere than they seem to.
fn paths() -> Vec<Try> {
    let config = || json!([core(&["get", "list"], &["configmaps"])]);
    let refused = |path: &str, code: u16| Step::get(path, code, "");
    let everywhere = role("Role", "over-USER", &json!([of_rbac(&["*"], &["*"])]));
    let bound = binding("RoleBinding", "over-USER", ("Role", "over-USER"), "USER");
    let scopes = |path: &str| format!("{RBAC}/namespaces/default/{path}");
    let grown = role("ClusterRole", "system:discovery", &json!([core(&["*"], &["*"])]));
    vec![
        Try {
            what: "from a path that is given to one that is not",
            source: "RFC 3986 5.2.4, and go-restful's matching of escaped paths",
            holds: config(),
            there: Vec::new(),
            steps: vec![
                refused("/api/v1/namespaces/default/configmaps/../secrets/victim", 403),
                refused("/api/v1/namespaces/default/configmaps/..%2Fsecrets%2Fvictim", 403),
                refused("/api/v1/namespaces/default/configmaps%2F..%2Fsecrets/victim", 403),
                refused("/api/v1/namespaces/default/%73ecrets/victim", 403),
                refused("/api/v1/namespaces/default//secrets/victim", 403),
                refused("/api/v1/namespaces/default/secrets/victim/", 403),
                refused("/api/v1/namespaces/default/Secrets/victim", 403),
                refused(
                    "/api/v1/namespaces/default/configmaps/x?resource=secrets&name=victim",
                    404,
                ),
                refused("//api/v1/namespaces/default/secrets/victim", 403),
                refused("/version/../api/v1/namespaces/default/secrets/victim", 403),
                refused("/livez/../metrics", 403),
                refused("/livez%2F..%2Fmetrics", 403),
            ],
        },
        Try {
            what: "another method by a header or a query",
            source: "X-HTTP-Method-Override, which some servers honour",
            holds: json!([core(&["create"], &["secrets"])]),
            there: Vec::new(),
            steps: vec![
                Step::new("GET", VICTIM, 403, NO_GET).header("x-http-method-override", "POST"),
                Step::get(format!("{VICTIM}?verb=create&method=POST"), 403, NO_GET),
                Step::new("POST", VICTIM, 405, "the server does not allow this method")
                    .header("x-http-method-override", "GET"),
                Step::new("OPTIONS", VICTIM, 403, "is forbidden"),
                Step::new("HEAD", VICTIM, 403, ""),
            ],
        },
        Try {
            what: "what is of the cluster through a namespace where one may all",
            source: "CVE-2019-11247",
            holds: json!([]),
            there: vec![(inside("roles"), everywhere), (inside("rolebindings"), bound)],
            steps: vec![
                Step::get(
                    scopes("clusterroles/cluster-admin"),
                    404,
                    "could not find the requested resource",
                ),
                Step::put(
                    scopes("clusterroles/system:discovery"),
                    &grown,
                    404,
                    "could not find the requested resource",
                ),
                Step::post(
                    scopes("clusterroles"),
                    &grown,
                    404,
                    "could not find the requested resource",
                ),
                Step::get(
                    format!("{RBAC}/clusterroles/cluster-admin"),
                    403,
                    "at the cluster scope",
                ),
                Step::put(
                    format!("{RBAC}/clusterroles/system:discovery"),
                    &grown,
                    403,
                    "at the cluster scope",
                ),
            ],
        },
        Try {
            what: "paths that are no objects, given in a namespace",
            source: "pkg/apis/rbac/validation/validation.go",
            holds: json!([]),
            there: vec![(
                inside("rolebindings"),
                binding(
                    "RoleBinding",
                    "monitor-USER",
                    ("ClusterRole", "system:monitoring"),
                    "USER",
                ),
            )],
            steps: vec![Step::get(
                "/metrics",
                403,
                "forbidden: User \"USER\" cannot get path \"/metrics\"",
            )],
        },
    ]
}

/// Somebody else's rights.
fn other_people() -> Vec<Try> {
    let subjects =
        ["devs ", " devs", "dev", "devs,ops", "Devs", "*"].map(|name| json!({"kind": "Group", "name": name}));
    let as_master = |step: Step, user: &str| {
        step.header("impersonate-user", user)
            .header("impersonate-group", "system:masters")
    };
    let master = |what, holds: Value| Try {
        what,
        source: PRACTICES,
        holds: json!([holds]),
        there: Vec::new(),
        steps: vec![
            as_master(Step::get(VICTIM, 403, "User \"USER\" cannot impersonate"), "USER"),
            as_master(Step::get(VICTIM, 403, "User \"USER\" cannot impersonate"), "bob"),
            as_master(
                Step::get(VICTIM, 403, "User \"USER\" cannot impersonate"),
                "system:serviceaccount:kube-system:default",
            ),
        ],
    };
    vec![
        master(
            "system:masters without any right to impersonate",
            core(&["get"], &["configmaps"]),
        ),
        master(
            "system:masters by the right to users",
            core(&["impersonate"], &["users", "serviceaccounts"]),
        ),
        master(
            "system:masters by the right to another group",
            json!({"apiGroups": [""], "resources": ["users", "groups"], "verbs": ["impersonate"], "resourceNames": ["bob", "devs"]}),
        ),
        master(
            "system:masters by a right that is for no masters",
            json!({"apiGroups": ["authentication.k8s.io"], "resources": ["users", "groups"], "verbs": ["impersonate:user-info"]}),
        ),
        Try {
            what: "a group by its name with spaces, commas and capitals",
            source: "groups are compared whole: pkg/apis/rbac/v1/evaluation_helpers.go",
            holds: json!([
                core(&["impersonate"], &["users"]),
                named(
                    core(&["impersonate"], &["groups"]),
                    &[
                        "system:masters ",
                        " system:masters",
                        "SYSTEM:MASTERS",
                        "devs,system:masters",
                        "devs system:masters"
                    ]
                )
            ]),
            there: Vec::new(),
            steps: ["SYSTEM:MASTERS", "devs,system:masters", "devs system:masters"]
                .map(|group| {
                    Step::get(VICTIM, 403, "User \"bob\" cannot get resource \"secrets\"")
                        .header("impersonate-user", "bob")
                        .header("impersonate-group", group)
                })
                .into(),
        },
        Try {
            what: "a role for a group whose name one's own group begins",
            source: "groups are compared whole: pkg/apis/rbac/v1/evaluation_helpers.go",
            holds: json!([]),
            there: vec![(
                inside("rolebindings"),
                json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "spaced-USER"},
                    "roleRef": {"kind": "ClusterRole", "name": "purser:secret-reader"},
                    "subjects": subjects}),
            )],
            steps: vec![Step::get(VICTIM, 403, NO_GET)],
        },
    ]
}

/// The tokens of accounts that may more.
fn other_accounts() -> Vec<Try> {
    let account = |name: &str| {
        (
            ACCOUNTS.to_owned(),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}),
        )
    };
    let strong = (
        inside("rolebindings"),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "strong-USER"},
            "roleRef": {"kind": "ClusterRole", "name": "purser:secret-reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "strong-USER", "namespace": "default"}]}),
    );
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let token = |account: &str, code, says| {
        Step::post(format!("{ACCOUNTS}/{account}-USER/token"), &request, code, says)
    };
    const REFUSED: &str = "User \"USER\" cannot create resource \"serviceaccounts/token\"";
    vec![
        Try {
            what: "the token of a stronger ServiceAccount by the right to another's",
            source: PRACTICES,
            holds: json!([named(
                core(&["create"], &["serviceaccounts/token"]),
                &["weak-USER"]
            )]),
            there: vec![account("strong-USER"), account("weak-USER"), strong.clone()],
            steps: vec![token("strong", 403, REFUSED)],
        },
        Try {
            what: "the token of a stronger ServiceAccount by all rights to accounts but that one",
            source: PRACTICES,
            holds: json!([
                core(&["*"], &["serviceaccounts"]),
                core(&["get", "update", "patch"], &["serviceaccounts/token"])
            ]),
            there: vec![account("strong-USER"), strong],
            steps: vec![token("strong", 403, REFUSED)],
        },
    ]
}
