//! Reads: an object that is refused is left out, or reads as one that is not there.

use base64::Engine as _;

use super::*;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

/// Jane may read what is labelled so.
const LABELLED: &str = r#"
@id("labelled")
permit (principal == k8s::User::"jane", action in k8s::Action::"read", resource is k8s::Resource)
when { resource.resource == "secrets" && resource.labels.hasTag("for") && resource.labels.getTag("for") == "jane" };
"#;

/// What is marked is for nobody but accounts, whoever else allows it.
const MARKED: &str = r#"
@id("marked")
forbid (principal, action, resource is k8s::Resource)
when { resource.labels.hasTag("pci") && resource.labels.getTag("pci") == "true" }
unless { principal is k8s::ServiceAccount };
"#;

#[tokio::test]
async fn a_refused_object_and_a_missing_one_look_alike_to_who_may_only_by_policy() {
    let (_live, mut admin, mut jane) = with(LABELLED).await;
    make(&mut admin, "shown", json!({"for": "jane"})).await;
    make(&mut admin, "hidden", json!({"for": "bob"})).await;
    let shown = jane.get(&format!("{SECRETS}/shown")).await;
    assert_eq!(
        (shown.code, shown.json()["data"]["a"].as_str()),
        (200, Some("U0hPV04="))
    );
    let hidden = told(&mut jane, "GET", "hidden", "", "").await;
    assert_eq!(hidden, told(&mut jane, "GET", "missing", "", "").await);
    assert_eq!(hidden.0, 403);
    let sentence = "User \\\"jane\\\" cannot get resource \\\"secrets\\\" in API group \\\"\\\" in the namespace \
                    \\\"default\\\": policies allow it for some objects only";
    assert!(hidden.1.contains(sentence), "{}", hidden.1);
    // Whom no policy can allow is refused before anything is looked at.
    let other = jane.get("/api/v1/namespaces/default/configmaps").await;
    assert!(
        other.code == 403 && !other.message().contains("policies"),
        "{}",
        other.text()
    );
}

#[tokio::test]
async fn what_a_policy_forbids_is_not_there_for_whom_rbac_allows_everything() {
    let (_live, mut admin, mut jane) = with_rights(MARKED).await;
    make(&mut admin, "plain", json!({})).await;
    make(&mut admin, "marked", json!({"pci": "true"})).await;
    assert_eq!(jane.get(&format!("{SECRETS}/plain")).await.code, 200);
    assert_eq!(
        admin.get(&format!("{SECRETS}/marked")).await.code,
        200,
        "masters may everything"
    );
    let marked = told(&mut jane, "GET", "marked", "", "").await;
    assert_eq!(marked, told(&mut jane, "GET", "missing", "", "").await);
    assert_eq!(marked.0, 404);
    assert_eq!(names(&jane.get(SECRETS).await), ["plain"]);
    assert_eq!(names(&jane.get("/api/v1/secrets").await), ["plain"]);
}

#[tokio::test]
async fn lists_leave_out_what_is_refused_in_every_form_and_say_so() {
    let (_live, mut admin, mut jane) = with(LABELLED).await;
    for at in 0..6 {
        let label = if at % 2 == 0 { "jane" } else { "bob" };
        make(&mut admin, &format!("{label}-{at}"), json!({"for": label})).await;
    }
    for accept in ["application/json", "application/yaml", PROTOBUF, TABLE, METADATA] {
        let list = jane.ask("GET", SECRETS, &[("accept", accept)], "").await;
        assert_eq!(list.code, 200, "{accept}");
        let text = String::from_utf8_lossy(&list.body);
        assert!(
            text.contains("jane-4") && !text.contains("bob"),
            "{accept}: {text}"
        );
        assert_eq!(
            warnings(&list),
            ["299 - \"policies may leave out some objects\""],
            "{accept}"
        );
    }
    let selected = jane.get(&format!("{SECRETS}?labelSelector=for%3Djane")).await;
    assert_eq!(names(&selected).len(), 3);
}

#[tokio::test]
async fn neither_names_nor_selectors_nor_pages_find_out_what_is_left_out() {
    let (_live, mut admin, mut jane) = with_rights(MARKED).await;
    make(&mut admin, "a", json!({})).await;
    make(&mut admin, "b", json!({"pci": "true", "level": "7"})).await;
    let mut told = async |query: &str| {
        let list = jane.get(&format!("{SECRETS}?{query}")).await;
        let meta = list.json()["metadata"].clone();
        (names(&list), warnings(&list), meta)
    };
    for (hidden, missing) in [
        (
            "fieldSelector=metadata.name%3Db",
            "fieldSelector=metadata.name%3Dc",
        ),
        ("labelSelector=level%3D7", "labelSelector=level%3D8"),
        ("labelSelector=level%3E6", "labelSelector=level%3E7"),
        ("labelSelector=pci", "labelSelector=none"),
    ] {
        assert_eq!(told(hidden).await, told(missing).await, "{hidden}");
    }
    let (seen, said, meta) = told("limit=1").await;
    assert_eq!((seen, said.len()), (vec!["a".to_owned()], 1));
    assert!(
        meta["continue"].is_null(),
        "nothing that may be seen follows: {meta}"
    );
}

#[tokio::test]
async fn what_could_be_read_once_is_not_read_from_the_past() {
    let (_live, mut admin, mut jane) = with_rights(MARKED).await;
    for name in ["a", "b", "c"] {
        make(&mut admin, name, json!({})).await;
    }
    let first = jane.get(&format!("{SECRETS}?limit=1")).await;
    let meta = first.json()["metadata"].clone();
    let (revision, token) = (
        meta["resourceVersion"].as_str().unwrap(),
        meta["continue"].as_str().unwrap(),
    );
    let mark = r#"{"metadata":{"labels":{"pci":"true"}}}"#;
    let kind = [("content-type", "application/merge-patch+json")];
    let marked = admin.ask("PATCH", &format!("{SECRETS}/b"), &kind, mark).await;
    assert_eq!(marked.code, 200);
    let exact = format!("{SECRETS}?resourceVersion={revision}&resourceVersionMatch=Exact");
    let paged = format!("{SECRETS}?continue={token}");
    assert_eq!(names(&jane.get(&exact).await), ["a", "c"]);
    assert_eq!(names(&jane.get(&paged).await), ["c"]);
    assert_eq!(names(&admin.get(&exact).await), ["a", "b", "c"]);
    // Nobody can say any more of what is gone whether it was for jane in the end.
    admin.ask("DELETE", &format!("{SECRETS}/b"), &[], "").await;
    assert_eq!(names(&jane.get(&exact).await), ["a", "c"]);
    assert_eq!(names(&jane.get(&paged).await), ["c"]);
}

#[tokio::test]
async fn pages_are_full_and_neither_counts_nor_tokens_tell_of_what_is_refused() {
    let (_live, mut admin, mut jane) = with(LABELLED).await;
    for name in [
        "a-bob", "b-jane", "c-bob", "d-bob", "e-jane", "f-bob", "g-jane", "h-bob",
    ] {
        make(&mut admin, name, json!({"for": name.split_once('-').unwrap().1})).await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    for _ in 0..10 {
        let page = jane.get(&format!("{SECRETS}?limit=1&continue={token}")).await;
        seen.extend(names(&page));
        let meta = &page.json()["metadata"];
        assert!(meta["remainingItemCount"].is_null(), "{meta}");
        token = meta["continue"].as_str().unwrap_or_default().to_owned();
        let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&token);
        let decoded = decoded.or_else(|_| base64::engine::general_purpose::URL_SAFE.decode(&token));
        assert!(!String::from_utf8_lossy(&decoded.unwrap()).contains("bob"));
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["b-jane", "e-jane", "g-jane"]);
}

#[tokio::test]
async fn what_is_forbidden_in_a_namespace_or_by_name_is_left_out_of_lists_of_all() {
    let policies = r#"
        forbid (principal in k8s::Group::"devs", action, resource is k8s::Resource)
        when { resource.namespace == "payments" || resource.name == "root-key" };"#;
    let (_live, mut admin, mut jane) = with_rights(policies).await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}});
    assert_eq!(
        admin
            .post("/api/v1/namespaces", &namespace.to_string())
            .await
            .code,
        201
    );
    make_in(&mut admin, "payments", "a", json!({}), json!({})).await;
    make(&mut admin, "b", json!({})).await;
    make(&mut admin, "root-key", json!({})).await;
    assert_eq!(names(&jane.get("/api/v1/secrets").await), ["b"]);
    assert_eq!(names(&jane.get(SECRETS).await), ["b"]);
    for path in [
        "/api/v1/namespaces/payments/secrets",
        "/api/v1/namespaces/payments/secrets/a",
        "/api/v1/namespaces/default/secrets/root-key",
        "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name%3Droot-key",
    ] {
        let refused = jane.get(path).await;
        assert_eq!(refused.code, 403, "{path}");
        assert!(
            refused.message().contains("forbidden by Cedar policy"),
            "{}",
            refused.message()
        );
    }
    let everywhere = jane.get("/api/v1/secrets?fieldSelector=metadata.name%3Da").await;
    assert_eq!(names(&everywhere), [""; 0]);
}

#[tokio::test]
async fn annotations_are_judged_though_they_are_sealed() {
    let policies = r#"
        permit (principal == k8s::User::"jane", action in k8s::Action::"read", resource is k8s::Resource)
        when { resource.annotations.hasTag("owner") && resource.annotations.getTag("owner") like "jane*" };"#;
    let (_live, mut admin, mut jane) = with(policies).await;
    make_in(
        &mut admin,
        "default",
        "a",
        json!({}),
        json!({"owner": "jane@example.com"}),
    )
    .await;
    make_in(
        &mut admin,
        "default",
        "b",
        json!({}),
        json!({"owner": "bob@example.com"}),
    )
    .await;
    assert_eq!(names(&jane.get(SECRETS).await), ["a"]);
    assert_eq!(jane.get(&format!("{SECRETS}/a")).await.code, 200);
    assert_eq!(jane.get(&format!("{SECRETS}/b")).await.code, 403);
}

#[tokio::test]
async fn a_right_to_metadata_is_one_to_the_subresource_in_policies_too() {
    let policies = r#"
        permit (principal == k8s::User::"jane", action in k8s::Action::"read", resource is k8s::Resource)
        when { resource.resource == "secrets" && resource.subresource == "metadata" &&
               resource.labels.hasTag("for") };"#;
    let (_live, mut admin, mut jane) = with(policies).await;
    make(&mut admin, "shown", json!({"for": "jane"})).await;
    make(&mut admin, "hidden", json!({})).await;
    let table = jane.ask("GET", SECRETS, &[("accept", TABLE)], "").await;
    assert_eq!(table.code, 200, "{}", table.text());
    assert!(table.text().contains("shown") && !table.text().contains("hidden"));
    assert!(!table.text().contains("U0hPV04"), "no value");
    assert_eq!(jane.get(SECRETS).await.code, 403);
    assert_eq!(jane.get(&format!("{SECRETS}/shown")).await.code, 403);
}

#[tokio::test]
async fn a_review_says_no_where_it_depends_on_the_object() {
    let (_live, _admin, mut jane) = with(LABELLED).await;
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec":
        {"resourceAttributes": {"verb": "list", "resource": "secrets", "namespace": "default"}}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let status = jane.post(path, &review.to_string()).await.json()["status"].clone();
    assert_eq!(status["allowed"], false);
    assert_eq!(status["reason"], "policies allow it for some objects only");
}
