//! Documents.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use purser_outbound::{CallError, Documents};

use crate::server::{Ca, Server, answer, with};

async fn server() -> Server {
    let own: Arc<OnceLock<SocketAddr>> = Arc::default();
    let there = Arc::clone(&own);
    let server = Server::start("127.0.0.1", false, move |request| {
        let there = there.get().map_or(String::new(), SocketAddr::to_string);
        async move {
            let to = |place: &str| with(302, ("location", place), "");
            match request.uri().path() {
                "/keys" => with(200, ("cache-control", "max-age=60"), "{}"),
                "/moved" => to(&format!("https://{there}/keys")),
                "/plain" => to(&format!("http://{there}/keys")),
                "/round" => to("/round"),
                "/large" => answer(200, vec![b'a'; 101]),
                "/slow" => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    answer(200, "{}")
                }
                _ => answer(404, ""),
            }
        }
    })
    .await;
    own.set(server.address).unwrap();
    server
}

fn documents(server: &Server) -> Documents {
    Documents::bounded(Some(&server.ca.pem), Duration::from_millis(500), 100).unwrap()
}

#[tokio::test]
async fn a_document_is_got_with_how_long_it_can_be_kept_also_from_where_it_moved() {
    let server = server().await;
    for path in ["/keys", "/moved"] {
        let document = documents(&server).get(&server.url(path)).await.unwrap();
        assert_eq!(document.body, b"{}");
        assert_eq!(document.fresh_for, Some(Duration::from_secs(60)), "{path}");
    }
}

#[tokio::test]
async fn what_leads_astray_or_has_no_end_is_given_up() {
    let server = server().await;
    let documents = documents(&server);
    for (path, says) in [
        ("/plain", "it leads to a place without TLS"),
        ("/round", "it leads from place to place without end"),
        ("/large", "its answer is larger than 100 bytes"),
        ("/slow", "no answer within 0.5 s"),
        ("/nothing", "it answered 404"),
    ] {
        let error = documents.get(&server.url(path)).await.unwrap_err();
        assert!(error.to_string().contains(says), "{path}: {error}");
    }
}

#[tokio::test]
async fn another_authority_is_not_believed() {
    let mut server = server().await;
    server.ca = Ca::new();
    let error = documents(&server).get(&server.url("/keys")).await.unwrap_err();
    assert!(matches!(error, CallError::Connection(_)), "{error}");
}
