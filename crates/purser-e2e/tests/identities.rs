//! Who is let in, with certificates of the server's own authority and of another's.

use purser_e2e::{Purser, Starting};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

#[tokio::test(flavor = "multi_thread")]
async fn only_the_administrator_is_let_in() {
    let purser = Purser::start().await;
    let jane = purser.user("jane", &["devs"]);
    for path in [
        SECRETS,
        "/api/v1/namespaces",
        "/metrics",
        "/api/v1/namespaces/default/configmaps",
    ] {
        assert_eq!(jane.get(path).await.status, 403, "{path}");
        assert_eq!(purser.nobody().get(path).await.status, 403, "{path}");
        assert_eq!(purser.admin().get(path).await.status, 200, "{path}");
    }
    let root = purser.user("anybody", &["system:masters"]);
    assert_eq!(root.get(SECRETS).await.status, 200);
    let other = Starting::default().start().await;
    let stranger = purser_e2e::Client::new(
        purser.kubeconfig().address(),
        &purser.kubeconfig().ca,
        Some(purser_e2e::Identity::signed(
            &other.data(),
            "kubernetes-admin",
            &["system:masters"],
        )),
    );
    let refused = stranger.get(SECRETS).await;
    assert_eq!(refused.status, 401, "another CA's administrator");
}
