//! The examples of docs/sign-in.md, each with a token as the service named there would make it.

use std::path::Path;

use http::Method;
use serde_json::{Value, json};

use crate::issuer::{Issuer, Key};
use crate::world::{WHOAMI, World};

/// The blocks in YAML of the page.
fn examples() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sign-in.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    page.split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect()
}

/// The entry of an example, for an issuer of this test in place of the one it names.
fn adapted(example: &str, issuer: &Issuer) -> String {
    let authority = issuer.ca.trim().replace('\n', "\n      ");
    let mut entry = String::new();
    for line in example.lines() {
        match line.trim_start().strip_prefix("url: ") {
            Some(_) => entry.push_str(&format!(
                "    url: {}\n    certificateAuthority: |\n      {authority}\n",
                issuer.url
            )),
            None => entry.push_str(&format!("{line}\n")),
        }
    }
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_let_in_whom_they_say() {
    let examples = examples();
    let [first, dex, keycloak, github, gitlab, anonymous] = examples.as_slice() else {
        panic!("{} examples", examples.len())
    };
    let key = Key::rsa("key-1");
    let (head, first) = first.split_once("jwt:\n").expect("a whole file");
    let rows = [
        (
            first,
            json!({"sub": "jane", "groups": ["payments"]}),
            "idp:jane",
            "idp:payments",
        ),
        (
            dex,
            json!({"sub": "Cg0w", "email": "jane@example.com", "email_verified": true, "groups": ["payments"]}),
            "dex:jane@example.com",
            "dex:payments",
        ),
        (
            keycloak,
            json!({"sub": "f1c8", "preferred_username": "jane", "groups": ["payments"], "typ": "Bearer", "azp": "purser"}),
            "keycloak:jane",
            "keycloak:payments",
        ),
        (
            github,
            json!({
                "sub": "repo:octo-org/octo-repo:ref:refs/heads/main", "repository": "octo-org/octo-repo",
                "repository_owner": "octo-org", "ref": "refs/heads/main", "run_id": "1000000001",
            }),
            "github:repo:octo-org/octo-repo:ref:refs/heads/main",
            "github:octo-org/octo-repo",
        ),
        (
            gitlab,
            json!({
                "sub": "project_path:acme/shop:ref_type:branch:ref:main", "project_path": "acme/shop",
                "ref_protected": "true", "user_email": "jane@example.com",
            }),
            "gitlab:project_path:acme/shop:ref_type:branch:ref:main",
            "gitlab:acme/shop",
        ),
    ];
    let mut file = format!("{head}{anonymous}jwt:\n");
    let mut issuers = Vec::new();
    for (example, ..) in &rows {
        let issuer = Issuer::start(&[&key]).await;
        file.push_str(&adapted(example, &issuer));
        issuers.push(issuer);
    }
    let world = World::start_with(&file).await;
    let me = |token: String| {
        let world = &world;
        async move {
            let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
            world.with_token(&token, Method::POST, WHOAMI, &review).await
        }
    };
    for ((_, claims, name, group), issuer) in rows.iter().zip(&issuers) {
        world.wait_for(&key.token(&issuer.claims(claims)), 403).await;
        let user = me(key.token(&issuer.claims(claims))).await.json()["status"]["userInfo"].clone();
        assert_eq!(
            (&user["username"], &user["groups"][0]),
            (&json!(name), &json!(group))
        );
    }
    let refused = |row: usize, change: Value| {
        let (_, claims, ..) = &rows[row];
        let mut claims = claims.clone();
        for (name, value) in change.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        me(key.token(&issuers[row].claims(&claims)))
    };
    for (row, change) in [
        (1, json!({"email_verified": false})),
        (2, json!({"exp": crate::issuer::now() + 7200})),
        (3, json!({"repository_owner": "evil"})),
        (3, json!({"ref": "refs/pull/1/merge"})),
        (4, json!({"ref_protected": "false"})),
    ] {
        assert_eq!(refused(row, change.clone()).await.status, 401, "{change}");
    }
    assert_eq!(world.purser.nobody().get("/livez").await.status, 200);
    assert_eq!(world.purser.nobody().get("/version").await.status, 401);
}
