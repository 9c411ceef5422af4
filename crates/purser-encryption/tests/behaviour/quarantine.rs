//! Values that cannot be opened are put aside and back, over a real store.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use purser_encryption::quarantine::{
    Origin, QuarantineError, discard, put_aside, put_back, quarantined, unopened,
};
use purser_encryption::rotation::{Pace, Progress, SealedBy, history, rewrite, survey};
use purser_encryption::{Algorithm, OpenError, Opened, SealError, SealedChange, SealedStore, Transformer};
use purser_store::{Check, Watched};
use purser_types::Plaintext;

use crate::rotation::{self, Place};

const PLACE: &str = "/registry/secrets/a/b";

fn keyed(keys: &[(&str, u8)]) -> Arc<dyn Transformer> {
    rotation::keyed(Algorithm::AesGcm, keys)
}

/// Whose key holder does not answer.
struct Away;

impl Transformer for Away {
    fn seal<'a>(&'a self, _: &'a str, _: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        async { Err(SealError::Unavailable("away".to_owned())) }.boxed()
    }

    fn open<'a>(&'a self, _: &'a str, _: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        async { Err(OpenError::Unavailable("away".to_owned())) }.boxed()
    }
}

impl Place {
    /// A store whose key of now is not the one that sealed what is at [`PLACE`].
    async fn with_a_lost_value() -> (Self, SealedStore) {
        let place = Self::new();
        put(&place.sealed(keyed(&[("lost", 9)])), PLACE).await;
        let now = place.sealed(keyed(&[("now", 1)]));
        (place, now)
    }

    async fn raw(&self, key: &str) -> Option<Bytes> {
        self.store.get(key).await.unwrap().map(|record| record.value)
    }
}

async fn put(store: &SealedStore, key: &str) {
    let change = SealedChange::Put {
        key: key.to_owned(),
        plaintext: Plaintext::new(b"a value".to_vec()),
    };
    store.commit(Vec::new(), vec![change]).await.unwrap();
}

fn origin(revision: u64) -> Origin<'static> {
    Origin {
        place: PLACE,
        revision,
    }
}

#[tokio::test]
async fn a_value_goes_aside_and_comes_back_byte_for_byte_and_is_opened_as_its_place_s() {
    let (place, now) = Place::with_a_lost_value().await;
    let before = place.raw(PLACE).await.unwrap();
    let aside = put_aside(&now, PLACE).await.unwrap();
    assert_eq!(aside.unopened, Some(OpenError::NoKey("lost".to_owned())));
    assert_eq!(place.raw(PLACE).await, None);
    let kept = origin(aside.revision);
    assert_eq!(place.raw(&kept.key(now.keyspace())).await.unwrap(), before);
    assert_eq!(quarantined(&now).await.unwrap(), std::slice::from_ref(&aside));
    // With its key it opens as the value of its place, and as no other.
    let with_key = place.sealed(keyed(&[("now", 1), ("lost", 9)]));
    assert_eq!(quarantined(&with_key).await.unwrap()[0].unopened, None);
    assert!(with_key.open(&kept.key(now.keyspace()), &before).await.is_err());
    let back = put_back(&with_key, kept, None).await.unwrap();
    assert_eq!(back.unopened, None);
    assert_eq!(place.raw(PLACE).await.unwrap(), before);
    assert!(quarantined(&now).await.unwrap().is_empty());
    assert!(matches!(
        put_back(&now, kept, None).await,
        Err(QuarantineError::Missing)
    ));
}

#[tokio::test]
async fn what_opens_or_may_open_soon_stays_where_it_is() {
    let (place, _) = Place::with_a_lost_value().await;
    let before = place.raw(PLACE).await;
    let with_key = place.sealed(keyed(&[("lost", 9)]));
    assert!(matches!(
        put_aside(&with_key, PLACE).await,
        Err(QuarantineError::Opens)
    ));
    let away = place.sealed(Arc::new(Away));
    assert!(matches!(
        put_aside(&away, PLACE).await,
        Err(QuarantineError::Away(OpenError::Unavailable(_)))
    ));
    assert!(matches!(
        put_aside(&away, "/registry/secrets/a/c").await,
        Err(QuarantineError::Missing)
    ));
    assert_eq!(place.raw(PLACE).await, before);
    assert!(quarantined(&with_key).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_is_one_transaction_which_a_watch_of_objects_sees_as_a_deletion() {
    let (place, now) = Place::with_a_lost_value().await;
    let after = place.store.revision().await.unwrap();
    let mut objects = place.store.watch("/registry/".to_owned(), after).await.unwrap();
    let mut all = place.store.watch("/".to_owned(), after).await.unwrap();
    put_aside(&now, PLACE).await.unwrap();
    let Some(Ok(Watched::Events(events))) = objects.next().await else {
        panic!("no event");
    };
    assert!(events.len() == 1 && events[0].deleted && &*events[0].record.key == PLACE);
    let Some(Ok(Watched::Events(events))) = all.next().await else {
        panic!("no event");
    };
    assert_eq!(events.len(), 2, "both at one revision");
}

#[tokio::test]
async fn nothing_is_put_back_over_another_or_when_its_condition_does_not_hold() {
    let (place, now) = Place::with_a_lost_value().await;
    let aside = put_aside(&now, PLACE).await.unwrap();
    let kept = origin(aside.revision);
    put(&now, PLACE).await;
    let other = place.raw(PLACE).await;
    assert!(matches!(
        put_back(&now, kept, None).await,
        Err(QuarantineError::Occupied)
    ));
    assert_eq!(place.raw(PLACE).await, other);
    let change = SealedChange::Delete {
        key: PLACE.to_owned(),
    };
    now.commit(Vec::new(), vec![change]).await.unwrap();
    let gone = Check {
        key: "/registry/namespaces/a".to_owned(),
        mod_revision: 1,
    };
    assert!(matches!(
        put_back(&now, kept, Some(gone)).await,
        Err(QuarantineError::Contended)
    ));
    assert_eq!(quarantined(&now).await.unwrap().len(), 1);
    discard(&now, kept).await.unwrap();
    assert!(quarantined(&now).await.unwrap().is_empty());
    assert!(matches!(discard(&now, kept).await, Err(QuarantineError::Missing)));
}

#[tokio::test]
async fn several_values_of_a_place_are_kept_apart() {
    let place = Place::new();
    let (lost, now) = (
        place.sealed(keyed(&[("lost", 9)])),
        place.sealed(keyed(&[("now", 1)])),
    );
    for count in 1..=3 {
        put(&lost, PLACE).await;
        put_aside(&now, PLACE).await.unwrap();
        assert_eq!(quarantined(&now).await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_survey_tells_them_apart_and_a_rewriting_leaves_them_alone() {
    let (place, now) = Place::with_a_lost_value().await;
    put(&now, "/registry/secrets/a/c").await;
    put_aside(&now, PLACE).await.unwrap();
    let store = place.sealed(keyed(&[("next", 2), ("lost", 9), ("now", 1)]));
    let report = rewrite(&store, Pace::Alone, &Progress::default()).await.unwrap();
    assert_eq!((report.rewritten, report.fresh, report.unopened), (1, 1, 0));
    let tree = |_: &str| "all".to_owned();
    let found = survey(&now, tree, Pace::Alone, &Progress::default())
        .await
        .unwrap();
    let lost = SealedBy::of(b"k8s:enc:aesgcm:v1:lost:x");
    assert_eq!(
        (
            found.aside.values,
            found.aside.unopened,
            found.trees["all"].values
        ),
        (1, 1, 1)
    );
    assert_eq!(found.aside.by[&lost].values, 1);
    assert_eq!(
        found.unopened.len(),
        1,
        "the one that was sealed anew, with a key that is not here"
    );
    // Its key is in history too: what is moved meanwhile is not missed.
    assert!(history(&store).await.unwrap().contains_key(&lost));
}

#[tokio::test]
async fn all_that_cannot_be_opened_is_found_below_a_prefix() {
    let (place, now) = Place::with_a_lost_value().await;
    for number in 0..600 {
        put(&now, &format!("/registry/secrets/a/s{number}")).await;
    }
    put(&place.sealed(keyed(&[("lost", 9)])), "/registry/zzz/a").await;
    put(&place.sealed(keyed(&[("lost", 9)])), "/purser/witness").await;
    assert_eq!(unopened(&now).await.unwrap(), [PLACE, "/registry/zzz/a"]);
}
