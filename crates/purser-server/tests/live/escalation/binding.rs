//! Bindings of roles with more than one has.

use serde_json::{Value, json};

use super::attempt::{
    RBAC, Step, Try, binding, cluster, core, inside, manages, named, of_paths, of_rbac, role,
};
use super::giving::{CHECK, DOCS, NOT_HELD, larger};

const BINDINGS: &str = "pkg/registry/rbac/rolebinding/policybased/storage.go";
const ADMIN: (&str, &str) = ("ClusterRole", "cluster-admin");
const EVERYTHING: &str = "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}";

pub(super) fn tries() -> Vec<Try> {
    let mut tries = bindings();
    tries.extend(changed_bindings());
    tries
}

fn bindings() -> Vec<Try> {
    let everywhere = |role| binding("ClusterRoleBinding", "grab-USER", role, "USER");
    let within = |role| binding("RoleBinding", "grab-USER", role, "USER");
    let grabs = |what, source, more: Value| Try {
        what,
        source,
        holds: json!([manages(), more]),
        there: Vec::new(),
        steps: vec![
            Step::post(
                cluster("clusterrolebindings"),
                &everywhere(ADMIN),
                403,
                EVERYTHING,
            ),
            Step::post(inside("rolebindings"), &within(ADMIN), 403, EVERYTHING),
            Step::post(
                inside("rolebindings"),
                &within(("ClusterRole", "purser:secret-reader")),
                403,
                NOT_HELD,
            ),
        ],
    };
    let mut machines = within(ADMIN);
    machines["subjects"] = json!([{"kind": "Group", "name": "system:serviceaccounts"},
        {"kind": "Group", "name": "system:serviceaccounts:default"}, {"kind": "Group", "name": "system:authenticated"}]);
    let mut nowhere = everywhere(("ClusterRole", "system:discovery"));
    nowhere["subjects"] = json!([{"kind": "ServiceAccount", "name": "default"}]);
    let later = role("Role", "later-USER", &larger());
    vec![
        grabs("binding cluster-admin", DOCS, core(&["get"], &["configmaps"])),
        grabs(
            "`bind` on Roles for a ClusterRole",
            CHECK,
            of_rbac(&["bind"], &["roles"]),
        ),
        grabs(
            "`bind` on bindings instead of roles",
            CHECK,
            of_rbac(&["bind"], &["rolebindings", "clusterrolebindings"]),
        ),
        grabs(
            "`bind` of another role",
            DOCS,
            named(of_rbac(&["bind"], &["clusterroles"]), &["purser:secret-names"]),
        ),
        grabs(
            "`escalate` for a binding",
            CHECK,
            of_rbac(&["escalate"], &["clusterroles", "roles"]),
        ),
        grabs(
            "`bind` in another group",
            CHECK,
            json!({"apiGroups": ["", "rbac"], "resources": ["clusterroles"], "verbs": ["bind"]}),
        ),
        Try {
            what: "binding groups that everybody and every ServiceAccount is in",
            source: "kubernetes.io/docs/reference/access-authn-authz/rbac, ServiceAccount permissions",
            holds: json!([manages()]),
            there: Vec::new(),
            steps: vec![
                Step::post(inside("rolebindings"), &machines, 403, EVERYTHING),
                Step::post(
                    cluster("clusterrolebindings"),
                    &nowhere,
                    422,
                    "subjects[0].namespace: Required value",
                ),
            ],
        },
        Try {
            what: "binding a role that is not there, and making it then",
            source: BINDINGS,
            holds: json!([manages(), named(of_rbac(&["bind"], &["roles"]), &["later-USER"])]),
            there: Vec::new(),
            steps: vec![
                Step::post(
                    inside("rolebindings"),
                    &within(("Role", "never-USER")),
                    404,
                    "roles.rbac.authorization.k8s.io \"never-USER\" not found",
                ),
                Step::post(inside("roles"), &later, 403, NOT_HELD),
            ],
        },
        Try {
            what: "a binding of the cluster to a Role of a namespace",
            source: "pkg/apis/rbac/validation/validation.go",
            holds: json!([manages()]),
            there: vec![(inside("roles"), role("Role", "within-USER", &larger()))],
            steps: vec![
                Step::post(
                    inside("rolebindings"),
                    &within(("Role", "within-USER")),
                    403,
                    NOT_HELD,
                ),
                Step::post(
                    cluster("clusterrolebindings"),
                    &everywhere(("Role", "within-USER")),
                    404,
                    "not found",
                ),
            ],
        },
    ]
}

fn changed_bindings() -> Vec<Try> {
    let weak = ("ClusterRole", "system:public-info-viewer");
    let own = binding("ClusterRoleBinding", "own-USER", weak, "USER");
    let strong = binding("ClusterRoleBinding", "strong-USER", ADMIN, "the-admin");
    let path = |name: &str| format!("{RBAC}/clusterrolebindings/{name}-USER");
    let stronger = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}});
    let joined =
        json!({"subjects": [{"kind": "User", "name": "USER", "apiGroup": "rbac.authorization.k8s.io"}]});
    let own_grown = binding("ClusterRoleBinding", "own-USER", ADMIN, "USER");
    let apply = |path: String, body: &Value| {
        Step::new(
            "PATCH",
            format!("{path}?fieldManager=x&force=true"),
            403,
            EVERYTHING,
        )
        .with("application/apply-patch+yaml", body)
    };
    vec![
        Try {
            what: "another role for a binding of one's own, in place or made anew",
            source: BINDINGS,
            holds: json!([
                manages(),
                of_paths(&["/healthz", "/livez", "/readyz", "/version", "/version/"])
            ]),
            there: vec![(cluster("clusterrolebindings"), own)],
            steps: vec![
                Step::merge(path("own"), &stronger, 403, EVERYTHING),
                Step::put(path("own"), &own_grown, 403, EVERYTHING),
                apply(path("own"), &own_grown),
                Step::new("DELETE", path("own"), 200, "Success"),
                Step::post(cluster("clusterrolebindings"), &own_grown, 403, EVERYTHING),
                Step::put(path("own"), &own_grown, 403, EVERYTHING),
                apply(path("own"), &own_grown),
            ],
        },
        Try {
            what: "joining a binding of the mighty",
            source: BINDINGS,
            holds: json!([manages()]),
            there: vec![(cluster("clusterrolebindings"), strong)],
            steps: vec![
                Step::merge(path("strong"), &joined, 403, EVERYTHING),
                Step::put(
                    path("strong"),
                    &binding("ClusterRoleBinding", "strong-USER", ADMIN, "USER"),
                    403,
                    EVERYTHING,
                ),
                Step::merge(
                    format!("{RBAC}/clusterrolebindings/cluster-admin"),
                    &joined,
                    403,
                    EVERYTHING,
                ),
            ],
        },
    ]
}
