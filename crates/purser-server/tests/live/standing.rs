//! Whether somebody who is known since a while still is, when who would have to be asked does not answer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use purser_authn::{DenialList, Denials, Proof, Rejected, TokenSource, Vouched};
use purser_types::User;

use crate::harness::Live;

/// Knows everybody, and once asked again never answers.
struct Hangs;

impl TokenSource for Hangs {
    fn review<'a>(
        &'a self,
        _token: &'a [u8],
        audiences: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Vouched>, Rejected>> {
        Box::pin(async move {
            Ok(Some(Vouched {
                user: Arc::new(User {
                    name: "jane".to_owned(),
                    groups: vec!["system:masters".to_owned()],
                    ..User::default()
                }),
                audiences: audiences.to_vec(),
                proof: Arc::new(Self),
            }))
        })
    }
}

impl Proof for Hangs {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_watch_of_who_is_denied_ends_though_who_vouched_for_him_does_not_answer() {
    let denied = Arc::new(DenialList::default());
    let list = Arc::clone(&denied);
    let live =
        Live::knowing(|authenticator| authenticator.with_source(Arc::new(Hangs)).with_denials(list)).await;
    live.admin().await.secret("a", "v").await;
    let mut jane = live.client(None).await;
    let path = "/api/v1/namespaces/default/secrets?watch=1";
    let watch = jane.open("GET", path, &[("authorization", "Bearer x")], "").await;
    let mut body = watch.into_body();
    assert!(body.frame().await.is_some(), "what is there comes first");
    denied.replace(Denials::parse(b"user jane\n").unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(5), body.collect());
    ended.await.expect("it ends within five seconds").unwrap();
}
