//! One call of a plugin.

use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use super::said::said;
use crate::tally::ProviderTally;

/// The most bytes of an answer: bounds of its parts, and some room.
const MAX_ANSWER: usize = 64 * 1024;
/// The most characters of a plugin's sentence that are repeated.
pub(super) const MAX_SENTENCE: usize = 200;

/// Why there is no answer: the gRPC code, and a sentence.
type Refusal = (Code, String);

/// Calls `method` of the plugin at the other end, and counts it.
///
/// # Errors
/// Why there is no answer, with as much of the plugin's sentence as is repeated.
pub(super) async fn call<Q, A>(
    channel: &Channel,
    timeout: Duration,
    tally: &ProviderTally,
    method: &'static str,
    question: Q,
) -> Result<A, String>
where
    Q: Message + Send + 'static,
    A: Message + Default + Send + 'static,
{
    let asked = async {
        let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(MAX_ANSWER);
        let ready = grpc.ready().await;
        ready.map_err(|error| (Code::Unavailable, chain(&error)))?;
        let path = PathAndQuery::from_static(method);
        let codec: ProstCodec<Q, A> = ProstCodec::default();
        match grpc.unary(Request::new(question), path, codec).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => {
                let sentence = said(status.message(), MAX_SENTENCE);
                Err((status.code(), format!("{:?}: {sentence}", status.code())))
            }
        }
    };
    let began = Instant::now();
    let answer: Result<A, Refusal> = match tokio::time::timeout(timeout, asked).await {
        Ok(answer) => answer,
        Err(_) => Err((Code::DeadlineExceeded, format!("no answer within {timeout:?}"))),
    };
    let code = answer.as_ref().map_or_else(|(code, _)| *code, |_| Code::Ok);
    tally.called(method, word(code), began.elapsed());
    answer.map_err(|(_, sentence)| sentence)
}

/// A code as Go's gRPC spells it.
fn word(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "Canceled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
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
