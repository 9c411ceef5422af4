//! Requests to the members, in turn.
//!
//! One member is asked until it fails, then the next. What only reads is tried again with the next within its time;
//! what writes only when it is certain that nothing was done. Before anything else a member is asked which cluster it is
//! of: one of another, which was named by mistake, has nothing written or forgotten.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use purser_store::Revision;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::address::Address;
use crate::connect;
use crate::counters::{Counters, bump};
use crate::error::OpenError;
use crate::fault::Fault;
use crate::options::Options;
use crate::wire::{Headed, RANGE, RangeRequest, RangeResponse, ResponseHeader};

/// The most bytes of an answer: a page that turned out four times as large as was expected, or one large event.
pub(crate) const MAX_ANSWER: usize = 32 << 20;

/// How much later than this client etcd gives up on a request.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It may be asked again: it reads, or what it does twice is as if it were done once.
    Reads,
    /// It must not be asked again unless nothing was done.
    Writes,
}

/// One member.
pub(crate) struct Member {
    pub(crate) authority: String,
    pub(crate) channel: Channel,
    /// It said that it is of this cluster.
    is_ours: AtomicBool,
}

/// The members of a cluster.
pub(crate) struct Client {
    members: Vec<Member>,
    /// Counts up; the member that is asked is the one at its remainder.
    turn: AtomicUsize,
    /// The cluster that answered first; 0 before. Another one's answers are not believed.
    cluster: AtomicU64,
    /// The latest revision that any answer told.
    told: watch::Sender<Revision>,
    timeout: Duration,
    pub(crate) counters: Counters,
}

impl Client {
    /// # Errors
    /// [`OpenError`], all but those of connections: none is made yet.
    pub(crate) fn new(options: &Options) -> Result<Self, OpenError> {
        let member = |endpoint: &String| {
            let address = Address::read(endpoint, options)?;
            Ok(Member {
                authority: address.authority(),
                channel: connect::channel(&address, options)?,
                is_ours: AtomicBool::new(false),
            })
        };
        let members: Vec<Member> = options
            .endpoints
            .iter()
            .map(member)
            .collect::<Result<_, OpenError>>()?;
        if members.is_empty() {
            return Err(OpenError::NoEndpoint);
        }
        Ok(Self {
            members,
            turn: AtomicUsize::new(0),
            cluster: AtomicU64::new(0),
            told: watch::channel(0).0,
            timeout: options.request_timeout,
            counters: Counters::default(),
        })
    }

    /// Asks within the time that requests have; see [`Client::ask_within`].
    pub(crate) async fn ask<Q, A>(
        &self,
        method: &'static str,
        question: Q,
        effect: Effect,
    ) -> Result<A, Fault>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + Headed + 'static,
    {
        self.ask_within(self.timeout, method, question, effect).await
    }

    /// Asks one member after the other until one answers, each at least once, or the time is over.
    ///
    /// # Errors
    /// The fault of the last one that was asked.
    pub(crate) async fn ask_within<Q, A>(
        &self,
        time: Duration,
        method: &'static str,
        question: Q,
        effect: Effect,
    ) -> Result<A, Fault>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + Headed + 'static,
    {
        let until = Instant::now() + time;
        // One that was restarted is found out by the first request: it is asked twice when there is no other.
        let attempts = self.members.len().max(2);
        let share = match effect {
            Effect::Reads if self.members.len() > 1 => time / u32::try_from(attempts).unwrap_or(1),
            _ => time,
        };
        let mut fault = Fault::NotTaken("there was no time to ask".to_owned());
        for _ in 0..attempts {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let turn = self.turn();
            fault = match self
                .ask_member(turn, method, question.clone(), left.min(share))
                .await
            {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            bump(&self.counters.failures);
            if !fault.is_passing() {
                break;
            }
            self.pass_on(turn);
            if effect == Effect::Writes && matches!(fault, Fault::Unknown(_)) {
                break;
            }
        }
        Err(fault)
    }

    async fn ask_member<Q, A>(
        &self,
        turn: usize,
        method: &'static str,
        question: Q,
        time: Duration,
    ) -> Result<A, Fault>
    where
        Q: Message + 'static,
        A: Message + Default + Headed + 'static,
    {
        let member = self.member(turn)?;
        let asked = async {
            if !member.is_ours.load(Ordering::Relaxed) {
                self.meet(member, time).await?;
            }
            self.call(member, method, question, time).await
        };
        match tokio::time::timeout(time, asked).await {
            Ok(answer) => answer,
            Err(_) => {
                let why = format!("{}: no answer within {time:?}", member.authority);
                Err(match member.is_ours.load(Ordering::Relaxed) {
                    true => Fault::Unknown(why),
                    false => Fault::NotTaken(why),
                })
            }
        }
    }

    /// Asks a member of which cluster it is.
    async fn meet(&self, member: &Member, time: Duration) -> Result<(), Fault> {
        let nothing = RangeRequest::of_no_key();
        match self.call::<_, RangeResponse>(member, RANGE, nothing, time).await {
            Ok(_) => {
                member.is_ours.store(true, Ordering::Relaxed);
                Ok(())
            }
            // What is asked after this was not asked yet.
            Err(Fault::Unknown(why)) => Err(Fault::NotTaken(why)),
            Err(fault) => Err(fault),
        }
    }

    async fn call<Q, A>(
        &self,
        member: &Member,
        method: &'static str,
        question: Q,
        time: Duration,
    ) -> Result<A, Fault>
    where
        Q: Message + 'static,
        A: Message + Default + Headed + 'static,
    {
        bump(&self.counters.requests);
        let mut grpc = Grpc::new(member.channel.clone()).max_decoding_message_size(MAX_ANSWER);
        grpc.ready()
            .await
            .map_err(|error| Fault::NotTaken(format!("{}: {error}", member.authority)))?;
        let mut request = Request::new(question);
        // For etcd, so that it gives up as well; the channel would keep to it with a sentence that says less.
        request.set_timeout(time + AFTERWARDS);
        let path = PathAndQuery::from_static(method);
        let codec: ProstCodec<Q, A> = ProstCodec::default();
        let answer = grpc.unary(request, path, codec).await?.into_inner();
        self.learn(answer.header())?;
        Ok(answer)
    }

    /// The turn that it is.
    pub(crate) fn turn(&self) -> usize {
        self.turn.load(Ordering::Relaxed)
    }

    /// The member whose turn it is.
    pub(crate) fn member(&self, turn: usize) -> Result<&Member, Fault> {
        // INVARIANT: there is at least one.
        let index = turn.checked_rem(self.members.len()).unwrap_or(0);
        let none = || Fault::Refused("there is no member".to_owned());
        self.members.get(index).ok_or_else(none)
    }

    /// The next one's turn, unless somebody saw to that already.
    pub(crate) fn pass_on(&self, turn: usize) {
        let next = turn.wrapping_add(1);
        let passed = self
            .turn
            .compare_exchange(turn, next, Ordering::Relaxed, Ordering::Relaxed);
        if passed.is_ok()
            && self.members.len() > 1
            && let (Ok(failed), Ok(next)) = (self.member(turn), self.member(next))
        {
            bump(&self.counters.turns);
            tracing::info!(
                failed = failed.authority,
                next = next.authority,
                "another member of etcd is asked"
            );
        }
    }

    /// Takes note of an answer's header.
    ///
    /// # Errors
    /// When it is another cluster's: two that are named together by mistake are not one store.
    pub(crate) fn learn(&self, header: Option<&ResponseHeader>) -> Result<Revision, Fault> {
        let header = header.ok_or_else(|| Fault::Unknown("an answer without a header".to_owned()))?;
        let first = self
            .cluster
            .compare_exchange(0, header.cluster_id, Ordering::Relaxed, Ordering::Relaxed);
        if let Err(known) = first
            && known != header.cluster_id
        {
            // Not "not taken": what wrote may have written there.
            return Err(Fault::Unknown(format!(
                "the cluster {:x} answers in place of {known:x}; was it restored? then start again",
                header.cluster_id
            )));
        }
        let revision = Revision::try_from(header.revision)
            .map_err(|_| Fault::Unknown("an answer with a negative revision".to_owned()))?;
        self.told.send_if_modified(|told| {
            let newer = revision > *told;
            *told = revision.max(*told);
            newer
        });
        Ok(revision)
    }

    /// Follows the latest revision that any answer told.
    pub(crate) fn told(&self) -> watch::Receiver<Revision> {
        self.told.subscribe()
    }

    /// Forgets that a later revision was told: the cluster's history is another one now.
    pub(crate) fn rewind(&self, revision: Revision) {
        self.told.send_replace(revision);
    }
}
