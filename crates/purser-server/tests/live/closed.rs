//! What is open to who has not proved who they are: health and version, unless they are closed too.

use crate::harness::{Ca, Client, Live};
use crate::routes::{self, Route};
use crate::tokens::{account, token};

/// Closed with them: the deprecated one, and each check by itself.
const OPEN: [&str; 6] = [
    "/livez",
    "/readyz",
    "/healthz",
    "/version",
    "/livez/ping",
    "/readyz/watch-cache",
];

async fn asked(client: &mut Client, route: &Route, headers: &[(&str, &str)]) -> u16 {
    let path = route
        .path
        .replace("{namespace}", "default")
        .replace("{name}", "default");
    client.ask(route.method, &path, headers, "").await.code
}

#[tokio::test]
async fn nothing_is_open_once_health_is_closed_but_to_who_is_known() {
    let live = Live::knowing(|authenticator| authenticator.with_anonymous(false)).await;
    let mut admin = live.admin().await;
    let mut nobody = live.client(None).await;
    let mut routes = routes::of_objects();
    routes.extend(routes::of_documents(&mut admin).await);
    let closed = [
        "/nope",
        "/livez/nope",
        "/apis/nope.example.com/v1/things",
        "//version",
    ];
    routes.extend(OPEN.iter().chain(&closed).map(|path| Route {
        path: (*path).to_owned(),
        method: "GET",
    }));
    assert!(routes.len() > 200, "{}", routes.len());
    for route in &routes {
        for headers in [&[][..], &[("authorization", "Basic YTpi")]] {
            assert_eq!(asked(&mut nobody, route, headers).await, 401, "{route:?}");
        }
    }
    // Probes go on with a certificate or a token, whoever has it.
    account(&mut admin).await;
    let token = token(&mut admin, serde_json::json!({})).await;
    let header = format!("Bearer {token}");
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    for path in OPEN {
        assert_eq!(jane.get(path).await.code, 200, "{path}");
        let answer = nobody.ask("GET", path, &[("authorization", &header)], "").await;
        assert_eq!(answer.code, 200, "{path}");
    }
    // A certificate of somebody else's authority proves nothing.
    let mut stranger = live.client(Some(Ca::new().client("jane", "devs"))).await;
    assert_eq!(stranger.get("/livez").await.code, 401);
}

#[tokio::test]
async fn health_and_version_are_open_to_everybody_unless_they_are_closed() {
    let live = Live::start().await;
    let mut nobody = live.client(None).await;
    for path in OPEN {
        assert_eq!(nobody.get(path).await.code, 200, "{path}");
    }
    for path in ["/", "/metrics", "/api", "/openapi/v3", "/openid/v1/jwks", "/nope"] {
        assert_eq!(nobody.get(path).await.code, 403, "{path}");
    }
}

#[tokio::test]
async fn what_is_bound_to_who_is_not_known_opens_nothing() {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    admin.secret("a", "v").await;
    let binding = serde_json::json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "mistake"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:anonymous"},
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:unauthenticated"},
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"},
        ],
    });
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    assert_eq!(admin.post(bindings, &binding.to_string()).await.code, 201);
    let secret = "/api/v1/namespaces/default/secrets/a";
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    crate::rights::until(&mut jane, secret, 200).await;
    let mut nobody = live.client(None).await;
    for path in [secret, "/metrics", "/api"] {
        let as_root = [
            ("impersonate-user", "root"),
            ("impersonate-group", "system:masters"),
        ];
        for headers in [&[][..], &as_root] {
            let answer = nobody.ask("GET", path, headers, "").await;
            assert_eq!(answer.code, 403, "{path}: {}", answer.text());
        }
    }
    for path in OPEN {
        assert_eq!(nobody.get(path).await.code, 200, "{path}");
    }
}
