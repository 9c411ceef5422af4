//! An authority is replaced while a cluster runs.

use purser_etcd::{Side, Step, roll_over};
use time::OffsetDateTime;

use crate::etcd::{Trial, YEAR, wait};
use crate::talk::{Files, put};

fn step(trial: &Trial, side: Side, step: Step) -> Result<usize, String> {
    let now = OffsetDateTime::now_utc();
    let taken = roll_over(&trial.directory(), side, step, YEAR, now);
    taken
        .map(|(_, renewed)| renewed.len())
        .map_err(|error| error.to_string())
}

/// One member after the other, each when all serve.
async fn restart_all(trial: &mut Trial, files: &Files) {
    for number in 0..trial.cluster.members.len() {
        trial.restart(number);
        serving(trial, files).await;
    }
}

async fn serving(trial: &Trial, files: &Files) {
    for member in &trial.cluster.members {
        let url = member.client_url();
        wait("a write through every member", async || {
            put(&url, files, "a", b"b").await.is_ok()
        })
        .await;
    }
}

#[tokio::test]
async fn authorities_of_peers_and_of_clients_are_replaced_step_by_step_with_every_member_serving() {
    let mut trial = Trial::make(3, YEAR);
    trial.start();
    let files = Files::administrator(&trial.layout);
    serving(&trial, &files).await;
    let old = trial.top.path().join("old");
    std::fs::create_dir(&old).unwrap();
    for name in ["root.crt", "root.key"] {
        std::fs::copy(trial.layout.client("root").join(name), old.join(name)).unwrap();
    }
    for side in [Side::Peers, Side::Clients] {
        assert!(
            step(&trial, side, Step::Reissue)
                .unwrap_err()
                .contains("--step trust comes first")
        );
        assert_eq!(step(&trial, side, Step::Trust), Ok(0));
        assert!(step(&trial, side, Step::Drop).unwrap_err().contains("come first"));
        restart_all(&mut trial, &files).await;
        let leaves = if side == Side::Peers { 3 } else { 2 };
        assert_eq!(step(&trial, side, Step::Reissue), Ok(leaves));
        assert_eq!(
            step(&trial, side, Step::Reissue),
            Ok(leaves),
            "a step that was cut short is taken again"
        );
        serving(&trial, &files).await;
        assert_eq!(step(&trial, side, Step::Drop), Ok(0));
        restart_all(&mut trial, &files).await;
    }
    let before = Files {
        certificate: old.join("root.crt"),
        key: old.join("root.key"),
        ..Files::administrator(&trial.layout)
    };
    let url = trial.cluster.members[0].client_url();
    assert!(
        put(&url, &before, "a", b"b").await.is_err(),
        "the old authority is believed by nobody"
    );
}

#[tokio::test]
async fn the_authority_of_servers_is_replaced_without_a_restart_of_any_member() {
    let mut trial = Trial::make(1, YEAR);
    trial.start();
    let files = Files::administrator(&trial.layout);
    serving(&trial, &files).await;
    for (taken, leaves) in [(Step::Trust, 0), (Step::Reissue, 1), (Step::Drop, 0)] {
        assert_eq!(step(&trial, Side::Servers, taken), Ok(leaves));
        put(&trial.cluster.members[0].client_url(), &files, "a", b"b")
            .await
            .unwrap();
    }
}
