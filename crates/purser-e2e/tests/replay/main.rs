//! Every request of a recording of kube-apiserver 1.36.2, sent in its order; every answer compared, with what varies
//! between servers and runs masked. Differences that may be are listed, with a reason, in `data/differences.toml`.
//!
//! `PURSER_REPLAY_SHOW=N` shows the first N unlisted differences in full (40); `PURSER_REPLAY_ONLY=text` shows only
//! rows whose name contains the text. Every request is sent all the same, since later ones build on earlier ones.

mod compare;
mod differences;
mod learned;
mod mask;
mod recording;
mod send;
mod shorten;
mod verdict;

use differences::Differences;
use learned::Learned;
use purser_e2e::Purser;
use recording::Row;
use send::Senders;
use verdict::Verdict;

const RECORDING: &str = include_str!("../data/api-1.36.2.jsonl");
const DIFFERENCES: &str = include_str!("../data/differences.toml");

#[tokio::test(flavor = "multi_thread")]
async fn the_recording_of_kube_apiserver_is_answered_the_same_or_a_reason_is_listed() {
    let rows = Row::read(RECORDING);
    let differences = Differences::read(DIFFERENCES);
    let purser = Purser::start().await;
    let senders = Senders::of(&purser);
    let mut learned = Learned::default();
    let mut verdict = Verdict::new(&differences);
    for (number, row) in rows.iter().enumerate() {
        let answer = senders.send(row, &learned).await;
        learned.learn(&row.answer, &answer.answer);
        verdict.judge(number, row, &answer);
    }
    verdict.finish();
}
