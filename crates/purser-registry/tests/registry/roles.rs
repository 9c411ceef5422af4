//! The roles and bindings of the system over restarts.

use std::sync::Arc;

use purser_types::resource::CLUSTER_ROLE_BINDINGS;

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
