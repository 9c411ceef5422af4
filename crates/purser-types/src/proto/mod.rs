//! Objects as kube-apiserver keeps them in etcd: `k8s\0`, then a protobuf `runtime.Unknown` around the object's.
//!
//! ```text
//! 6b 38 73 00 ‖ Unknown { typeMeta=1 { apiVersion=1, kind=2 }, raw=2, contentEncoding=3, contentType=4 }
//! ```
//!
//! Encoding gives gogo-protobuf's bytes: fields by tag, map entries by key, values without pointer always written.
//! Decoding takes hostile input: lengths are checked against what is there, nesting is bounded by the schema, later
//! occurrences of a field win (messages merge, lists append), unknown fields are skipped, groups are refused.
//!
//! Sources: `k8s.io/apimachinery/pkg/runtime/generated.proto` and `serializer/protobuf`, `k8s.io/api/core/v1`.

mod answer;
mod decode;
mod encode;
mod envelope;
mod error;
mod face;
mod list;
mod regular;
mod sent;
mod transcode;
mod wire;

pub use self::answer::{
    answer_protobuf, answer_protobuf_item, document_protobuf, metadata_protobuf, metadata_protobuf_item,
    put_watch_frame, transcode_protobuf, transcode_protobuf_item,
};
pub use self::decode::decode;
pub use self::encode::encode;
pub use self::error::DecodeError;
pub use self::list::{ListMeta, ListProtobuf, ListTags};
pub(crate) use self::sent::Sent;
pub use self::transcode::{transcode_json, transcode_json_item};

/// Any bytes inside an envelope of the resource, for fuzzing.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn seal_raw(resource: &crate::Resource, raw: &[u8]) -> Vec<u8> {
    envelope::around(resource.kind, &resource.api_version(), raw)
}

#[cfg(test)]
mod tests;
