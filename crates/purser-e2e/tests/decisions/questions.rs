//! What a webhook is asked, and what reviews tell of it.

use serde_json::{Value, json};

use crate::webhook::{Does, Webhook};
use crate::world::{SECRETS, World, rbac};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_the_spec_of_a_review() {
    let webhook = Webhook::start(|_| Does::has_no_opinion()).await;
    let world = World::start(webhook, |entry| vec![entry, rbac()]).await;
    let jane = world.user("jane");
    let list = format!("{SECRETS}?labelSelector=pci%3Dtrue,!old&fieldSelector=type%3DOpaque");
    assert_eq!(jane.get(&list).await.status, 403);
    assert_eq!(jane.get("/metrics").await.status, 403);
    let asked = world.webhook.asked_by("jane");
    // Who may not read is told when it might see names, so that is asked as well.
    let [listing, names, path] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!(names["spec"]["resourceAttributes"]["subresource"], "metadata");
    assert_eq!(listing["apiVersion"], "authorization.k8s.io/v1");
    assert_eq!(listing["kind"], "SubjectAccessReview");
    let expected = json!({
        "user": "jane",
        "groups": ["devs", "system:authenticated"],
        "extra": listing["spec"]["extra"],
        "resourceAttributes": {
            "namespace": "default", "verb": "list", "version": "v1", "resource": "secrets",
            "fieldSelector": {"requirements": [{"key": "type", "operator": "In", "values": ["Opaque"]}]},
            "labelSelector": {"requirements": [
                {"key": "old", "operator": "DoesNotExist"}, {"key": "pci", "operator": "In", "values": ["true"]},
            ]},
        },
    });
    assert_eq!(listing["spec"], expected);
    assert_eq!(
        path["spec"]["nonResourceAttributes"],
        json!({"path": "/metrics", "verb": "get"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_say_what_the_list_says() {
    let webhook = Webhook::start(|spec| match spec["user"].as_str() {
        Some("jane") => Does::denies(),
        Some("both") => Does::Says(json!({"allowed": true, "denied": true})),
        Some("broken") => Does::Babbles("maybe"),
        _ => Does::has_no_opinion(),
    })
    .await;
    let world = World::start(webhook, |entry| vec![entry, rbac()]).await;
    let admin = world.purser.admin();
    let review = |user: &'static str| {
        let admin = &admin;
        async move {
            let attributes =
                json!({"verb": "get", "resource": "secrets", "namespace": "default", "name": "db"});
            let question = json!({"spec": {"user": user, "resourceAttributes": attributes}});
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            let answer = admin.post(path, &question).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
            answer.json()["status"].clone()
        }
    };
    assert_eq!(
        review("jane").await,
        json!({"allowed": false, "denied": true, "reason": "the webhook forbids it"})
    );
    assert_eq!(
        review("john").await,
        json!({"allowed": true, "reason": "RBAC: allowed by RoleBinding \"reader/default\" of Role \"reader\" to User \"john\""})
    );
    assert_eq!(review("nobody-known").await, json!({"allowed": false}));
    let both = "webhook subject access review returned both allow and deny response";
    assert_eq!(
        review("both").await,
        json!({"allowed": false, "denied": true, "evaluationError": both})
    );
    let broken = "authorization webhook gate: it did not answer as it should";
    assert_eq!(
        review("broken").await,
        json!({"allowed": false, "denied": true, "evaluationError": broken})
    );
    // What a binding gives that is not there.
    let group = "rbac.authorization.k8s.io";
    let binding = json!({
        "metadata": {"name": "lost"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "gone"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "lost"}],
    });
    let path = format!("/apis/{group}/v1/namespaces/default/rolebindings");
    assert_eq!(admin.post(&path, &binding).await.status, 201);
    let gone = "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found";
    assert_eq!(review("lost").await, json!({"allowed": false, "reason": gone}));
    let (status, text) = world.asks("lost").await;
    assert_eq!(status, 403);
    let gone = gone.replace('"', "\\\"");
    assert!(
        text.contains(&format!("in the namespace \\\"default\\\": {gone}")),
        "{text}"
    );
    let rules = |answer: Value| answer["status"].clone();
    world.webhook.decide(|_| Does::allows());
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let body = json!({"spec": {"namespace": "default"}});
    let listed = rules(world.user("john").post(path, &body).await.json());
    assert_eq!(listed["incomplete"], true);
    assert_eq!(
        listed["evaluationError"],
        "webhook authorizer does not support user rule resolution"
    );
    let reads = |rule: &Value| rule["resources"] == json!(["secrets"]);
    assert!(
        listed["resourceRules"].as_array().unwrap().iter().any(reads),
        "{listed}"
    );
}
