//! `etcdserverpb.Maintenance`.

use super::header::{ResponseHeader, headed};

/// The path of `Status`.
pub(crate) const STATUS: &str = "/etcdserverpb.Maintenance/Status";

/// Asks a member how it is.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct StatusRequest {}

/// How it is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct StatusResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<ResponseHeader>,
    /// The database's bytes.
    #[prost(int64, tag = "3")]
    pub(crate) db_size: i64,
    /// Alarms, and what else is wrong.
    #[prost(string, repeated, tag = "8")]
    pub(crate) errors: Vec<String>,
}

headed!(StatusResponse);
