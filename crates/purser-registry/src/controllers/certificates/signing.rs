//! Signs what was approved.
//!
//! Source: `pkg/controller/certificates/signer/signer.go`.

use std::sync::Arc;

use purser_types::object::{part_mut, set};
use purser_types::resource::CERTIFICATE_SIGNING_REQUESTS;
use purser_types::{Key, Map, Object, Plaintext, Value, proto};

use super::super::follow::{follow, until_done};
use super::super::{MANAGER, is_status, options, permits};
use crate::certificates::{Order, Signer, judge};
use crate::error::Error;
use crate::event::EventKind;
use crate::found::Found;
use crate::registry::Registry;
use crate::validate::certificates::{certificate, conditions, request};
use crate::validate::read::{message, text, texts};

/// Why a signer refused, in upstream's word.
const REASON: &str = "SignerValidationFailure";

/// Signs for as long as it is polled, when somebody signs here.
pub(in crate::controllers) async fn sign(registry: Arc<Registry>) {
    let Some(signer) = registry.options.signer.clone() else {
        return;
    };
    follow(&registry, &CERTIFICATE_SIGNING_REQUESTS, "", |event, found| {
        let (registry, signer) = (Arc::clone(&registry), Arc::clone(&signer));
        async move {
            if event != EventKind::Deleted {
                until_done("signing a certificate", "", || {
                    settle(&registry, signer.as_ref(), &found)
                })
                .await;
            }
        }
    })
    .await;
}

/// What becomes of a request.
enum Outcome {
    /// The certificate, PEM.
    Issued(String),
    /// Why there will be none.
    Failed(String),
}

/// Writes what becomes of a request, if it is one to be signed now.
async fn settle(registry: &Registry, signer: &dyn Signer, found: &Found) -> Result<(), Error> {
    let plaintext = match registry.open(found).await {
        Err(error) if error.is_damage() => return Ok(()),
        opened => opened?,
    };
    let Ok(mut object) = proto::decode(&CERTIFICATE_SIGNING_REQUESTS, plaintext.expose()) else {
        return Ok(());
    };
    let Some(outcome) = decide(registry, signer, &object) else {
        return Ok(());
    };
    object.set_meta_str("resourceVersion", &found.revision.to_string());
    write(&mut object, outcome);
    let name = object.name().to_owned();
    let permit = permits::update_through(&CERTIFICATE_SIGNING_REQUESTS, &name, "status");
    match registry.update(&permit, object, &options(MANAGER)).await {
        // Whoever changed it meanwhile brings it here again.
        Err(error) if is_status(&error, 404) || is_status(&error, 409) => Ok(()),
        Err(Error::Refused(why)) => {
            tracing::warn!(request = name, why = %why.message, "a certificate cannot be written to its request");
            Ok(())
        }
        written => written.map(drop),
    }
}

/// `None`: nothing is to be done, or not by this signer, or not now.
fn decide(registry: &Registry, signer: &dyn Signer, object: &Object) -> Option<Outcome> {
    let holds = |wanted: &str| {
        let is = |condition: &Map| text(condition, "type") == wanted && text(condition, "status") == "True";
        conditions(object).any(is)
    };
    let denied = conditions(object).any(|condition| text(condition, "type") == "Denied");
    if !holds("Approved") || denied || holds("Failed") || !certificate(object).is_empty() {
        return None;
    }
    let spec = message(&object.body, "spec");
    let request = request(object).ok()?;
    let usages = match judge(text(spec, "signerName"), &request, &texts(spec, "usages"))? {
        Ok(usages) => usages,
        Err(why) => return Some(Outcome::Failed(why.to_string())),
    };
    let order = Order {
        request: &request,
        usages: &usages,
        seconds: spec.get("expirationSeconds").and_then(Value::as_int),
        now: registry.now(),
    };
    if let Some(why) = signer.refuses(&order) {
        return Some(Outcome::Failed(why.to_owned()));
    }
    match signer.sign(&order) {
        Ok(certificate) => Some(Outcome::Issued(certificate)),
        Err(error) => {
            // It is tried again at the next change of the request, and at the next start.
            tracing::error!(request = object.name(), %error, "a request that was approved is not signed");
            None
        }
    }
}

fn write(object: &mut Object, outcome: Outcome) {
    let status = part_mut(&mut object.body, "status");
    match outcome {
        Outcome::Issued(pem) => set(
            status,
            "certificate",
            Some(Value::Bytes(Plaintext::new(pem.into_bytes()))),
        ),
        Outcome::Failed(why) => {
            let failed = [
                ("type", "Failed"),
                ("status", "True"),
                ("reason", REASON),
                ("message", &why),
            ];
            let failed = failed.map(|(field, value)| (Key::Borrowed(field), Value::string(value)));
            let all = status
                .entry(Key::Borrowed("conditions"))
                .or_insert_with(|| Value::List(Vec::new()));
            if let Value::List(all) = all {
                all.push(Value::Map(Map::from(failed)));
            }
        }
    }
}
