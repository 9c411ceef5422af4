//! A plugin that breaks the rules of the protocol, asked by the client that Purser asks plugins with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use purser_encryption::kms::{Endpoint, PluginV1, PluginV2};
use purser_encryption::{Envelope, EnvelopeV1, KeyHolder, Transformer as _};
use tempfile::TempDir;
use tonic::Status;

use crate::stand_in::{KEY_ID, Manners, StandIn};

const KEY: &str = "/registry/secrets/default/a";
/// How long a call may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

struct World {
    plugin: Arc<StandIn>,
    endpoint: Endpoint,
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let socket = directory.path().join("kms.sock");
        let plugin = StandIn::listen(&socket);
        let endpoint = Endpoint::parse(&format!("unix://{}", socket.display())).unwrap();
        Self {
            plugin,
            endpoint,
            directory,
        }
    }

    fn v2(&self) -> Arc<PluginV2> {
        Arc::new(PluginV2::new(&self.endpoint, PATIENCE))
    }

    fn v1(&self) -> Arc<PluginV1> {
        Arc::new(PluginV1::new(&self.endpoint, PATIENCE))
    }
}

/// What the envelope says of a plugin that never behaved otherwise.
async fn refusal(manners: Manners) -> String {
    let world = World::new();
    world.plugin.behave(manners);
    let envelope = Envelope::new("p", world.v2());
    let refused = envelope.refresh().await.unwrap_err().to_string();
    assert!(
        envelope.seal(KEY, b"a value").await.is_err(),
        "nothing is written"
    );
    drop(world.directory);
    refused
}

#[tokio::test]
async fn a_status_that_breaks_a_rule_is_not_taken() {
    let good = Manners::default();
    for (manners, sentence) in [
        (
            Manners {
                healthz: "no key".to_owned(),
                ..good.clone()
            },
            "got unexpected healthz status: no key",
        ),
        (
            Manners {
                healthz: "OK".to_owned(),
                ..good.clone()
            },
            "got unexpected healthz status: OK",
        ),
        (
            Manners {
                healthz: String::new(),
                ..good.clone()
            },
            "got unexpected healthz status: ",
        ),
        (
            Manners {
                version: "v3".to_owned(),
                ..good.clone()
            },
            "expected KMSv2 API version v2, got v3",
        ),
        (
            Manners {
                version: String::new(),
                ..good.clone()
            },
            "expected KMSv2 API version v2, got ",
        ),
        (
            Manners {
                key_id: String::new(),
                ..good.clone()
            },
            "its key id has 0 bytes, not 1 to 1024",
        ),
        (
            Manners {
                key_id: "k".repeat(1025),
                ..good.clone()
            },
            "its key id has 1025 bytes, not 1 to 1024",
        ),
        (
            Manners {
                fails: Some(Status::internal("broken")),
                ..good.clone()
            },
            "Internal: broken",
        ),
    ] {
        let refused = refusal(manners).await;
        assert_eq!(refused, format!("the key holder is not available: {sentence}"));
    }
    for version in ["v2", "v2beta1"] {
        let world = World::new();
        world.plugin.behave(Manners {
            version: version.to_owned(),
            ..good.clone()
        });
        assert_eq!(world.v2().key_id().await.unwrap(), KEY_ID);
    }
}

#[tokio::test]
async fn a_wrapped_key_that_breaks_a_rule_is_not_taken() {
    let good = Manners::default();
    let annotated = |name: &str, bytes: usize| Manners {
        annotations: BTreeMap::from([(name.to_owned(), vec![0; bytes])]),
        ..good.clone()
    };
    for (manners, sentence) in [
        (
            Manners {
                ciphertext: Some(Vec::new()),
                ..good.clone()
            },
            "wrapped",
        ),
        (
            Manners {
                ciphertext: Some(vec![1; 1025]),
                ..good.clone()
            },
            "wrapped",
        ),
        (
            Manners {
                wraps_with: Some(String::new()),
                ..good.clone()
            },
            "key id",
        ),
        (
            Manners {
                wraps_with: Some("k".repeat(1025)),
                ..good.clone()
            },
            "key id",
        ),
        (
            Manners {
                wraps_with: Some("another".to_owned()),
                ..good.clone()
            },
            "it wraps with another key than the one that it says it uses",
        ),
        (annotated("a.b/c", 1), "annotation"),
        (annotated("nodots", 1), "annotation"),
        (annotated("Upper.Case", 1), "annotation"),
        (annotated("", 1), "annotation"),
        (annotated("a.b", 32 * 1024), "annotation"),
    ] {
        let refused = refusal(manners).await;
        assert!(refused.contains(sentence), "{sentence}: {refused}");
    }
}

#[tokio::test]
async fn an_answer_of_ten_mebibytes_is_not_read() {
    let huge = "x".repeat(10 << 20);
    for manners in [
        Manners {
            healthz: huge.clone(),
            ..Manners::default()
        },
        Manners {
            ciphertext: Some(huge.clone().into_bytes()),
            ..Manners::default()
        },
    ] {
        let refused = refusal(manners).await;
        assert!(refused.contains("OutOfRange") && refused.len() < 400, "{refused}");
    }
    let world = World::new();
    let envelope = Envelope::new("p", world.v2());
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    let other = Envelope::new("p", world.v2());
    world.plugin.behave(Manners {
        plaintext: Some(huge.clone().into_bytes()),
        ..Manners::default()
    });
    let why = other.open(KEY, &sealed).await.unwrap_err().to_string();
    assert!(why.contains("OutOfRange") && why.len() < 400, "{why}");
    world.plugin.behave(Manners {
        fails: Some(Status::internal("y".repeat(10 << 10))),
        ..Manners::default()
    });
    let why = other.open(KEY, &sealed).await.unwrap_err().to_string();
    assert!(why.len() < 400, "{why}");
}

#[tokio::test]
async fn a_seed_of_another_length_or_another_seed_opens_nothing() {
    let world = World::new();
    let envelope = Envelope::new("p", world.v2());
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    for answer in [Vec::new(), vec![1; 16], vec![1; 32], vec![1; 33]] {
        let other = Envelope::new("p", world.v2());
        world.plugin.behave(Manners {
            plaintext: Some(answer),
            ..Manners::default()
        });
        assert!(other.open(KEY, &sealed).await.is_err());
        // Nor does it stay so: the next answer counts.
        world.plugin.behave(Manners::default());
        let opened = other.open(KEY, &sealed).await;
        assert!(opened.is_ok(), "{:?}", opened.err());
    }
}

#[tokio::test]
async fn a_plugin_that_is_slow_is_given_up_after_the_timeout_and_reads_go_on() {
    let world = World::new();
    let timeout = Duration::from_millis(300);
    let envelope = Envelope::new("p", Arc::new(PluginV2::new(&world.endpoint, timeout)));
    envelope.refresh().await.unwrap();
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    world.plugin.behave(Manners {
        takes: Duration::from_secs(60),
        ..Manners::default()
    });
    let begun = Instant::now();
    let refused = envelope.refresh().await.unwrap_err().to_string();
    assert!(refused.contains("no answer within 300ms"), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(
        envelope.open(KEY, &sealed).await.unwrap().plaintext.expose(),
        b"a value"
    );
    world.plugin.behave(Manners::default());
    envelope.refresh().await.unwrap();
}

#[tokio::test]
async fn key_ids_that_change_with_every_status_make_a_seed_each_and_everything_opens() {
    let world = World::new();
    world.plugin.behave(Manners {
        flaps: true,
        ..Manners::default()
    });
    let envelope = Envelope::new("p", world.v2());
    let mut sealed = Vec::new();
    for _ in 0..20 {
        envelope.refresh().await.unwrap();
        sealed.push(envelope.seal(KEY, b"a value").await.unwrap());
        // Writes between two questions cost nothing.
        sealed.push(envelope.seal(KEY, b"a value").await.unwrap());
    }
    assert_eq!(world.plugin.asked.encrypt.load(Ordering::Relaxed), 20);
    let fresh = Envelope::new("p", world.v2());
    for value in &sealed {
        assert_eq!(
            fresh.open(KEY, value).await.unwrap().plaintext.expose(),
            b"a value"
        );
    }
    assert_eq!(world.plugin.asked.decrypt.load(Ordering::Relaxed), 20);
}

#[tokio::test]
async fn a_plugin_of_version_1_is_judged_too() {
    let world = World::new();
    assert_eq!(world.v1().key_id().await.unwrap(), "");
    let envelope = EnvelopeV1::new("p", world.v1(), 10);
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    world.plugin.behave(Manners {
        version: "v1".to_owned(),
        ..Manners::default()
    });
    let wrong = world.v1().key_id().await.unwrap_err().to_string();
    assert!(wrong.contains("it does not speak v1beta1"), "{wrong}");
    for (manners, sentence) in [
        (
            Manners {
                ciphertext: Some(Vec::new()),
                ..Manners::default()
            },
            "it answered no key",
        ),
        (
            Manners {
                ciphertext: Some(vec![1; 70_000]),
                ..Manners::default()
            },
            "OutOfRange",
        ),
        (
            Manners {
                fails: Some(Status::unavailable("away")),
                ..Manners::default()
            },
            "away",
        ),
    ] {
        world.plugin.behave(manners);
        let refused = envelope.seal(KEY, b"more").await.unwrap_err().to_string();
        assert!(refused.contains(sentence), "{refused}");
        assert!(envelope.open(KEY, &sealed).await.is_ok(), "its key is known");
    }
    for answer in [Vec::new(), vec![1; 31], vec![1; 32]] {
        let other = EnvelopeV1::new("p", world.v1(), 10);
        world.plugin.behave(Manners {
            plaintext: Some(answer),
            ..Manners::default()
        });
        assert!(other.open(KEY, &sealed).await.is_err());
        world.plugin.behave(Manners::default());
        assert!(other.open(KEY, &sealed).await.is_ok(), "it is asked again");
    }
}

#[tokio::test]
async fn a_plugin_of_version_1_has_to_wrap_and_unwrap_to_be_well() {
    for (manners, sentence) in [
        (
            Manners {
                plaintext: Some(b"pong".to_vec()),
                ..Manners::default()
            },
            "it unwraps something else than it wrapped",
        ),
        (
            Manners {
                fails: Some(Status::unavailable("away")),
                ..Manners::default()
            },
            "away",
        ),
    ] {
        let world = World::new();
        assert_eq!(EnvelopeV1::new("p", world.v1(), 10).check().await, Ok(()));
        world.plugin.behave(manners);
        let why = EnvelopeV1::new("p", world.v1(), 10).check().await.unwrap_err();
        assert!(why.contains(sentence), "{why}");
    }
}
