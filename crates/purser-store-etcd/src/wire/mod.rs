//! etcd's messages, as far as they are used, and the names of its methods.
//!
//! Source: `api/etcdserverpb/rpc.proto` and `api/mvccpb/kv.proto` of etcd 3.4 to 3.6: the numbers are the same in all.

mod header;
mod kv;
mod lease;
mod maintenance;
mod txn;
mod watch;

pub(crate) use header::{Headed, ResponseHeader};
pub(crate) use kv::{
    COMPACT, CompactionRequest, CompactionResponse, KeyValue, RANGE, RangeRequest, RangeResponse,
};
pub(crate) use lease::{LEASE_GRANT, LeaseGrantRequest, LeaseGrantResponse};
pub(crate) use maintenance::{STATUS, StatusRequest, StatusResponse};
pub(crate) use txn::{
    Compare, CompareResult, CompareTarget, DeleteRangeRequest, PutRequest, Request, RequestOp, Response, TXN,
    TargetUnion, TxnRequest, TxnResponse,
};
pub(crate) use watch::{
    Event, EventType, WATCH, WatchCreateRequest, WatchRequest, WatchRequestUnion, WatchResponse,
};
