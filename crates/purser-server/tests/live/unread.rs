//! Removing what cannot be read takes an option, and a right of its own.

use crate::rights::{give, people, rule, until};

const SECRET: &str = "/api/v1/namespaces/default/secrets/a";
const IGNORE: &str = "ignoreStoreReadErrorWithClusterBreakingPotential";

#[tokio::test]
async fn what_cannot_be_read_goes_with_the_option_and_its_right_alone() {
    let (_live, mut admin, mut jane) = people().await;
    assert_eq!(admin.secret("a", "x").await.code, 201);
    give(
        &mut admin,
        "deletes",
        &[rule(&["get", "delete", "deletecollection"], &["secrets"])],
    )
    .await;
    until(&mut jane, SECRET, 200).await;
    let asked = format!("{SECRET}?{IGNORE}=true");
    let refused = jane.ask("DELETE", &asked, &[], "").await;
    assert_eq!(refused.code, 403);
    assert_eq!(
        refused.json()["message"],
        "secrets \"a\" is forbidden: not permitted to do \"unsafe-delete-ignore-read-errors\", reason: "
    );
    give(
        &mut admin,
        "deletes-unread",
        &[
            rule(&["unsafe-delete-ignore-read-errors"], &["secrets"]),
            rule(&["list"], &["configmaps"]),
        ],
    )
    .await;
    until(&mut jane, "/api/v1/configmaps", 200).await;
    let refused = jane.ask("DELETE", &asked, &[], "").await;
    assert_eq!(refused.code, 422);
    assert_eq!(
        refused.json()["message"],
        format!(
            "secrets \"a\" is invalid: {IGNORE}: Invalid value: true: it is exclusively used to delete corrupt object(s), \
             try again by removing this option"
        )
    );
    let many = format!("/api/v1/namespaces/default/secrets?{IGNORE}=true");
    let refused = jane.ask("DELETE", &many, &[], "").await;
    assert_eq!(
        refused.json()["message"],
        format!(
            "DeleteOptions.meta.k8s.io \"\" is invalid: {IGNORE}: Invalid value: true: is not allowed with \
             DELETECOLLECTION, try again after removing the option"
        )
    );
    assert_eq!(jane.get(SECRET).await.code, 200);
}
