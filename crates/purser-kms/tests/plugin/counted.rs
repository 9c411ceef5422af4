//! What is counted of plugins that do not behave.

use std::sync::Arc;
use std::time::Duration;

use purser_encryption::kms::{Endpoint, PluginV1, PluginV2};
use purser_encryption::tally::{Direction, ProviderTally, Tallies, hashed};
use purser_encryption::{Envelope, EnvelopeV1, KeyHolder as _, Transformer as _};
use tonic::Status;

use crate::stand_in::{KEY_ID, Manners, StandIn};

const KEY: &str = "/registry/secrets/default/one";
const PATIENCE: Duration = Duration::from_secs(5);

struct World {
    _home: tempfile::TempDir,
    plugin: Arc<StandIn>,
    endpoint: Endpoint,
    tally: Arc<ProviderTally>,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("kms.sock");
        Self {
            plugin: StandIn::listen(&socket),
            endpoint: Endpoint::parse(&format!("unix://{}", socket.display())).unwrap(),
            tally: Tallies::default().provider("p"),
            _home: home,
        }
    }

    /// How many calls of a method ended with a code.
    fn calls(&self, method: &str, code: &str) -> u64 {
        let calls = self.tally.calls();
        let those = calls.iter().filter(|(m, c, _)| *m == method && *c == code);
        those.map(|(_, _, took)| took.count()).sum()
    }
}

#[tokio::test]
async fn key_ids_that_are_none_and_calls_that_fail_are_counted_by_what_was_wrong() {
    let world = World::new();
    let client = PluginV2::new(&world.endpoint, PATIENCE).counted(Arc::clone(&world.tally));
    assert!(client.key_id().await.is_ok());
    for (key_id, times) in [(String::new(), 1), ("k".repeat(1025), 2)] {
        world.plugin.behave(Manners {
            key_id,
            ..Manners::default()
        });
        for _ in 0..times {
            assert!(client.key_id().await.is_err());
        }
    }
    assert_eq!(world.tally.bad_key_ids(), [("empty", 1), ("too_long", 2)]);
    let status = "/v2.KeyManagementService/Status";
    assert_eq!(world.calls(status, "OK"), 4);
    world.plugin.behave(Manners {
        fails: Some(Status::cancelled("no")),
        ..Manners::default()
    });
    assert!(client.key_id().await.is_err());
    // As Go spells it.
    assert_eq!(world.calls(status, "Canceled"), 1);
    world.plugin.behave(Manners {
        takes: Duration::from_secs(2),
        ..Manners::default()
    });
    let hasty = PluginV2::new(&world.endpoint, Duration::from_millis(50)).counted(Arc::clone(&world.tally));
    assert!(hasty.key_id().await.is_err());
    assert_eq!(world.calls(status, "DeadlineExceeded"), 1);
    let told: Vec<String> = world.tally.statuses().into_iter().map(|(hash, _)| hash).collect();
    assert_eq!(told, [hashed(KEY_ID)]);
}

#[tokio::test]
async fn seeds_and_uses_of_the_key_are_counted() {
    let world = World::new();
    let client = PluginV2::new(&world.endpoint, PATIENCE).counted(Arc::clone(&world.tally));
    let envelope = Envelope::new("p", Arc::new(client)).counted(Arc::clone(&world.tally));
    assert_eq!(world.tally.kept(), None);
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    for _ in 0..3 {
        assert!(envelope.open(KEY, &sealed).await.is_ok());
    }
    // Moved: it does not open, and the key was used for it all the same, as upstream counts.
    assert!(
        envelope
            .open("/registry/secrets/default/two", &sealed)
            .await
            .is_err()
    );
    let uses: Vec<_> = world
        .tally
        .keys()
        .into_iter()
        .map(|used| (used.direction, used.count))
        .collect();
    assert!(
        uses.contains(&(Direction::ToStorage, 1)) && uses.contains(&(Direction::FromStorage, 4)),
        "{uses:?}"
    );
    assert_eq!((world.tally.kept(), world.tally.misses()), (Some(1), 0));
    assert_eq!(world.tally.generated().count(), 1);
    envelope.forget();
    assert_eq!(world.tally.kept(), Some(0));
}

#[tokio::test]
async fn what_is_of_version_1_alone_is_counted() {
    let world = World::new();
    let client = PluginV1::new(&world.endpoint, PATIENCE).counted(Arc::clone(&world.tally));
    let envelope = EnvelopeV1::new("p", Arc::new(client), 4).counted(Arc::clone(&world.tally));
    let sealed = envelope.seal(KEY, b"a value").await.unwrap();
    assert!(envelope.open(KEY, &sealed).await.is_ok());
    assert!(envelope.open(KEY, &sealed).await.is_ok());
    let (filled, [(_, opened), (_, sealed)]) = world.tally.of_v1();
    assert!((filled - 0.25).abs() < 1e-9, "{filled}");
    assert_eq!((opened.count(), sealed.count()), (2, 1));
    assert_eq!(world.calls("/v1beta1.KeyManagementService/Encrypt", "OK"), 1);
    assert_eq!(world.calls("/v1beta1.KeyManagementService/Decrypt", "OK"), 0);
}
