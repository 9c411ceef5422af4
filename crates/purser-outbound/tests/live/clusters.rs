//! Kubernetes API servers.

use purser_outbound::{Asking, CallError, Cluster, Trusted};
use purser_types::Plaintext;
use tempfile::TempDir;

use crate::server::{Server, answer, options};

/// The cluster of a kubeconfig that names the server with a path below which everything is.
fn cluster(server: &Server, user: &str) -> Cluster {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("ca.crt"), &server.ca.pem).unwrap();
    let path = directory.path().join("kubeconfig");
    let text = format!(
        "current-context: a\ncontexts:\n- name: a\n  context: {{cluster: c, user: u}}\nclusters:\n- name: c\n  \
         cluster: {{server: '{}', certificate-authority: ca.crt}}\nusers:\n- name: u\n  user: {{{user}}}\n",
        server.url("/k8s/")
    );
    std::fs::write(&path, text).unwrap();
    Cluster::from_kubeconfig(&path, &options()).unwrap()
}

#[tokio::test]
async fn a_cluster_is_asked_below_its_url_whatever_is_in_a_name() {
    let server = Server::start("127.0.0.1", false, |request| async move {
        let token = request
            .headers()
            .get("authorization")
            .map(|token| token.to_str().unwrap().to_owned());
        let told = format!(
            "{} {} {token:?} {:?}",
            request.method(),
            request.uri().path_and_query().unwrap(),
            request.body()
        );
        answer(404, told)
    })
    .await;
    let cluster = cluster(&server, "token: t0ken");
    assert_eq!(cluster.server(), server.url("/k8s"));
    assert_eq!(
        cluster.trusted(),
        &Trusted::Authorities(server.ca.pem.clone().into_bytes())
    );
    assert_eq!(cluster.server_name(), None);
    for (asking, body, expected) in [
        (
            Asking::Get,
            None,
            "GET /k8s/api/a%2Fb%3Fc/d Some(\"Bearer t0ken\") b\"\"",
        ),
        (
            Asking::Post,
            Some("{}"),
            "POST /k8s/api/a%2Fb%3Fc/d Some(\"Bearer t0ken\") b\"{}\"",
        ),
        (
            Asking::Put,
            Some("{}"),
            "PUT /k8s/api/a%2Fb%3Fc/d Some(\"Bearer t0ken\") b\"{}\"",
        ),
        (
            Asking::Delete,
            None,
            "DELETE /k8s/api/a%2Fb%3Fc/d Some(\"Bearer t0ken\") b\"\"",
        ),
    ] {
        let body = body.map(|body| Plaintext::new(body.as_bytes().to_vec()));
        // A refusal is an answer.
        let (status, told) = cluster.ask(asking, &["api", "a/b?c", "d"], body).await.unwrap();
        assert_eq!((status, told.expose()), (404, expected.as_bytes()), "{asking:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_or_too_late_is_none() {
    let server = Server::start("127.0.0.1", false, |request| async move {
        if request.uri().path().ends_with("late") {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        answer(200, vec![b'a'; 1_001])
    })
    .await;
    let cluster = cluster(&server, "");
    let ask = |place: &'static str| {
        let cluster = &cluster;
        async move { cluster.ask(Asking::Get, &[place], None).await.unwrap_err() }
    };
    assert_eq!(ask("large").await, CallError::TooLarge(1_000));
    assert!(matches!(ask("late").await, CallError::Timeout(_)));
}
