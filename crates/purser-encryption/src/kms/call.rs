//! One call of a plugin.

use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use super::said::said;

/// The most bytes of an answer: bounds of its parts, and some room.
const MAX_ANSWER: usize = 64 * 1024;
/// The most characters of a plugin's sentence that are repeated.
pub(super) const MAX_SENTENCE: usize = 200;

/// Calls `method` of the plugin at the other end.
///
/// # Errors
/// Why there is no answer, with as much of the plugin's sentence as is repeated.
pub(super) async fn call<Q, A>(
    channel: &Channel,
    timeout: Duration,
    method: &'static str,
    question: Q,
) -> Result<A, String>
where
    Q: Message + Send + 'static,
    A: Message + Default + Send + 'static,
{
    let asked = async {
        let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(MAX_ANSWER);
        grpc.ready().await.map_err(|error| chain(&error))?;
        let path = PathAndQuery::from_static(method);
        let codec: ProstCodec<Q, A> = ProstCodec::default();
        match grpc.unary(Request::new(question), path, codec).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(format!(
                "{:?}: {}",
                status.code(),
                said(status.message(), MAX_SENTENCE)
            )),
        }
    };
    match tokio::time::timeout(timeout, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {timeout:?}")),
    }
}

/// An error with its causes, which say what it does not.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    said
}
