//! etcd's messages, as far as the check uses them.
//!
//! Source: `api/etcdserverpb/rpc.proto` and `api/mvccpb/kv.proto` of etcd 3.4 to 3.6: the numbers are the same in all.

/// Methods.
pub(super) const STATUS: &str = "/etcdserverpb.Maintenance/Status";
pub(super) const RANGE: &str = "/etcdserverpb.KV/Range";
pub(super) const MEMBER_LIST: &str = "/etcdserverpb.Cluster/MemberList";
pub(super) const AUTH_STATUS: &str = "/etcdserverpb.Auth/AuthStatus";
pub(super) const AUTHENTICATE: &str = "/etcdserverpb.Auth/Authenticate";
pub(super) const USER_LIST: &str = "/etcdserverpb.Auth/UserList";
pub(super) const USER_GET: &str = "/etcdserverpb.Auth/UserGet";

/// A question without content.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct Nothing {}

/// How a member is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StatusResponse {
    #[prost(string, tag = "2")]
    pub(super) version: String,
    #[prost(uint64, tag = "4")]
    pub(super) leader: u64,
    /// Alarms and the like, from 3.4 on.
    #[prost(string, repeated, tag = "8")]
    pub(super) errors: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct RangeRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) key: Vec<u8>,
    /// Exclusive; empty for one key.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) range_end: Vec<u8>,
    #[prost(int64, tag = "3")]
    pub(super) limit: i64,
    #[prost(bool, tag = "8")]
    pub(super) keys_only: bool,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub(super) struct RangeResponse {
    #[prost(message, repeated, tag = "2")]
    pub(super) kvs: Vec<KeyValue>,
    #[prost(int64, tag = "4")]
    pub(super) count: i64,
}

impl std::fmt::Debug for RangeResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RangeResponse")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub(super) struct KeyValue {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub(super) value: Vec<u8>,
}

impl std::fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyValue").finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct MemberListResponse {
    #[prost(message, repeated, tag = "2")]
    pub(super) members: Vec<MemberAnswer>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct MemberAnswer {
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) peer_urls: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub(super) client_urls: Vec<String>,
    /// It has no vote.
    #[prost(bool, tag = "5")]
    pub(super) is_learner: bool,
}

/// From 3.5 on.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct AuthStatusResponse {
    #[prost(bool, tag = "2")]
    pub(super) enabled: bool,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct AuthenticateRequest {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) password: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct UserListResponse {
    #[prost(string, repeated, tag = "2")]
    pub(super) users: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct UserGetRequest {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct UserGetResponse {
    #[prost(string, repeated, tag = "2")]
    pub(super) roles: Vec<String>,
}
