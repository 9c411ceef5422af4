//! Who is let in.

use crate::harness::{Ca, Live};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

#[tokio::test]
async fn a_stranger_reads_401_and_not_a_broken_connection() {
    let live = Live::start().await;
    let stranger = Ca::new().client("admin", "system:masters");
    let answer = live.client(Some(stranger)).await.get(SECRETS).await;
    assert_eq!((answer.code, answer.message().as_str()), (401, "Unauthorized"));
    let mut nobody = live.client(None).await;
    let answer = nobody
        .ask("GET", SECRETS, &[("authorization", "Bearer nonsense")], "")
        .await;
    assert_eq!(answer.code, 401);
    assert_eq!(nobody.get("/livez").await.code, 200);
}

#[tokio::test]
async fn who_may_not_reads_403() {
    let live = Live::start().await;
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    let answer = jane.get(SECRETS).await;
    assert_eq!(answer.code, 403);
    assert_eq!(
        answer.message(),
        "secrets is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" in the namespace \
         \"default\""
    );
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let unknown = jane.get("/api/v1/namespaces/default/nopes").await;
    assert_eq!(
        unknown.code, 403,
        "who may nothing learns nothing of what is served"
    );
    assert_eq!(jane.get("/metrics").await.code, 403);
    let acting = jane
        .ask("GET", SECRETS, &[("impersonate-user", "admin")], "")
        .await;
    assert_eq!(acting.code, 403);
    assert!(acting.message().contains("impersonate-on:user-info:list"));
}
