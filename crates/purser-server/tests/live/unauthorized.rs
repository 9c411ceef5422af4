//! Every route refuses who has no right to it, and who shows what does not hold.
//!
//! `tests/data/unauthorized.txt` lists the routes, each with its refusal. A route of the server that has no line there
//! fails the test, and so does a line without its route.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::harness::{Answer, Ca, Client, Live};
use crate::routes::{self, Route};

/// What is open to everybody, with all that is below; nothing else is. This list may only become shorter.
const OPEN: [&str; 4] = ["/healthz", "/livez", "/readyz", "/version"];
const OPEN_MAX: usize = 4;
/// What everybody who is known has from the start.
const BINDINGS: [&str; 3] = [
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
];

const HEAD: &str = "\
# Every route of the server, and how it refuses somebody without rights: METHOD PATH: MESSAGE. Rewritten by
#
#   PURSER_REGENERATE_GOLDEN=1 cargo test -p purser-server --test live unauthorized
#
# which fails all the same: read each new line and compare it with what kube-apiserver says, which tells of the right
# that is missing and of nothing else; then run it again without the variable.
";

fn is_open(route: &Route) -> bool {
    let below = |open: &str| {
        route
            .path
            .strip_prefix(open)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    OPEN.iter().any(|open| below(open))
}

/// The path with a namespace and a name that are there.
fn filled(route: &Route) -> String {
    route
        .path
        .replace("{namespace}", "default")
        .replace("{name}", "default")
}

async fn ask(client: &mut Client, route: &Route, headers: &[(&str, &str)]) -> Answer {
    let media = match route.method {
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let mut headers = headers.to_vec();
    headers.push(("content-type", media));
    // As good a body as any: nobody looks at it.
    let body = if route.method == "GET" { "" } else { "{}" };
    client.ask(route.method, &filled(route), &headers, body).await
}

async fn all(admin: &mut Client) -> BTreeSet<Route> {
    let mut routes = routes::of_objects();
    routes.extend(routes::of_documents(admin).await);
    routes
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/unauthorized.txt")
}

/// `METHOD PATH` → the refusal, as it is listed.
fn listed() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once(": ").expect("a route and its refusal"))
        .map(|(route, refusal)| (route.to_owned(), refusal.to_owned()))
        .collect()
}

fn rewrite(refusals: &[(String, String)]) {
    let mut text = HEAD.to_owned();
    for (route, refusal) in refusals {
        writeln!(text, "{route}: {refusal}").unwrap();
    }
    std::fs::write(path(), text).unwrap();
}

/// The revision, once the server's own controllers have nothing more to do.
async fn settled(live: &Live) -> u64 {
    let (mut revision, mut same) = (live.registry.revision(), 0);
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        let now = live.registry.revision();
        same = if now == revision { same + 1 } else { 0 };
        revision = now;
        if same == 20 {
            return revision;
        }
    }
    panic!("the server is never idle");
}

/// jane, who has not even what everybody has.
async fn somebody_without_any_right(live: &Live, admin: &mut Client) -> Client {
    for binding in BINDINGS {
        let path = format!("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{binding}");
        assert_eq!(admin.ask("DELETE", &path, &[], "").await.code, 200);
    }
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    crate::rights::until(&mut jane, "/api", 403).await;
    jane
}

#[tokio::test]
async fn every_route_refuses_who_has_no_right_to_it() {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    let mut jane = somebody_without_any_right(&live, &mut admin).await;
    let mut stranger = live.client(None).await;
    let mut refusals = Vec::new();
    let before = settled(&live).await;
    for route in all(&mut admin).await {
        let answer = ask(&mut jane, &route, &[]).await;
        let unknown = ask(&mut stranger, &route, &[]).await;
        if is_open(&route) {
            assert_eq!(
                (answer.code, unknown.code),
                (200, 200),
                "{route:?} is open no more"
            );
            continue;
        }
        assert_eq!(
            (answer.code, unknown.code),
            (403, 403),
            "{route:?}: {}",
            answer.text()
        );
        let (answer, unknown) = (answer.message(), unknown.message());
        assert_eq!(
            answer.replace("User \"jane\"", "User \"system:anonymous\""),
            unknown,
            "who is not known is told no more and no less"
        );
        refusals.push((format!("{} {}", route.method, route.path), answer));
    }
    assert_eq!(settled(&live).await, before, "a refused request changes nothing");

    let (listed, is): (_, BTreeMap<String, String>) = (listed(), refusals.iter().cloned().collect());
    if listed != is && std::env::var_os("PURSER_REGENERATE_GOLDEN").is_some() {
        rewrite(&refusals);
    }
    for (route, refusal) in &is {
        assert_eq!(
            listed.get(route),
            Some(refusal),
            "{route} is not listed so in {}",
            path().display()
        );
    }
    for route in listed.keys() {
        assert!(is.contains_key(route), "{route} is listed and no route");
    }
    assert!(OPEN.len() <= OPEN_MAX);
}

#[tokio::test]
async fn every_route_refuses_what_does_not_hold() {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    let mut stranger = live.client(None).await;
    let mut forger = live
        .client(Some(Ca::new().client("admin", "system:masters")))
        .await;
    let before = settled(&live).await;
    let as_master = [
        ("impersonate-user", "root"),
        ("impersonate-group", "system:masters"),
    ];
    for route in all(&mut admin).await {
        let answers = [
            ask(&mut stranger, &route, &[("authorization", "Bearer e30.e30.e30")]).await,
            ask(&mut stranger, &route, &[("authorization", "Bearer nobody")]).await,
            ask(&mut forger, &route, &[]).await,
        ];
        for answer in answers {
            assert_eq!(
                (answer.code, answer.message().as_str()),
                (401, "Unauthorized"),
                "{route:?}"
            );
        }
        let answer = ask(&mut jane, &route, &as_master).await;
        assert_eq!(answer.code, 403, "{route:?}: {}", answer.text());
        let why = "User \"jane\" cannot impersonate";
        assert!(answer.message().contains(why), "{route:?}: {}", answer.message());
    }
    assert_eq!(settled(&live).await, before, "a refused request changes nothing");
}

#[tokio::test]
async fn what_is_described_is_what_there_is() {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    let routes = all(&mut admin).await;
    let described = routes::described(&mut admin).await;
    let unknown: Vec<_> = described.difference(&routes).collect();
    assert!(unknown.is_empty(), "described, and in no table: {unknown:?}");
    let objects = routes::of_objects();
    let silent: Vec<_> = objects
        .difference(&described)
        .filter(|route| !route.path.ends_with("?watch=true"))
        .collect();
    assert!(silent.is_empty(), "served and not described: {silent:?}");
}
