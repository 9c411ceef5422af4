//! The current revision, asked for by many at once.
//!
//! Whoever asks while a question is under way is answered by the next one, which everybody shares: a read that is to be
//! up to date costs one question a round trip, however many readers there are.

use std::sync::Arc;

use purser_store::Revision;
use tokio::sync::{mpsc, oneshot};

use crate::client::{Client, Effect};
use crate::wire::{RANGE, RangeRequest, RangeResponse};

type Answer = oneshot::Sender<Result<Revision, String>>;

/// Where it is asked for.
pub(crate) struct Current(mpsc::UnboundedSender<Answer>);

/// Those that wait.
pub(crate) struct Askers(mpsc::UnboundedReceiver<Answer>);

/// Makes both ends.
pub(crate) fn channel() -> (Current, Askers) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Current(sender), Askers(receiver))
}

impl Current {
    /// The revision at some moment after the call.
    ///
    /// # Errors
    /// Why it is not known.
    pub(crate) async fn revision(&self) -> Result<Revision, String> {
        let closed = || "the store is closed".to_owned();
        let (sender, answer) = oneshot::channel();
        self.0.send(sender).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Askers {
    /// Answers for as long as it is polled.
    pub(crate) async fn serve(mut self, client: Arc<Client>) {
        let mut waiting = Vec::new();
        while self.0.recv_many(&mut waiting, usize::MAX).await > 0 {
            // Who is not there any more need not be answered, nor asked for.
            waiting.retain(|answer| !answer.is_closed());
            if waiting.is_empty() {
                continue;
            }
            let answer = ask(&client).await;
            for waiter in waiting.drain(..) {
                drop(waiter.send(answer.clone()));
            }
        }
    }
}

/// Asks a member, which asks the others.
async fn ask(client: &Client) -> Result<Revision, String> {
    let question = RangeRequest::of_no_key();
    let answer: Result<RangeResponse, _> = client.ask(RANGE, question, Effect::Reads).await;
    let answer = answer.map_err(|fault| fault.why().to_owned())?;
    client
        .learn(answer.header.as_ref())
        .map_err(|fault| fault.why().to_owned())
}
