//! One watch of etcd's: every change of every key, from some revision on.
//!
//! Of every key, although callers ask for a prefix: each revision then is an event, so that how far a watch has come
//! is known from its events alone. What etcd says of a watch's progress is not relied on: before 3.4.25 and 3.5.8 it
//! could overtake events (etcd issue 15220).

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http::uri::PathAndQuery;
use purser_store::Revision;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::{Request, Streaming};
use tonic_prost::ProstCodec;

use crate::assembly::{Assembly, Broken, Whole};
use crate::client::{Client, MAX_ANSWER};
use crate::fault::{Fault, clip};
use crate::wire::{WATCH, WatchCreateRequest, WatchRequest, WatchRequestUnion, WatchResponse};

/// The first of all keys; as an end: past the last. Source: `RangeRequest` in `rpc.proto`.
const EVERYTHING: &[u8] = b"\0";

/// Ends the watch when its member has no leader. Source: `clientv3.WithRequireLeader`.
const REQUIRE_LEADER: (&str, &str) = ("hasleader", "true");

/// How long a watch may take to be made.
const CREATE_WITHIN: Duration = Duration::from_secs(5);

/// Why a watch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// History begins at this revision, and that is later than it was asked for.
    Compacted(Revision),
    /// What was there before an event is forgotten.
    Forgotten,
    /// Anything else; it may be taken up again.
    Lost(String),
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Lost(fault.why().to_owned())
    }
}

/// A watch.
pub(crate) struct Changes {
    answers: Streaming<WatchResponse>,
    assembly: Assembly,
    whole: VecDeque<Whole>,
    /// Where etcd was when the watch was made.
    pub(crate) made_at: Revision,
}

impl Changes {
    /// Watches from after `after` on, which must not be forgotten itself: history before `after` is [`Ended::Compacted`].
    ///
    /// # Errors
    /// [`Ended::Lost`], after which it is another member's turn.
    pub(crate) async fn after(client: &Client, after: Revision) -> Result<Self, Ended> {
        // From the revision itself on: etcd compares that with what it has forgotten.
        Self::open(client, after, after.max(1)).await
    }

    /// Watches from after the current revision on: nothing of history is wanted, and etcd sends what comes at once.
    ///
    /// # Errors
    /// As [`Changes::after`].
    pub(crate) async fn after_current(client: &Client, current: Revision) -> Result<Self, Ended> {
        Self::open(client, current, current + 1).await
    }

    async fn open(client: &Client, after: Revision, from: Revision) -> Result<Self, Ended> {
        let turn = client.turn();
        let made = match tokio::time::timeout(CREATE_WITHIN, Self::create(client, turn, after, from)).await {
            Ok(made) => made,
            Err(_) => Err(Ended::Lost(format!("no watch within {CREATE_WITHIN:?}"))),
        };
        if matches!(made, Err(Ended::Lost(_))) {
            client.pass_on(turn);
        }
        made
    }

    async fn create(client: &Client, turn: usize, after: Revision, from: Revision) -> Result<Self, Ended> {
        let create = WatchCreateRequest {
            key: EVERYTHING.to_vec(),
            range_end: EVERYTHING.to_vec(),
            start_revision: i64::try_from(from).unwrap_or(i64::MAX),
            prev_kv: true,
            fragment: true,
        };
        let create = WatchRequest {
            request_union: Some(WatchRequestUnion::Create(create)),
        };
        // What is asked ends only with the watch.
        let asked = stream::iter([create]).chain(stream::pending());
        let mut request = Request::new(asked);
        let (name, value) = REQUIRE_LEADER;
        request
            .metadata_mut()
            .insert(name, MetadataValue::from_static(value));
        let channel = client.member(turn)?.channel.clone();
        let mut grpc = Grpc::new(channel).max_decoding_message_size(MAX_ANSWER);
        grpc.ready()
            .await
            .map_err(|error| Ended::Lost(clip(&error.to_string())))?;
        let codec: ProstCodec<WatchRequest, WatchResponse> = ProstCodec::default();
        let answers = grpc
            .streaming(request, PathAndQuery::from_static(WATCH), codec)
            .await
            .map_err(Fault::from)?;
        let mut changes = Self {
            answers: answers.into_inner(),
            assembly: Assembly::starting_after(after),
            whole: VecDeque::new(),
            made_at: 0,
        };
        let first = changes.answer().await?;
        if !first.created {
            return Err(Ended::Lost("events before the watch was made".to_owned()));
        }
        changes.made_at = client.learn(first.header.as_ref())?;
        changes.take(first)?;
        Ok(changes)
    }

    /// The next revision. May be dropped and called again.
    ///
    /// # Errors
    /// Why the watch ended; nothing follows.
    pub(crate) async fn next(&mut self) -> Result<Whole, Ended> {
        loop {
            if let Some(whole) = self.whole.pop_front() {
                return Ok(whole);
            }
            let answer = self.answer().await?;
            self.take(answer)?;
        }
    }

    /// What is there already, without waiting.
    pub(crate) fn waiting(&mut self) -> VecDeque<Whole> {
        std::mem::take(&mut self.whole)
    }

    async fn answer(&mut self) -> Result<WatchResponse, Ended> {
        let answer = self.answers.message().await.map_err(Fault::from)?;
        let answer = answer.ok_or_else(|| Ended::Lost("the watch was ended".to_owned()))?;
        if answer.compact_revision != 0 {
            return Err(Ended::Compacted(
                Revision::try_from(answer.compact_revision).unwrap_or(0),
            ));
        }
        if answer.canceled {
            return Err(Ended::Lost(clip(&answer.cancel_reason)));
        }
        Ok(answer)
    }

    fn take(&mut self, answer: WatchResponse) -> Result<(), Ended> {
        match self.assembly.take(answer.events, answer.fragment) {
            Ok(whole) => {
                self.whole.extend(whole);
                Ok(())
            }
            Err(Broken::Forgotten) => Err(Ended::Forgotten),
            Err(Broken::Nonsense(what)) => Err(Ended::Lost(what.to_owned())),
        }
    }
}
