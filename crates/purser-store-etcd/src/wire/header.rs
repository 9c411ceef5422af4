//! What every answer begins with.

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

/// Says that an answer's header is its field of that name.
macro_rules! headed {
    ($($answer:ty),* $(,)?) => {
        $(impl $crate::wire::header::Headed for $answer {
            fn header(&self) -> Option<&ResponseHeader> {
                self.header.as_ref()
            }
        })*
    };
}
pub(crate) use headed;
