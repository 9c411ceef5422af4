//! `etcdserverpb.KV` but for transactions, and `mvccpb.KeyValue`.

use super::header::{ResponseHeader, headed};

/// The path of `Range`.
pub(crate) const RANGE: &str = "/etcdserverpb.KV/Range";
/// The path of `Compact`.
pub(crate) const COMPACT: &str = "/etcdserverpb.KV/Compact";

/// A key with its value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct KeyValue {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub(crate) create_revision: i64,
    #[prost(int64, tag = "3")]
    pub(crate) mod_revision: i64,
    /// How often it was written in this life, from 1 on.
    #[prost(int64, tag = "4")]
    pub(crate) version: i64,
    // Of its own, not a piece of the message it came in: a record that is kept must not keep a page of others.
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) value: Vec<u8>,
}

/// Asks for keys. Without `range_end` for one; linearizable.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct RangeRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) range_end: Vec<u8>,
    /// 0: no limit.
    #[prost(int64, tag = "3")]
    pub(crate) limit: i64,
    /// 0: now.
    #[prost(int64, tag = "4")]
    pub(crate) revision: i64,
    #[prost(bool, tag = "8")]
    pub(crate) keys_only: bool,
}

impl RangeRequest {
    /// Asks for nothing but the header, linearizably: whether there is such a key does not matter.
    pub(crate) fn of_no_key() -> Self {
        Self {
            key: b"\0".to_vec(),
            keys_only: true,
            ..Self::default()
        }
    }
}

/// What was found.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct RangeResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<ResponseHeader>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) kvs: Vec<KeyValue>,
    /// Of the whole range, whatever the limit.
    #[prost(int64, tag = "4")]
    pub(crate) count: i64,
}

/// Asks to forget history.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct CompactionRequest {
    #[prost(int64, tag = "1")]
    pub(crate) revision: i64,
}

/// It is forgotten.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct CompactionResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<ResponseHeader>,
}

headed!(RangeResponse, CompactionResponse);
