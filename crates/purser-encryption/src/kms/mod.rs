//! KMS plugins: key holders behind a socket, as Kubernetes knows them.
//!
//! Sources: `k8s.io/kms/apis/v2/api.proto`, `k8s.io/kms/apis/v1beta1/api.proto`,
//! `k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/grpc_service.go` and `envelope.go` beside it.

mod call;
mod endpoint;
mod plugin_v1;
mod plugin_v2;
mod said;
pub mod wire;

pub use endpoint::{Endpoint, EndpointError};
pub use plugin_v1::PluginV1;
pub use plugin_v2::PluginV2;
pub use said::said;
