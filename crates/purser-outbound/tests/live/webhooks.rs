//! Webhooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_outbound::{CallError, Options, Webhook};
use purser_types::Plaintext;
use rcgen::ExtendedKeyUsagePurpose;

use crate::server::{Answer, Ca, Server, answer, broken, options, with};

async fn asked(webhook: &Webhook) -> Result<String, CallError> {
    let answer = webhook.post(Plaintext::new(b"{\"a\":1}".to_vec())).await?;
    Ok(String::from_utf8(answer.expose().to_vec()).unwrap())
}

/// A server that gives these answers one after the other, the last again and again; and how often it was asked.
async fn script(answers: Vec<fn() -> Answer>) -> (Server, Arc<AtomicUsize>) {
    script_of("127.0.0.1", answers).await
}

async fn script_of(name: &str, answers: Vec<fn() -> Answer>) -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Server::start(name, false, move |_| {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        let made = answers[number.min(answers.len() - 1)]();
        async move { made }
    })
    .await;
    (server, count)
}

#[tokio::test]
async fn what_is_posted_arrives_with_the_token_and_the_answer_comes_back() {
    let server = Server::start("127.0.0.1", false, |request| async move {
        let header = |name| {
            request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let told = format!(
            "{} {} {:?} {:?} {:?}",
            request.method(),
            request.uri().path_and_query().unwrap(),
            header("content-type"),
            header("authorization"),
            request.body()
        );
        answer(201, told)
    })
    .await;
    let webhook = server.webhook("", "token: t0ken", &options());
    assert_eq!(
        asked(&webhook).await.unwrap(),
        "POST /review?of=token Some(\"application/json\") Some(\"Bearer t0ken\") b\"{\\\"a\\\":1}\""
    );
}

#[tokio::test]
async fn a_server_of_another_authority_is_told_nothing() {
    let (mut server, count) = script(vec![|| answer(200, "{}")]).await;
    server.ca = Ca::new();
    let Err(CallError::Connection(why)) = asked(&server.webhook("", "", &options())).await else {
        panic!("it was believed")
    };
    assert!(why.contains("invalid peer certificate"), "{why}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_server_under_another_name_is_told_nothing_unless_that_name_is_given() {
    let echo = |request: http::Request<bytes::Bytes>| async move {
        let host = request.headers().get("host").cloned();
        answer(
            200,
            host.map_or(String::new(), |host| host.to_str().unwrap().to_owned()),
        )
    };
    let server = Server::start("hook.internal", false, echo).await;
    assert!(matches!(
        asked(&server.webhook("", "", &options())).await,
        Err(CallError::Connection(_))
    ));
    let named = server.webhook(", tls-server-name: hook.internal", "", &options());
    assert_eq!(asked(&named).await.unwrap(), server.address.to_string());
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let server = Server::start("127.0.0.1", true, |_| async { answer(200, "{}") }).await;
    assert!(asked(&server.webhook("", "", &options())).await.is_err());
    let ((certificate, key), _) = server.ca.issue("us", ExtendedKeyUsagePurpose::ClientAuth);
    let user = format!(
        "client-certificate-data: {}, client-key-data: {}",
        STANDARD.encode(certificate),
        STANDARD.encode(key)
    );
    assert_eq!(asked(&server.webhook("", &user, &options())).await.unwrap(), "{}");
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_given_up() {
    let server = Server::start("127.0.0.1", false, |_| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        answer(200, "{}")
    })
    .await;
    let short = Options {
        call: Duration::from_millis(200),
        ..options()
    };
    let error = asked(&server.webhook("", "", &short)).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer within 0.2 s");
}

#[tokio::test]
async fn an_answer_is_bounded() {
    let (server, count) = script(vec![|| answer(200, vec![b'a'; 1001])]).await;
    assert_eq!(
        asked(&server.webhook("", "", &options())).await.unwrap_err(),
        CallError::TooLarge(1000)
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let (server, _) = script(vec![|| answer(200, vec![b'a'; 1000])]).await;
    assert_eq!(
        asked(&server.webhook("", "", &options())).await.unwrap().len(),
        1000
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, count) = script(vec![|| with(307, ("location", "/elsewhere"), "")]).await;
    assert_eq!(
        asked(&server.webhook("", "", &options())).await.unwrap_err(),
        CallError::Status(307)
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_passes_is_tried_again_up_to_five_times() {
    let answers: Vec<fn() -> Answer> = vec![
        || answer(500, ""),
        broken,
        || answer(429, ""),
        || answer(504, ""),
        || answer(200, "{}"),
    ];
    let (server, count) = script_of("hook.internal", answers).await;
    // Under another name HTTP/1.1 is spoken, where a connection can break off in an answer.
    let webhook = server.webhook(", tls-server-name: hook.internal", "", &options());
    let answered = asked(&webhook).await;
    assert_eq!((answered.as_deref(), count.load(Ordering::SeqCst)), (Ok("{}"), 5));
    let (server, count) = script(vec![|| answer(500, "")]).await;
    let webhook = server.webhook("", "", &options());
    assert_eq!(asked(&webhook).await.unwrap_err(), CallError::Status(500));
    assert_eq!(count.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn what_was_decided_is_not_tried_again() {
    for code in [400, 401, 403, 404, 503] {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let server = Server::start("127.0.0.1", false, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move { answer(code, "") }
        })
        .await;
        let webhook = server.webhook("", "", &options());
        assert_eq!(asked(&webhook).await.unwrap_err(), CallError::Status(code));
        assert_eq!(count.load(Ordering::SeqCst), 1, "{code}");
    }
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_waited_for_within_the_bound() {
    let (server, count) = script(vec![|| with(503, ("retry-after", "1"), ""), || answer(200, "{}")]).await;
    let began = std::time::Instant::now();
    assert_eq!(asked(&server.webhook("", "", &options())).await.unwrap(), "{}");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let (server, count) = script(vec![|| with(503, ("retry-after", "3600"), "")]).await;
    assert_eq!(
        asked(&server.webhook("", "", &options())).await.unwrap_err(),
        CallError::Status(503)
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
