//! The bodies of the fuzz targets (`fuzz/` at the repository's root), so that tests can run them too.
//!
//! Each takes any bytes. It panics when a reader panics or breaks a promise.

use std::sync::Arc;

use futures_util::FutureExt as _;
use prost::Message as _;
use purser_encryption::LocalKeyHolder;
use purser_encryption::kms::wire::v2::{DecryptRequest, EncryptRequest};
use tonic::Code;
use zeroize::Zeroizing;

use crate::holders;
use crate::layered::Layered;
use crate::plugin::Plugin;

/// What the kept requests unwrap to.
const SECRET: &[u8; 32] = b"thirty-two bytes of an old seed.";
/// The key that wrapped it.
const KEY: [u8; 32] = [7; 32];
/// The most bytes of an error's sentence.
const MOST_SAID: usize = 512;

thread_local! {
    /// One for each thread of tests, so that nobody waits for another's key.
    static PLUGIN: Option<Plugin> = plugin();
}

fn plugin() -> Option<Plugin> {
    let holder = LocalKeyHolder::of(vec![Zeroizing::new(KEY)])?;
    Some(Plugin::new(Arc::new(Layered::new(Arc::new(holder)))))
}

/// Any bytes as requests of an API server: what is wrapped is unwrapped to the same, unless a byte of it was changed; and
/// of what is asked to be unwrapped only the kept secret is.
pub fn requests(data: &[u8]) {
    PLUGIN.with(|plugin| {
        let Some(plugin) = plugin else { return };
        if let Ok(request) = EncryptRequest::decode(data) {
            encrypt(plugin, request);
        }
        if let Ok(request) = DecryptRequest::decode(data) {
            let plaintext = decrypt(plugin, request);
            assert!(
                plaintext.is_none_or(|plaintext| plaintext == SECRET),
                "what was not wrapped is unwrapped"
            );
        }
    });
}

fn encrypt(plugin: &Plugin, request: EncryptRequest) {
    let secret = request.plaintext.clone();
    let answer = plugin.encrypt(request).now_or_never();
    let Some(Ok(answer)) = answer else {
        let refused = answer.and_then(Result::err);
        let wrong = refused.is_some_and(|status| status.code() == Code::InvalidArgument);
        assert!(wrong, "what could be wrapped is not");
        return;
    };
    let request = DecryptRequest {
        ciphertext: answer.ciphertext,
        uid: String::new(),
        key_id: answer.key_id,
        annotations: answer.annotations,
    };
    assert!(
        decrypt(plugin, request.clone()).as_ref() == Some(&secret),
        "what was wrapped is not unwrapped"
    );
    let mut changed = request;
    let at = secret.iter().map(|byte| usize::from(*byte)).sum::<usize>() % changed.ciphertext.len().max(1);
    if let Some(byte) = changed.ciphertext.get_mut(at) {
        *byte ^= 1;
    }
    assert!(
        decrypt(plugin, changed).is_none(),
        "what was changed is unwrapped"
    );
}

fn decrypt(plugin: &Plugin, request: DecryptRequest) -> Option<Vec<u8>> {
    match plugin.decrypt(request).now_or_never()? {
        Ok(mut answer) => Some(std::mem::take(&mut answer.plaintext)),
        Err(status) => {
            assert!(status.message().len() <= MOST_SAID, "an error without a bound");
            assert!(
                status.code() != Code::Unavailable,
                "files of this machine are away"
            );
            None
        }
    }
}

/// Any bytes as what key holders elsewhere answer, and as the word and the files that name them.
pub fn answers(data: &[u8]) {
    holders::any_answer(data);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(target: &str) -> Vec<Vec<u8>> {
        let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn the_kept_inputs_hold_what_is_promised() {
        kept("kms_requests").iter().for_each(|input| requests(input));
        kept("kms_answers").iter().for_each(|input| answers(input));
    }

    /// Otherwise the target would spend its time on what is refused at once.
    #[test]
    fn kept_requests_are_unwrapped() {
        let requests = kept("kms_requests");
        let read = requests
            .iter()
            .filter_map(|input| DecryptRequest::decode(input.as_slice()).ok());
        let unwrapped = read.filter_map(|request| decrypt(&plugin().unwrap(), request));
        assert_eq!(
            unwrapped.count(),
            2,
            "one with a key of the plugin's own, and one without"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn every_target_takes_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
            requests(&data);
            answers(&data);
        }

        #[test]
        fn kept_inputs_with_a_byte_changed_hold_it_too(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            for mut input in kept("kms_requests").into_iter().chain(kept("kms_answers")) {
                let at = at.index(input.len());
                input[at] = to;
                requests(&input);
                answers(&input);
            }
        }
    }
}
