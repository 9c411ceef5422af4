//! Services with an API.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use purser_outbound::{Api, CallError};
use purser_types::Plaintext;

use crate::server::{Ca, Server, answer, with};

#[tokio::test]
async fn a_service_is_asked_with_headers_and_its_refusals_are_answers() {
    let server = Server::start("127.0.0.1", false, move |request| async move {
        let token = request.headers().get("x-token").is_some();
        match (request.method().as_str(), request.uri().path(), token) {
            ("POST", "/v1/a%2Fb", true) => answer(200, "yes"),
            ("POST", "/", true) => answer(200, "root"),
            ("GET", "/v1/moved", _) => with(302, ("location", "/v1/a%2Fb"), ""),
            ("GET", "/v1/large", _) => answer(200, vec![b'a'; 101]),
            _ => answer(403, "no"),
        }
    })
    .await;
    let made = |ca: &Ca| Api::new(&server.url("/"), Some(&ca.pem), Duration::from_secs(5), 100).unwrap();
    let api = made(&server.ca);
    let mut headers = HeaderMap::new();
    headers.insert("x-token", HeaderValue::from_static("t"));
    let body = || Some(Plaintext::new(b"{}".to_vec()));
    for (place, says) in [(&["v1", "a/b"][..], "yes"), (&[][..], "root")] {
        let (status, said) = api
            .ask(Method::POST, place, headers.clone(), body())
            .await
            .unwrap();
        assert_eq!((status, said.expose()), (200, says.as_bytes()));
    }
    let refused = api
        .ask(Method::POST, &["v1"], HeaderMap::new(), body())
        .await
        .unwrap();
    assert_eq!(refused.0, 403);
    let moved = api
        .ask(Method::GET, &["v1", "moved"], headers.clone(), None)
        .await
        .unwrap();
    assert_eq!(moved.0, 302, "what is sent is for this service alone");
    let large = api
        .ask(Method::GET, &["v1", "large"], headers.clone(), None)
        .await;
    assert_eq!(large.unwrap_err(), CallError::TooLarge(100));
    let stranger = made(&Ca::new()).ask(Method::GET, &["v1"], headers, None).await;
    assert!(
        matches!(stranger, Err(CallError::Connection(_))),
        "another authority's certificate"
    );
}
