//! Any bytes as the files that keys are in.

use std::sync::Arc;

use futures_util::FutureExt as _;

use super::known::RecordedPlugin;
use crate::configuration::{Configuration, Providers};
use crate::key_file::{LocalKey, MAX_FILE};

/// Any bytes as a key file: there is one way only to write a key.
pub fn key_file(data: &[u8]) {
    if let Ok(key) = LocalKey::decode(data) {
        assert!(key.encode().as_slice() == data, "a key is written in two ways");
        assert!(data.len() <= MAX_FILE, "a key file that would not be read");
    }
}

/// Any bytes as an `EncryptionConfiguration`: what is taken opens what it seals.
pub fn encryption_configuration(data: &[u8]) {
    const KEY: &str = "/registry/secrets/default/a";
    const OBJECT: &[u8] = b"k8s\0an object";
    for reloads in [false, true] {
        let Ok(configuration) = Configuration::read(data, reloads) else {
            continue;
        };
        let clear = configuration.keeps_in_the_clear("", "secrets");
        let providers = Providers::new(configuration, |_| Ok(Arc::new(RecordedPlugin)));
        let Ok(providers) = providers else {
            assert!(clear, "a configuration that was taken makes no providers");
            continue;
        };
        assert!(
            providers.keeps_in_the_clear("", "secrets") == clear,
            "it changed its mind"
        );
        let transformer = providers.of("", "secrets");
        let sealed = transformer.seal(KEY, OBJECT).now_or_never();
        let Some(Ok(sealed)) = sealed else {
            assert!(sealed.is_some_and(|sealed| sealed.is_ok()), "nothing is sealed");
            continue;
        };
        assert!(
            (sealed == OBJECT) == clear,
            "a value is in the clear, or not, against what is said"
        );
        let opened = transformer.open(KEY, &sealed).now_or_never();
        assert!(
            opened.is_some_and(
                |opened| opened.is_ok_and(|opened| opened.plaintext.expose() == OBJECT && !opened.stale)
            ),
            "what was sealed does not open"
        );
    }
}
