//! The roles and bindings of the system over restarts.

use std::sync::Arc;

use purser_types::resource::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES};

use crate::support::{House, text};

#[tokio::test]
async fn a_binding_of_the_system_that_gives_another_role_is_made_anew() {
    let house = House::new().await;
    let name = "system:discovery";
    house.delete(&CLUSTER_ROLE_BINDINGS, "", name).await.unwrap();
    let other = format!(
        r#"{{"metadata":{{"name":"{name}"}},
            "roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"}}}}"#
    );
    house.create(&CLUSTER_ROLE_BINDINGS, "", &other).await.unwrap();

    // Had everybody been added to it as it was, everybody would be an administrator.
    let again = House::over(Arc::clone(&house.store)).await;
    let binding = text(&again.get(&CLUSTER_ROLE_BINDINGS, "", name).await.unwrap());
    assert!(!binding.contains("cluster-admin"), "{binding}");
    assert!(binding.contains("system:authenticated"), "{binding}");
}

#[tokio::test]
async fn a_role_takes_rules_from_others_by_selectors_alone() {
    let house = House::new().await;
    for (selector, field) in [
        (
            r#"{"matchExpressions":[{"key":"a","operator":"Bogus"}]}"#,
            "matchExpressions[0].operator",
        ),
        (r#"{"matchLabels":{"a":"1,!b"}}"#, "matchLabels"),
    ] {
        let body = format!(
            r#"{{"metadata":{{"name":"sum"}},"aggregationRule":{{"clusterRoleSelectors":[{selector}]}}}}"#
        );
        let refused = house.create(&CLUSTER_ROLES, "", &body).await.unwrap_err();
        assert_eq!(refused.code, 422);
        let field = format!("aggregationRule.clusterRoleSelectors[0].{field}");
        assert!(refused.message.contains(&field), "{}", refused.message);
    }
}
