//! `etcdserverpb.Watch`.

use super::header::ResponseHeader;
use super::kv::KeyValue;

/// The path of `Watch`.
pub(crate) const WATCH: &str = "/etcdserverpb.Watch/Watch";

/// Asks for something on a stream of watches.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct WatchRequest {
    #[prost(oneof = "WatchRequestUnion", tags = "1")]
    pub(crate) request_union: Option<WatchRequestUnion>,
}

/// What may be asked for.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub(crate) enum WatchRequestUnion {
    #[prost(message, tag = "1")]
    Create(WatchCreateRequest),
}

/// Asks for a watch.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct WatchCreateRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) range_end: Vec<u8>,
    /// The first revision.
    #[prost(int64, tag = "3")]
    pub(crate) start_revision: i64,
    /// With what was there before.
    #[prost(bool, tag = "6")]
    pub(crate) prev_kv: bool,
    /// An answer may be cut, so that none is larger than a request may be.
    #[prost(bool, tag = "8")]
    pub(crate) fragment: bool,
}

/// What a watch says.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct WatchResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<ResponseHeader>,
    #[prost(bool, tag = "3")]
    pub(crate) created: bool,
    #[prost(bool, tag = "4")]
    pub(crate) canceled: bool,
    /// The oldest revision that can be watched from, when what was asked for is older.
    #[prost(int64, tag = "5")]
    pub(crate) compact_revision: i64,
    #[prost(string, tag = "6")]
    pub(crate) cancel_reason: String,
    /// More of this answer follows.
    #[prost(bool, tag = "7")]
    pub(crate) fragment: bool,
    #[prost(message, repeated, tag = "11")]
    pub(crate) events: Vec<Event>,
}

/// One change.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Event {
    #[prost(enumeration = "EventType", tag = "1")]
    pub(crate) kind: i32,
    /// Of a deletion the key and the revision alone.
    #[prost(message, optional, tag = "2")]
    pub(crate) kv: Option<KeyValue>,
    /// What was there before, unless it was forgotten.
    #[prost(message, optional, tag = "3")]
    pub(crate) prev_kv: Option<KeyValue>,
}

/// The changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum EventType {
    Put = 0,
    Delete = 1,
}
