//! The bodies of the fuzz targets (`fuzz/` at the repository's root), so that tests can run them too.
//!
//! Each takes any bytes. It panics when a decoder panics or breaks a promise. The promise of those that open values: what
//! opens is what was sealed, so that nothing but the recorded values opens under the recorded keys.

mod files;
mod known;
mod messages;
mod values;

pub use files::{encryption_configuration, key_file};
pub use messages::{encrypted_object, kms_messages};
pub use values::{aescbc, aesgcm, chain, kms_v1, kms_v2, secretbox};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::known::{PROVIDERS, World};

    type Target = fn(&[u8]);

    const OPENING: [Target; 6] = [
        super::aescbc,
        super::aesgcm,
        super::secretbox,
        super::kms_v1,
        super::kms_v2,
        super::chain,
    ];
    const READING: [Target; 4] = [
        super::encrypted_object,
        super::kms_messages,
        super::key_file,
        super::encryption_configuration,
    ];

    /// The inputs that are kept with the targets.
    fn kept(target: &str) -> Vec<Vec<u8>> {
        let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn every_provider_has_recorded_values() {
        let world = World::get();
        for provider in PROVIDERS {
            let known = &world.provider(provider.name).unwrap().known;
            assert!(known.len() >= 3, "{}", provider.name);
        }
    }

    #[test]
    fn the_kept_inputs_hold_what_is_promised() {
        let targets: [(&str, Target); 10] = [
            ("aescbc", OPENING[0]),
            ("aesgcm", OPENING[1]),
            ("secretbox", OPENING[2]),
            ("kms_v1", OPENING[3]),
            ("kms_v2", OPENING[4]),
            ("chain", OPENING[5]),
            ("encrypted_object", READING[0]),
            ("kms_messages", READING[1]),
            ("key_file", READING[2]),
            ("encryption_configuration", READING[3]),
        ];
        for (name, target) in targets {
            let inputs = kept(name);
            assert!(!inputs.is_empty(), "{name}");
            inputs.iter().for_each(|input| target(input));
        }
    }

    /// Otherwise a target would spend its time on what is refused at once.
    #[test]
    fn the_kept_values_open() {
        for provider in PROVIDERS {
            for input in kept(provider.name) {
                let opened = super::values::opens(provider.name, &input);
                assert!(opened, "{}", provider.name);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn every_target_takes_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
            for target in OPENING.into_iter().chain(READING) {
                target(&data);
            }
        }

        #[test]
        fn a_kept_value_with_a_byte_changed_opens_to_nothing_else(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            for (provider, target) in PROVIDERS.iter().zip(OPENING) {
                for mut input in kept(provider.name) {
                    let at = at.index(input.len());
                    input[at] = to;
                    target(&input);
                }
            }
        }
    }
}
