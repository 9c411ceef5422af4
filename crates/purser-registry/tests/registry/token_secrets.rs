//! Secrets that keep tokens which never expire: filled, and gone with their accounts, also those of before a start.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use purser_registry::{Keeping, TokenMaker};
use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS};
use purser_types::{Object, Text, Value};

use crate::support::{BUNDLE, House, eventually};

/// Makes tokens that say for whom they are, and counts them.
#[derive(Default)]
struct Maker(AtomicUsize);

impl TokenMaker for Maker {
    fn token(&self, keeping: &Keeping<'_>) -> Result<Text, String> {
        let made = self.0.fetch_add(1, Ordering::Relaxed);
        assert!(!keeping.uid.is_empty() && !keeping.id.is_empty());
        let Keeping {
            namespace,
            account,
            secret,
            ..
        } = keeping;
        let token = format!("{namespace}/{account} in {secret}, number {made}");
        Ok(Text::new(token))
    }
}

fn keep(house: &House) -> Arc<Maker> {
    let maker = Arc::new(Maker::default());
    let made: Arc<dyn TokenMaker> = maker.clone();
    house.registry.keep_tokens(&made);
    maker
}

fn secret(name: &str, account: &str, rest: &str) -> String {
    format!(
        r#"{{"type":"kubernetes.io/service-account-token","metadata":{{"name":"{name}",
        "annotations":{{"kubernetes.io/service-account.name":"{account}"}}}}{rest}}}"#
    )
}

fn value<'o>(secret: &'o Object, key: &str) -> &'o [u8] {
    let data = secret.get("data").and_then(Value::as_map);
    let value = data.and_then(|data| data.get(key)?.as_bytes());
    value.map(purser_types::Plaintext::expose).unwrap_or_default()
}

#[tokio::test]
async fn what_waits_for_a_token_when_the_server_starts_is_filled_or_removed() {
    let house = House::new().await;
    for (name, account) in [("mine", "default"), ("nobodys", "nobody")] {
        house
            .create(&SECRETS, "default", &secret(name, account, ""))
            .await
            .unwrap();
    }
    eventually(|| async { house.registry.lasting_tokens() == 2 }).await;
    let maker = keep(&house);
    eventually(|| async {
        let mine = house.get(&SECRETS, "default", "mine").await.unwrap();
        value(&mine, "token") == b"default/default in mine, number 0"
    })
    .await;
    let mine = house.get(&SECRETS, "default", "mine").await.unwrap();
    assert_eq!(value(&mine, "ca.crt"), BUNDLE.as_bytes());
    assert_eq!(value(&mine, "namespace"), b"default");
    let account = house.get(&SERVICE_ACCOUNTS, "default", "default").await.unwrap();
    let uid = mine
        .annotations()
        .find(|(key, _)| *key == "kubernetes.io/service-account.uid");
    assert_eq!(uid.map(|(_, uid)| uid), Some(account.uid()));
    eventually(|| async { house.get(&SECRETS, "default", "nobodys").await.is_err() }).await;
    // What is complete is left alone by the next start, too.
    let second = House::over(house.store.clone()).await;
    let again = keep(&second);
    let revision = second.registry.revision();
    eventually(|| async { second.registry.lasting_tokens() == 1 }).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(second.registry.revision(), revision);
    assert_eq!(
        (maker.0.load(Ordering::Relaxed), again.0.load(Ordering::Relaxed)),
        (1, 0)
    );
}

#[tokio::test]
async fn a_token_of_ones_own_is_left_and_an_immutable_secret_too() {
    let house = House::new().await;
    let maker = keep(&house);
    let own = r#","data":{"token":"b3du"}"#;
    house
        .create(&SECRETS, "default", &secret("own", "default", own))
        .await
        .unwrap();
    house
        .create(
            &SECRETS,
            "default",
            &secret("fixed", "default", r#","immutable":true"#),
        )
        .await
        .unwrap();
    house
        .create(&SECRETS, "default", &secret("last", "default", ""))
        .await
        .unwrap();
    eventually(|| async {
        let last = house.get(&SECRETS, "default", "last").await.unwrap();
        !value(&last, "token").is_empty()
    })
    .await;
    let own = house.get(&SECRETS, "default", "own").await.unwrap();
    assert_eq!(
        (value(&own, "token"), value(&own, "namespace")),
        (&b"own"[..], &b"default"[..])
    );
    let fixed = house.get(&SECRETS, "default", "fixed").await.unwrap();
    assert!(value(&fixed, "token").is_empty());
    // Once in vain for the immutable one.
    assert_eq!(maker.0.load(Ordering::Relaxed), 2);
}
