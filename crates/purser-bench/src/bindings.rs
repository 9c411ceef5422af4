//! How soon a right takes effect: a role is bound to somebody until a request of theirs is answered, and the binding
//! removed until one is refused.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use tokio::time::{Instant, timeout_at};

use crate::client::{Call, Client};
use crate::drive::Window;
use crate::error::Error;
use crate::objects;
use crate::operation::Operation;
use crate::scene::{Scene, demand};
use crate::tally::Tally;
use crate::target::Target;

/// Who has no rights but those that are given here.
const SOMEBODY: &str = "purser-bench:somebody";
/// The role and its binding.
const NAME: &str = "reader";

/// Gives and takes a right until the window closes, one after the other, while somebody asks all the time. They ask
/// on a connection of their own, as whoever `client` impersonates.
///
/// # Errors
/// When the role cannot be made, or nobody can ask.
pub(crate) async fn run(
    target: &Target,
    accept: &HeaderValue,
    client: &Client,
    scene: &Scene,
    window: Window,
) -> Result<Tally, Error> {
    let mut giver = client.clone();
    let role = Call {
        method: Method::POST,
        path: scene.rbac("roles"),
        body: Bytes::from(format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{{"name":"{NAME}"}},"rules":[{{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}}]}}"#
        )),
    };
    demand(&mut giver, role, "cannot make a Role").await?;
    let asker = Client::connect(target, accept)
        .await?
        .acting_as(HeaderValue::from_static(SOMEBODY));
    let path = format!("{}/{}", scene.collection(), objects::name(0));
    let mut tally = Tally::default();
    let bindings = scene.rbac("rolebindings");
    while Instant::now() < window.close {
        for (operation, change, answered) in [
            (Operation::Bind, bind(&bindings), StatusCode::OK),
            (Operation::Unbind, unbind(&bindings), StatusCode::FORBIDDEN),
        ] {
            let asking = asked_until(asker.clone(), &path, answered);
            let outcome = timeout_at(window.close, taken_effect(giver.clone(), change, asking)).await;
            let Ok(outcome) = outcome else {
                return Ok(tally);
            };
            match outcome {
                Ok(latency) if window.holds(Instant::now()) => tally.succeeded(operation, latency, 0),
                Ok(_) => {}
                Err((kind, message)) => {
                    tally.failed(&kind, || message);
                    return Ok(tally);
                }
            }
        }
    }
    Ok(tally)
}

/// Why a change or a question was not answered as it should be: status code or `connection`, and the message.
type Failure = (String, String);

/// The time from the sending of `change` until `asking` is done, when both succeed.
async fn taken_effect(
    mut giver: Client,
    change: Call,
    asking: impl Future<Output = Result<Instant, Failure>>,
) -> Result<Duration, Failure> {
    let sent = Instant::now();
    let changing = async {
        let answer = giver.call(change).await.map_err(|error| broken(&error))?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err((answer.status.as_str().to_owned(), answer.message)),
        }
    };
    let ((), effective) = tokio::try_join!(changing, asking)?;
    Ok(effective - sent)
}

/// Asks again and again until the answer has this status; answers when that was.
async fn asked_until(mut asker: Client, path: &str, wanted: StatusCode) -> Result<Instant, Failure> {
    loop {
        let answer = asker
            .call(Call::get(path.to_owned()))
            .await
            .map_err(|error| broken(&error))?;
        match answer.status {
            status if status == wanted => return Ok(Instant::now()),
            StatusCode::OK | StatusCode::FORBIDDEN => {}
            other => return Err((other.as_str().to_owned(), answer.message)),
        }
    }
}

fn broken(error: &hyper::Error) -> Failure {
    ("connection".to_owned(), error.to_string())
}

fn bind(bindings: &str) -> Call {
    Call {
        method: Method::POST,
        path: bindings.to_owned(),
        body: Bytes::from(format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{{"name":"{NAME}"}},"subjects":[{{"kind":"User","name":"{SOMEBODY}"}}],"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"{NAME}"}}}}"#
        )),
    }
}

fn unbind(bindings: &str) -> Call {
    Call {
        method: Method::DELETE,
        path: format!("{bindings}/{NAME}"),
        body: Bytes::new(),
    }
}
