//! Whether values are kept in the clear: of a sample, how each begins. Nothing of a value is shown or kept.

use zeroize::Zeroizing;

use super::client::{Client, Refusal};
use super::inside::CLUSTER;
use super::report::{Report, Severity};
use super::wire::{RANGE, RangeRequest, RangeResponse};

/// The check.
const CHECK: &str = "values";
/// What is looked at below the prefix, and how bad it is in the clear.
const KINDS: [(&str, Severity); 2] = [("secrets", Severity::High), ("configmaps", Severity::Low)];
/// Keys of a kind that the sample is taken from: the first ones.
const KEYS: i64 = 10_000;
/// Values of a kind that are looked at, evenly over the keys.
const SAMPLE: usize = 50;
/// Keys that are told.
const TOLD: usize = 3;
/// How sealed values begin, whoever sealed them.
const SEALED: &[u8] = b"k8s:enc:";
/// How protobuf in the clear begins.
const PROTOBUF: &[u8] = b"k8s\0";

/// How a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Sealed,
    Clear,
    Unknown,
}

impl Form {
    fn of(value: &[u8]) -> Self {
        if value.starts_with(SEALED) {
            Self::Sealed
        } else if value.starts_with(PROTOBUF) || value.starts_with(b"{") {
            Self::Clear
        } else {
            Self::Unknown
        }
    }
}

/// Looks at a sample of what is kept below `prefix`, as `/registry`.
pub(super) async fn look(report: &mut Report, client: &Client, prefix: &str) {
    for (kind, severity) in KINDS {
        let directory = format!("{}/{kind}/", prefix.trim_end_matches('/'));
        if let Err(Refusal { sentence, .. }) = kind_of(report, client, &directory, severity).await {
            report.failed(CHECK, directory, sentence);
        }
    }
}

async fn kind_of(
    report: &mut Report,
    client: &Client,
    directory: &str,
    severity: Severity,
) -> Result<(), Refusal> {
    let question = RangeRequest {
        key: directory.as_bytes().to_vec(),
        range_end: end_of(directory),
        limit: KEYS,
        keys_only: true,
    };
    let found: RangeResponse = client.ask(RANGE, question).await?;
    let step = found.kvs.len().div_ceil(SAMPLE).max(1);
    let mut looked = 0;
    let (mut clear, mut unknown) = (Vec::new(), Vec::new());
    for kv in found.kvs.into_iter().step_by(step) {
        let question = RangeRequest {
            key: kv.key.clone(),
            ..RangeRequest::default()
        };
        let one: RangeResponse = client.ask(RANGE, question).await?;
        for found in one.kvs {
            looked += 1;
            match Form::of(&Zeroizing::new(found.value)) {
                Form::Sealed => {}
                Form::Clear => clear.push(name(&kv.key)),
                Form::Unknown => unknown.push(name(&kv.key)),
            }
        }
    }
    let of = format!(
        "{looked} of {} values below {directory} were looked at:",
        found.count
    );
    if !clear.is_empty() {
        report.find(
            severity,
            CHECK,
            CLUSTER,
            format!("{of} {} in the clear, as that of {}", clear.len(), some(&clear)),
            "name a provider that encrypts in --encryption-provider-config, and seal what is kept: purser at-rest rotate",
        );
    }
    if !unknown.is_empty() {
        let reason = format!(
            "{of} {} that begin as no value of Kubernetes, as that of {}",
            unknown.len(),
            some(&unknown)
        );
        report.failed(CHECK, directory, reason);
    }
    match (looked, clear.is_empty() && unknown.is_empty()) {
        (0, _) => report.left(CHECK, directory, "there is nothing below it"),
        (_, true) => report.pass(CHECK, directory, format!("{of} all sealed")),
        (_, false) => {}
    }
    Ok(())
}

/// The first key after all that begin so; the prefix ends with a slash.
fn end_of(directory: &str) -> Vec<u8> {
    let mut end = directory.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    end
}

fn name(key: &[u8]) -> String {
    String::from_utf8_lossy(key).escape_debug().to_string()
}

fn some(names: &[String]) -> String {
    let told: Vec<_> = names.iter().take(TOLD).map(String::as_str).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_judged_by_how_it_begins() {
        assert_eq!(Form::of(b"k8s:enc:aescbc:v1:key1:xyz"), Form::Sealed);
        assert_eq!(Form::of(b"k8s:enc:kms:v2:purser-local:xyz"), Form::Sealed);
        assert_eq!(Form::of(b"k8s\0\n\x0c"), Form::Clear);
        assert_eq!(Form::of(b"{\"kind\":\"Secret\"}"), Form::Clear);
        assert_eq!(Form::of(b""), Form::Unknown);
        assert_eq!(end_of("/registry/secrets/"), b"/registry/secrets0");
    }
}
