//! Certificates are replaced under a client, without a restart of anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use purser_etcd::{Keys, renew};
use time::OffsetDateTime;

use crate::etcd::{Trial, YEAR, found, wait};
use crate::talk::{Files, put};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_certificates_are_shown_at_once_and_no_call_fails() {
    let mut trial = Trial::make(3, YEAR);
    trial.start();
    let members = trial.cluster.members.clone();
    let (url, client) = trial.first_write().await;
    let client = Arc::new(client);

    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let busy = tokio::spawn({
        let (stop, calls, client, url) = (
            Arc::clone(&stop),
            Arc::clone(&calls),
            Arc::clone(&client),
            url.clone(),
        );
        async move {
            while !stop.load(Ordering::Relaxed) {
                put(&url, &client, "a", b"b").await?;
                calls.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, String>(())
        }
    });
    let peer = Files::peer(&trial.layout, &members[1]);
    let shown = async || (client.shown(&url).await, peer.shown(&members[0].peer_url()).await);
    let before = shown().await;
    let (_, renewed) = renew(
        &trial.directory(),
        YEAR * 2,
        Keys::Same,
        OffsetDateTime::now_utc(),
    )
    .unwrap();
    assert_eq!(renewed.len(), 3 * 2 + 2);
    assert!(
        renewed
            .iter()
            .all(|one| one.ended.is_some_and(|ended| ended < one.ends))
    );
    let after = shown().await;
    assert!(
        before.0 != after.0 && before.1 != after.1,
        "both ports show what is new"
    );
    let so_far = calls.load(Ordering::Relaxed);
    wait("more calls", async || calls.load(Ordering::Relaxed) > so_far + 20).await;
    stop.store(true, Ordering::Relaxed);
    busy.await.unwrap().unwrap();

    // With new keys a handshake may fall between two files; the next one does not.
    renew(&trial.directory(), YEAR, Keys::New, OffsetDateTime::now_utc()).unwrap();
    wait("a write with new keys", async || {
        put(&url, &client, "a", b"b").await.is_ok()
    })
    .await;
    let newest = shown().await;
    assert!(newest.0 != after.0 && newest.1 != after.1);
    assert_eq!(found(&trial.check().await), ["low authority-keys", "medium auth"]);
}

#[tokio::test]
async fn who_ran_out_is_refused_and_told_and_served_again_once_it_is_renewed() {
    let mut trial = Trial::make(1, time::Duration::seconds(8));
    trial.start();
    let (url, client) = trial.first_write().await;
    assert!(
        found(&trial.check().await).contains(&"high expiry".to_owned()),
        "it ends within a week"
    );
    wait("the end", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        put(&url, &client, "a", b"b").await.is_err()
    })
    .await;
    let report = trial.check().await;
    let ended = report
        .findings
        .iter()
        .filter(|finding| finding.evidence.contains(" ended on "));
    // Both ports; on disk both of the member's, and both clients'.
    assert_eq!(ended.count(), 2 + 2 + 2, "{report:#?}");
    assert!(report.is_partial(), "as a client nothing could be asked");

    renew(&trial.directory(), YEAR, Keys::Same, OffsetDateTime::now_utc()).unwrap();
    put(&url, &client, "a", b"b").await.unwrap();
    assert_eq!(
        found(&trial.check().await),
        ["low authority-keys", "low quorum", "medium auth"]
    );
}
