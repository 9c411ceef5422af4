//! Several providers: all that match are tried.

use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::{Chain, Identity, OpenError, Opened, ProviderInfo, SealError, Transformer};
use purser_types::Plaintext;

use crate::tamper::local;

const KEY: &str = "/registry/secrets/default/a";

/// Answers as it is told.
struct Fixed(Result<&'static [u8], OpenError>);

impl Transformer for Fixed {
    fn seal<'a>(&'a self, _key: &'a str, _plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        ready(Ok(Bytes::from_static(b"k8s:enc:fixed:"))).boxed()
    }

    fn open<'a>(&'a self, _key: &'a str, _stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        let opened = |bytes: &[u8]| Opened {
            plaintext: Plaintext::new(bytes.to_vec()),
            stale: false,
        };
        ready(self.0.clone().map(opened)).boxed()
    }

    fn claims(&self, stored: &[u8]) -> bool {
        stored.starts_with(b"k8s:enc:fixed:")
    }

    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            name: "fixed".to_owned(),
            key_id: "1".to_owned(),
        }
    }
}

fn chain(answers: Vec<Result<&'static [u8], OpenError>>) -> Chain {
    let mut providers = answers
        .into_iter()
        .map(|answer| Arc::new(Fixed(answer)) as Arc<dyn Transformer>);
    let first = providers.next().unwrap();
    Chain::new(first, providers.collect())
}

fn open(chain: &Chain, stored: &[u8]) -> Result<(Vec<u8>, bool), OpenError> {
    let opened = chain.open(KEY, stored).now_or_never().unwrap()?;
    Ok((opened.plaintext.expose().to_vec(), opened.stale))
}

const STORED: &[u8] = b"k8s:enc:fixed:x";

#[test]
fn a_failure_does_not_end_the_search() {
    let failing = || Err(OpenError::Damaged);
    assert_eq!(
        open(&chain(vec![failing(), failing(), Ok(b"a")]), STORED),
        Ok((b"a".to_vec(), true))
    );
}

#[test]
fn only_the_first_provider_opens_what_need_not_be_rewritten() {
    assert_eq!(
        open(&chain(vec![Ok(b"a"), Ok(b"b")]), STORED),
        Ok((b"a".to_vec(), false))
    );
}

#[test]
fn the_failure_that_may_pass_is_the_one_reported() {
    let unavailable = || OpenError::Unavailable("down".to_owned());
    assert_eq!(
        open(&chain(vec![Err(unavailable()), Err(OpenError::Damaged)]), STORED),
        Err(unavailable())
    );
    assert_eq!(
        open(&chain(vec![Err(OpenError::Damaged), Err(unavailable())]), STORED),
        Err(unavailable())
    );
}

#[test]
fn what_nobody_claims_is_named_by_its_prefix_and_never_by_its_content() {
    let chain = chain(vec![Ok(b"a")]);
    let unknown = |stored: &[u8]| match open(&chain, stored) {
        Err(OpenError::NoProvider(what)) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(unknown(b"k8s:enc:aescbc:v1:key1:canary"), "k8s:enc:aescbc:v1:");
    assert_eq!(unknown(b"k8s:enc:kms:v1:old:canary"), "k8s:enc:kms:v1:old:");
    assert_eq!(unknown(b"k8s:enc:canary"), "an unknown prefix");
    assert_eq!(unknown(b"k8s:enc:\xff\xff:v1:a:"), "an unknown prefix");
    assert_eq!(unknown(b"k8s\0canary"), "a value that is not encrypted");
}

#[test]
fn identity_reads_what_is_in_the_clear_only_and_never_writes() {
    let (_home, envelope) = local();
    let chain = Chain::new(Arc::new(envelope), vec![Arc::new(Identity::read_only())]);
    assert_eq!(open(&chain, b"k8s\0x"), Ok((b"k8s\0x".to_vec(), true)));
    assert_eq!(open(&chain, b"{}"), Ok((b"{}".to_vec(), true)));
    assert!(
        Identity::read_only()
            .open(KEY, b"k8s:enc:secretbox:v1:k:x")
            .now_or_never()
            .unwrap()
            .is_err()
    );
    assert_eq!(
        Identity::read_only().seal(KEY, b"x").now_or_never().unwrap(),
        Err(SealError::ReadOnly("identity"))
    );
    let sealed = chain.seal(KEY, b"x").now_or_never().unwrap().unwrap();
    assert!(sealed.starts_with(b"k8s:enc:kms:v2:purser-local:"));
    assert_eq!(open(&chain, &sealed), Ok((b"x".to_vec(), false)));
    assert_eq!(chain.info().name, "purser-local");
}
