//! `etcdserverpb.Lease`, as far as leases are granted.

use super::header::{ResponseHeader, headed};

/// The path of `LeaseGrant`.
pub(crate) const LEASE_GRANT: &str = "/etcdserverpb.Lease/LeaseGrant";

/// Asks for a lease: its keys are removed when it is over.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct LeaseGrantRequest {
    /// Seconds.
    #[prost(int64, tag = "1")]
    pub(crate) ttl: i64,
}

/// It is granted.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct LeaseGrantResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<ResponseHeader>,
    /// 0: it is not.
    #[prost(int64, tag = "2")]
    pub(crate) id: i64,
    #[prost(string, tag = "4")]
    pub(crate) error: String,
}

headed!(LeaseGrantResponse);
