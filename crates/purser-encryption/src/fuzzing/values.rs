//! Any bytes as stored values, and any bytes sealed.

use futures_util::FutureExt as _;

use super::known::{PROVIDERS, Provider, World};
use crate::transformer::{ENCRYPTED_PREFIX, OpenError, Opened, Transformer};

/// A storage key of nobody.
const ELSEWHERE: &str = "/registry/secrets/elsewhere/x";
/// The most bytes of an error's sentence.
const MOST_SAID: usize = 512;

/// Any bytes after the prefix of `aescbc`.
pub fn aescbc(data: &[u8]) {
    one("aescbc", data);
}

/// Any bytes after the prefix of `aesgcm`.
pub fn aesgcm(data: &[u8]) {
    one("aesgcm", data);
}

/// Any bytes after the prefix of `secretbox`.
pub fn secretbox(data: &[u8]) {
    one("secretbox", data);
}

/// Any bytes after the prefix of a plugin of KMS v1.
pub fn kms_v1(data: &[u8]) {
    one("kms_v1", data);
}

/// Any bytes after the prefix of a plugin of KMS v2.
pub fn kms_v2(data: &[u8]) {
    one("kms_v2", data);
}

/// The first byte chooses a storage key; what follows is the body of a value, and then an object to seal.
fn one(name: &str, data: &[u8]) {
    let Some((provider, key, body)) = chosen(name, data) else {
        return;
    };
    let stored = [provider.promises.prefix.as_bytes(), body].concat();
    if let Some(opened) = open(&*provider.transformer, key, &stored) {
        judge(provider, key, &stored, &opened);
    }
    seal(provider, key, body);
}

fn chosen<'a>(name: &str, data: &'a [u8]) -> Option<(&'static Provider, &'static str, &'a [u8])> {
    let provider = World::get().provider(name)?;
    let (choice, body) = data.split_first()?;
    let known = provider.known.get(usize::from(*choice) % provider.known.len())?;
    Some((provider, &known.key, body))
}

/// Whether an input of a target is a value that opens.
#[cfg(test)]
pub(super) fn opens(name: &str, data: &[u8]) -> bool {
    chosen(name, data).is_some_and(|(provider, key, body)| {
        let stored = [provider.promises.prefix.as_bytes(), body].concat();
        open(&*provider.transformer, key, &stored).is_some()
    })
}

/// Opens in both ways, which agree.
fn open(transformer: &dyn Transformer, key: &str, stored: &[u8]) -> Option<Opened> {
    let opened = transformer.open(key, stored).now_or_never();
    assert!(opened.is_some(), "somebody waits");
    let opened = opened?;
    if let Err(error) = &opened {
        assert!(error.to_string().len() <= MOST_SAID, "an error without a bound");
    }
    match (transformer.open_now(key, stored), &opened) {
        (None, _) | (Some(Err(_)), Err(_)) => {}
        (Some(Ok(now)), Ok(opened)) => {
            assert!(
                now.plaintext == opened.plaintext && now.stale == opened.stale,
                "the two ways to open differ"
            );
        }
        (Some(_), _) => assert!(opened.is_err() && opened.is_ok(), "the two ways to open differ"),
    }
    opened.ok()
}

/// What opened is what was sealed, in its place where the provider binds it to one.
fn judge(provider: &Provider, key: &str, stored: &[u8], opened: &Opened) {
    let promises = provider.promises;
    let plaintext = opened.plaintext.expose();
    assert!(plaintext.len() < stored.len(), "an object grew out of nothing");
    // What KMS v1 wrote before Kubernetes 1.25 is in CBC, which authenticates nothing, and is told by being stale.
    let without_tag = promises.name == "kms_v1" && plaintext.starts_with(b"k8s\0");
    if !promises.authenticates || (without_tag && opened.stale) {
        return;
    }
    let sealed = provider
        .known
        .iter()
        .any(|known| known.plaintext == plaintext && (known.key == key || !promises.binds));
    assert!(sealed, "{} opened what was not sealed", promises.name);
}

/// Seals `plaintext`; what was changed, cut, made longer or moved is refused by those that promise it.
fn seal(provider: &Provider, key: &str, plaintext: &[u8]) {
    let Provider {
        promises,
        transformer,
        ..
    } = provider;
    let sealed = transformer.seal(key, plaintext).now_or_never();
    let Some(Ok(sealed)) = sealed else {
        assert!(sealed.is_some(), "nothing is sealed");
        return;
    };
    let same = |opened: Option<Opened>| opened.is_some_and(|opened| opened.plaintext.expose() == plaintext);
    let back = open(&**transformer, key, &sealed);
    assert!(
        back.as_ref().is_some_and(|opened| !opened.stale),
        "what was sealed is stale"
    );
    assert!(same(back), "what was sealed opens to something else");
    let moved = open(&**transformer, ELSEWHERE, &sealed);
    if promises.binds {
        assert!(moved.is_none(), "a moved value opens");
    } else {
        assert!(same(moved), "a value is bound to its place, against what is said");
    }
    let (at, change) = chance(plaintext, sealed.len());
    let mut changed = sealed.to_vec();
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= change;
    }
    let cut = sealed.get(..at).unwrap_or_default();
    let longer = [&sealed, [change].as_slice()].concat();
    for (what, stored) in [("changed", changed.as_slice()), ("cut", cut), ("longer", &longer)] {
        let opened = open(&**transformer, key, stored);
        assert!(
            opened.is_none() || !promises.authenticates,
            "a {what} value opens"
        );
    }
}

/// Where a value of `length` bytes is changed, and in which bits.
fn chance(data: &[u8], length: usize) -> (usize, u8) {
    let mixed = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |mixed, byte| {
        (mixed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let [first, second, third, ..] = mixed.to_be_bytes();
    let at = usize::from(u16::from_be_bytes([second, third]));
    (at % length.max(1), first.max(1))
}

/// Any bytes as a stored value of any provider. The first byte chooses a storage key.
pub fn chain(data: &[u8]) {
    let world = World::get();
    let Some((choice, stored)) = data.split_first() else {
        return;
    };
    let known: Vec<_> = world
        .providers
        .iter()
        .flat_map(|provider| &provider.known)
        .collect();
    let key = known
        .get(usize::from(*choice) % known.len())
        .map_or("", |known| &known.key);
    let opened = open(&*world.chain, key, stored);
    if !stored.starts_with(ENCRYPTED_PREFIX) {
        let clear = opened.is_some_and(|opened| opened.stale && opened.plaintext.expose() == stored);
        assert!(clear, "a value in the clear is not read as it is");
        return;
    }
    let claims = |provider: &&Provider| stored.starts_with(provider.promises.prefix.as_bytes());
    match (world.providers.iter().find(claims), opened) {
        (Some(provider), Some(opened)) => {
            assert!(
                opened.stale || provider.promises.name == PROVIDERS[0].name,
                "what is not of the provider that writes is fresh"
            );
            let opened = Opened {
                stale: true,
                ..opened
            };
            judge(provider, key, stored, &opened);
        }
        (None, opened) => assert!(opened.is_none(), "nobody's value opens"),
        (Some(_), None) => {}
    }
    let read = world.chain.open(key, stored).now_or_never();
    if let Some(Err(OpenError::NoProvider(_))) = read {
        assert!(
            !world.chain.claims(stored),
            "a value that is claimed has no provider"
        );
    }
}
