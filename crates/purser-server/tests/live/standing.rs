//! Whether somebody who is known since a while still is, when who would have to be asked does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use purser_authn::{DenialList, Denials, Proof, Rejected, TokenSource, Vouched};
use purser_authz::{Asked, Decider, Decision, Member};
use purser_types::User;

use crate::harness::Live;
use crate::rights::{RBAC, give, people, rule, until};

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

/// Has no opinion, and from some time on does not answer.
#[derive(Debug, Default)]
struct Stalls(AtomicBool);

impl Decider for Stalls {
    fn decide<'a>(&'a self, _user: &'a User, _asked: Asked<'a>) -> BoxFuture<'a, Decision> {
        match self.0.load(Ordering::Relaxed) {
            true => Box::pin(std::future::pending()),
            false => Box::pin(std::future::ready(Decision::no_opinion(""))),
        }
    }

    fn wavers(&self) -> bool {
        true
    }

    fn unlisted(&self) -> &'static str {
        "it has no rules"
    }
}

#[tokio::test]
async fn a_watch_ends_soon_after_its_right_though_who_decides_before_rbac_does_not_answer() {
    let (live, mut admin, mut jane) = people().await;
    let stalls = Arc::new(Stalls::default());
    let first = Member {
        kind: "Webhook",
        name: "gate".to_owned(),
        decider: Some(Arc::clone(&stalls) as Arc<dyn Decider>),
    };
    live.registry
        .authorizer()
        .set_members(vec![first, Member::rbac("rbac")]);
    admin.secret("a", "v").await;
    give(&mut admin, "all", &[rule(&["list", "watch"], &["secrets"])]).await;
    until(&mut jane, "/api/v1/namespaces/default/secrets", 200).await;
    let path = "/api/v1/namespaces/default/secrets?watch=1";
    let mut body = jane.open("GET", path, &[], "").await.into_body();
    assert!(body.frame().await.is_some(), "what is there comes first");
    stalls.0.store(true, Ordering::Relaxed);
    let binding = format!("{RBAC}/clusterrolebindings/all");
    assert_eq!(admin.ask("DELETE", &binding, &[], "").await.code, 200);
    let ended = tokio::time::timeout(Duration::from_secs(5), body.collect());
    ended.await.expect("it ends within five seconds").unwrap();
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
