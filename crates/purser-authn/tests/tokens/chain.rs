//! The chain that a token goes through: this server's own first, and who else knows tokens after that.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_authn::{
    Authenticator, Identity, Presented, Proof, Rejected, TokenSource, Unauthenticated, Vouched,
};
use purser_types::User;

use super::support::{ISSUER, NOW, accounts, ec, grant, rsa, there, token, with_part};

/// Knows tokens that begin with its name.
#[derive(Default)]
struct Source {
    name: &'static str,
    refuses: bool,
    asked: AtomicUsize,
    audiences: Mutex<Vec<String>>,
    holds: Arc<AtomicUsize>,
}

struct Evidence(Arc<AtomicUsize>);

impl Proof for Evidence {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.0.load(Ordering::Relaxed) == 0 })
    }
}

impl TokenSource for Source {
    fn review<'a>(
        &'a self,
        token: &'a [u8],
        audiences: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Vouched>, Rejected>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        *self.audiences.lock().unwrap() = audiences.to_vec();
        Box::pin(async move {
            // A source may take its time.
            tokio::task::yield_now().await;
            if self.refuses {
                return Err(Rejected(format!("{} cannot tell", self.name)));
            }
            Ok(token.starts_with(self.name.as_bytes()).then(|| Vouched {
                user: Arc::new(User {
                    name: self.name.to_owned(),
                    ..User::default()
                }),
                audiences: audiences.to_vec(),
                proof: Arc::new(Evidence(Arc::clone(&self.holds))),
            }))
        })
    }
}

fn source(name: &'static str) -> Arc<Source> {
    Arc::new(Source {
        name,
        ..Source::default()
    })
}

async fn who(authenticator: &Authenticator, token: &str) -> Result<Identity, Unauthenticated> {
    let header = format!("Bearer {token}");
    let presented = Presented {
        authorization: Some(header.as_bytes()),
        ..Presented::default()
    };
    authenticator.authenticate(&presented).await
}

#[tokio::test]
async fn sources_are_asked_in_order_until_one_knows_the_token() {
    let (one, two) = (source("one"), source("two"));
    let authenticator = Authenticator::new()
        .with_tokens(Arc::new(accounts(&ec(), &there())))
        .with_source(one.clone())
        .with_source(two.clone());
    let identity = who(&authenticator, "two-1").await.unwrap();
    assert_eq!(identity.user.name, "two");
    assert_eq!(identity.user.groups, ["system:authenticated"]);
    assert_eq!(*two.audiences.lock().unwrap(), [ISSUER], "this server's own");
    who(&authenticator, "one-1").await.unwrap();
    let count = |source: &Source| source.asked.load(Ordering::Relaxed);
    assert_eq!((count(&one), count(&two)), (2, 1));
    let error = who(&authenticator, "three-1").await.unwrap_err();
    assert_eq!(error.to_string(), "invalid bearer token");
    assert!(authenticator.holds(&identity).await);
    two.holds.store(1, Ordering::Relaxed);
    assert!(!authenticator.holds(&identity).await);
}

#[tokio::test]
async fn what_each_says_is_joined_and_a_source_that_fails_does_not_hide_the_next() {
    let failing = Arc::new(Source {
        name: "one",
        refuses: true,
        ..Source::default()
    });
    let authenticator = Authenticator::new()
        .with_tokens(Arc::new(accounts(&ec(), &there())))
        .with_source(failing)
        .with_source(source("two"));
    assert_eq!(who(&authenticator, "two-1").await.unwrap().user.name, "two");
    let of_another_key = token(&accounts(&ec(), &there()), grant());
    let error = who(&authenticator, &of_another_key).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "[invalid bearer token, invalid signature, no keys found, one cannot tell]"
    );
}

#[tokio::test]
async fn what_this_server_signed_is_shown_to_nobody_else() {
    let there = there();
    let (own, other) = (ec(), source("e"));
    let accounts = Arc::new(accounts(&own, &there));
    let authenticator =
        Authenticator::with_clock(Arc::new(|| UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs())))
            .with_tokens(Arc::clone(&accounts))
            .with_source(other.clone());
    let good = token(&accounts, grant());
    who(&authenticator, &good).now_or_never().unwrap().unwrap();
    there.remove("account rec/bot");
    let error = who(&authenticator, &good).now_or_never().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "[invalid bearer token, service account token has been invalidated]"
    );
    assert_eq!(other.asked.load(Ordering::Relaxed), 0);
    // Of the same issuer, signed by somebody else: it may be known elsewhere.
    let forged = with_part(&good, 1, &super::support::claims().replace("bot", "boss"));
    who(&authenticator, &forged).await.unwrap();
    assert_eq!(other.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_signature_is_kept_and_nothing_else() {
    for key in [ec(), rsa()] {
        let there = there();
        let accounts = Arc::new(accounts(&key, &there));
        let now = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&now);
        let clock = move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed).unsigned_abs());
        let authenticator = Authenticator::with_clock(Arc::new(clock)).with_tokens(Arc::clone(&accounts));
        let good = token(&accounts, grant());
        let known = |token: &str| who(&authenticator, token).now_or_never().unwrap().is_ok();
        assert!(known(&good) && known(&good));
        // The account is gone, made anew, and back.
        there.remove("account rec/bot");
        assert!(!known(&good));
        there.put("account rec/bot", "u-9");
        assert!(!known(&good));
        there.put("account rec/bot", "u-1");
        assert!(known(&good) && known(&good));
        now.store(NOW + 3600 + 61, Ordering::Relaxed);
        assert!(!known(&good), "its time is over");
        now.store(NOW, Ordering::Relaxed);
        let forged = with_part(&good, 1, &super::support::claims().replace("bot", "boss"));
        assert!(known(&good) && !known(&forged) && !known(&forged));
        // For other audiences it is another question.
        let of = |audience: &str| {
            let wanted = [audience.to_owned()];
            let reviewed = authenticator
                .review(good.as_bytes(), &wanted)
                .now_or_never()
                .unwrap();
            reviewed.map(|recognized| recognized.audiences)
        };
        assert_eq!(of(ISSUER).unwrap(), [ISSUER]);
        assert!(of("vault").is_err() && of("vault").is_err());
    }
}
