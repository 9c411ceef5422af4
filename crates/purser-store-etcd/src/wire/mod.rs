//! etcd's messages, as far as they are used, and the names of its methods.
//!
//! Source: `api/etcdserverpb/rpc.proto` and `api/mvccpb/kv.proto` of etcd 3.4 to 3.6: the numbers are the same in all.

mod kv;
mod maintenance;
mod txn;
mod watch;

pub(crate) use kv::{
    COMPACT, CompactionRequest, CompactionResponse, KeyValue, RANGE, RangeRequest, RangeResponse,
};
pub(crate) use maintenance::{STATUS, StatusRequest, StatusResponse};
pub(crate) use txn::{
    Compare, CompareResult, CompareTarget, DeleteRangeRequest, PutRequest, Request, RequestOp, Response, TXN,
    TargetUnion, TxnRequest, TxnResponse,
};
pub(crate) use watch::{
    Event, EventType, WATCH, WatchCreateRequest, WatchRequest, WatchRequestUnion, WatchResponse,
};

/// What every answer begins with.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct ResponseHeader {
    /// The cluster that answers.
    #[prost(uint64, tag = "1")]
    pub(crate) cluster_id: u64,
    /// The revision of the store when the request was applied; 0 when the request has none.
    #[prost(int64, tag = "3")]
    pub(crate) revision: i64,
}

/// An answer with a header.
pub(crate) trait Headed {
    /// Its header.
    fn header(&self) -> Option<&ResponseHeader>;
}

macro_rules! headed {
    ($($answer:ty),* $(,)?) => {
        $(impl Headed for $answer {
            fn header(&self) -> Option<&ResponseHeader> {
                self.header.as_ref()
            }
        })*
    };
}

headed!(
    RangeResponse,
    CompactionResponse,
    StatusResponse,
    TxnResponse,
    WatchResponse,
);
