//! Who may do what from the start: every role × resource × verb, as a table that people read.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use purser_authz::rbac::{Binding, Place, Policy, RoleRef, Rule, Subject};
use purser_authz::{METADATA, NonResource, UnservedRequest, Verb};
use purser_registry::kinds::{KINDS, subresource_verbs};
use purser_types::User;
use serde_json::Value;

use crate::harness::{Client, Live};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const LABELLED: &str = "labelSelector=kubernetes.io%2Fbootstrapping%3Drbac-defaults";
/// Where `*` and namespaces are asked for.
const NAMESPACE: &str = "some-namespace";
const NAME: &str = "some-name";

const HEAD: &str = "\
The permission matrix: what each role that is there from the start allows, given in the whole cluster.

  yes    allowed
  named  allowed for the names that the role lists alone
  .      not allowed

A role without a row allows none of it. The roles are ROLES.

A row in brackets is a group: what its members may without being given anything.
Rewritten from the roles, the kinds and the paths that the server has by

  PURSER_REGENERATE_GOLDEN=1 cargo test -p purser-server --test live permissions

which fails all the same: read the difference, and run it again without the variable.
";

/// Rights that rules name and no path asks for.
const WITHOUT_PATH: &[(&str, &str, &str, &[&str])] = &[
    ("", "secrets", METADATA, &["get", "list", "watch"]),
    ("", "users", "", &["impersonate"]),
    ("", "groups", "", &["impersonate"]),
    ("", "serviceaccounts", "", &["impersonate"]),
    ("authentication.k8s.io", "uids", "", &["impersonate"]),
    ("authentication.k8s.io", "userextras", "scopes", &["impersonate"]),
    ("authentication.k8s.io", "users", "", &["impersonate:user-info"]),
    (
        "rbac.authorization.k8s.io",
        "clusterroles",
        "",
        &["bind", "escalate"],
    ),
    ("rbac.authorization.k8s.io", "roles", "", &["bind", "escalate"]),
    (
        "certificates.k8s.io",
        "signers",
        "",
        &["approve", "sign", "attest"],
    ),
];

/// The roles and bindings of the start, and who stands for each of them.
struct Matrix {
    policy: Policy,
    rows: Vec<Row>,
    /// The names that rules list.
    names: BTreeSet<String>,
}

struct Row {
    title: String,
    user: User,
}

struct Block {
    group: String,
    resource: String,
    subresource: String,
    namespaced: bool,
    verbs: Vec<&'static str>,
}

fn texts(of: &Value) -> Vec<String> {
    let all = of.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn rules(role: &Value) -> Vec<Rule> {
    let all = role["rules"].as_array().into_iter().flatten();
    all.map(|rule| Rule {
        verbs: texts(&rule["verbs"]),
        groups: texts(&rule["apiGroups"]),
        resources: texts(&rule["resources"]),
        names: texts(&rule["resourceNames"]),
        paths: texts(&rule["nonResourceURLs"]),
    })
    .collect()
}

async fn items(admin: &mut Client, plural: &str) -> Vec<Value> {
    let list = admin.get(&format!("{RBAC}/{plural}?{LABELLED}")).await.json();
    list["items"].as_array().cloned().unwrap_or_default()
}

impl Matrix {
    async fn read(admin: &mut Client) -> Self {
        let mut matrix = Self {
            policy: Policy::default(),
            rows: Vec::new(),
            names: BTreeSet::new(),
        };
        for role in items(admin, "clusterroles").await {
            let name = role["metadata"]["name"].as_str().unwrap();
            let rules = rules(&role);
            matrix
                .names
                .extend(rules.iter().flat_map(|rule| rule.names.clone()));
            matrix.policy.set_role(Place { namespace: "", name }, rules);
            let holder = format!("holder of {name}");
            let bound = Subject::User(holder.clone());
            matrix.bind(&holder, name, vec![bound]);
            let user = User {
                name: holder,
                ..User::default()
            };
            matrix.rows.push(Row {
                title: name.to_owned(),
                user,
            });
        }
        matrix.read_groups(admin).await;
        matrix
    }

    async fn read_groups(&mut self, admin: &mut Client) {
        let mut groups = BTreeSet::new();
        for binding in items(admin, "clusterrolebindings").await {
            let subjects = binding["subjects"].as_array().into_iter().flatten();
            let of = subjects.map(|subject| {
                assert_eq!(subject["kind"], "Group", "nobody in particular is bound");
                subject["name"].as_str().unwrap().to_owned()
            });
            let of: Vec<String> = of.collect();
            groups.extend(of.clone());
            let subjects = of.into_iter().map(Subject::Group).collect();
            let role = binding["roleRef"]["name"].as_str().unwrap();
            self.bind(binding["metadata"]["name"].as_str().unwrap(), role, subjects);
        }
        for group in groups {
            let user = User {
                groups: vec![group.clone()],
                ..User::default()
            };
            self.rows.push(Row {
                title: format!("[{group}]"),
                user,
            });
        }
    }

    fn bind(&mut self, binding: &str, role: &str, subjects: Vec<Subject>) {
        let place = Place {
            namespace: "",
            name: binding,
        };
        let role = RoleRef {
            cluster: true,
            name: role.to_owned(),
        };
        self.policy.set_binding(place, Binding { role, subjects });
    }

    fn cell(&self, row: &Row, block: &Block, verb: &str) -> &'static str {
        let named = !matches!(verb, "list" | "watch" | "create" | "deletecollection")
            || !block.subresource.is_empty();
        let asked = |name| UnservedRequest {
            verb,
            group: &block.group,
            resource: &block.resource,
            subresource: &block.subresource,
            namespace: if block.namespaced { NAMESPACE } else { "" },
            name,
            ..UnservedRequest::default()
        };
        let may = |name| self.policy.allows(&row.user, &asked(name)).is_some();
        if may(if named { NAME } else { "" }) {
            "yes"
        } else if self.names.iter().any(|name| may(name)) {
            "named"
        } else {
            "."
        }
    }

    fn write(&self, block: &Block, out: &mut String) {
        let slash = if block.subresource.is_empty() { "" } else { "/" };
        let dot = if block.group.is_empty() { "" } else { "." };
        let title = format!(
            "{}{dot}{}{slash}{}",
            block.resource, block.group, block.subresource
        );
        writeln!(out, "\n{title}").unwrap();
        let width = self.rows.iter().map(|row| row.title.len()).max().unwrap();
        let mut line = format!("  {:width$}", "");
        for verb in &block.verbs {
            write!(line, "  {verb:5}").unwrap();
        }
        writeln!(out, "{}", line.trim_end()).unwrap();
        for row in &self.rows {
            let cells: Vec<&str> = block
                .verbs
                .iter()
                .map(|verb| self.cell(row, block, verb))
                .collect();
            if cells.iter().all(|cell| *cell == ".") {
                continue;
            }
            let mut line = format!("  {:width$}", row.title);
            for (verb, cell) in block.verbs.iter().zip(cells) {
                let wide = verb.len().max(5);
                write!(line, "  {cell:wide$}").unwrap();
            }
            writeln!(out, "{}", line.trim_end()).unwrap();
        }
    }

    /// Every role, a line each few.
    fn roles(&self) -> String {
        let titles = self.rows.iter().map(|row| row.title.as_str());
        let roles: Vec<&str> = titles.filter(|title| !title.starts_with('[')).collect();
        let lines: Vec<String> = roles.chunks(4).map(|some| some.join(", ")).collect();
        lines.join(",\n")
    }

    fn write_path(&self, path: &str, everybody: bool, out: &mut String) {
        let asked = NonResource {
            verb: "get".to_owned(),
            path: path.to_owned(),
        };
        let may = |row: &&Row| self.policy.allows_path(&row.user, &asked).is_some();
        let who: Vec<&str> = self
            .rows
            .iter()
            .filter(may)
            .map(|row| row.title.as_str())
            .collect();
        let who = if everybody {
            "everybody".to_owned()
        } else {
            who.join(", ")
        };
        writeln!(out, "  {path:40} {who}").unwrap();
    }
}

/// Every resource and subresource that is served, then what no path asks for.
fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for kind in KINDS {
        let resource = kind.resource;
        let mut block = |subresource: &str, verbs: &[Verb]| {
            blocks.push(Block {
                group: resource.group.to_owned(),
                resource: resource.plural.to_owned(),
                subresource: subresource.to_owned(),
                namespaced: resource.namespaced,
                verbs: verbs.iter().map(|verb| verb.as_str()).collect(),
            });
        };
        block("", kind.verbs);
        for subresource in kind.subresources {
            block(subresource, subresource_verbs(subresource));
        }
    }
    blocks.extend(
        WITHOUT_PATH
            .iter()
            .map(|(group, resource, subresource, verbs)| Block {
                group: (*group).to_owned(),
                resource: (*resource).to_owned(),
                subresource: (*subresource).to_owned(),
                namespaced: matches!(*resource, "secrets" | "serviceaccounts" | "roles"),
                verbs: verbs.to_vec(),
            }),
    );
    blocks
}

/// Asks until the roles that are taken together from others are.
async fn settled(admin: &mut Client) {
    for role in ["admin", "edit", "view"] {
        let path = format!("{RBAC}/clusterroles/{role}");
        for _ in 0..200 {
            if !rules(&admin.get(&path).await.json()).is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn the_roles_of_the_start_allow_what_the_matrix_says() {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    settled(&mut admin).await;
    let matrix = Matrix::read(&mut admin).await;
    let mut text = HEAD.replace("ROLES", &matrix.roles());
    for block in blocks() {
        matrix.write(&block, &mut text);
    }
    text.push_str("\nget of paths that are no objects\n");
    let mut stranger = live.client(None).await;
    let index = admin.get("/").await.json();
    let mut paths = texts(&index["paths"]);
    paths.extend(["/", "/api/v1/", "/openapi/v3/api/v1", "/version/", "/debug/pprof"].map(str::to_owned));
    paths.sort();
    for path in paths {
        let everybody = stranger.get(&path).await.code == 200;
        matrix.write_path(&path, everybody, &mut text);
    }
    golden("permissions.txt", &text);
}

/// Compares with what is kept, or keeps it anew.
fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept == text {
        return;
    }
    if std::env::var_os("PURSER_REGENERATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let (mut was, mut is) = (kept.lines(), text.lines());
    let first = std::iter::repeat_with(|| (was.next(), is.next())).find(|(was, is)| was != is);
    panic!("{} is not what it was: {first:?}", path.display());
}
