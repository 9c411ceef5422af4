//! AWS' signature of a request, version 4.
//!
//! Source: "Signing AWS API requests" of the AWS General Reference; tried on the example of its page.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Who signs.
pub(super) struct Credentials {
    pub(super) access_key: String,
    pub(super) secret_key: Zeroizing<String>,
    /// Of credentials that last for a while only.
    pub(super) session_token: Option<Zeroizing<String>>,
}

/// What is signed: a POST to `/` with these headers, names in lower case and sorted.
pub(super) struct Signed<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

/// A time as headers have it.
pub(super) fn stamp(now: OffsetDateTime) -> String {
    let (date, time) = (now.date(), now.time());
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// The header `Authorization` for a request at `stamp`.
pub(super) fn authorization(credentials: &Credentials, signed: &Signed<'_>, stamp: &str) -> String {
    let date = stamp.split('T').next().unwrap_or_default();
    let mut canonical = "POST\n/\n\n".to_owned();
    for (name, value) in signed.headers {
        canonical = canonical + name + ":" + value.trim() + "\n";
    }
    let names: Vec<&str> = signed.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    canonical = format!(
        "{canonical}\n{names}\n{}",
        hex(digest(&SHA256, signed.body).as_ref())
    );
    let scope = format!("{date}/{}/{}/aws4_request", signed.region, signed.service);
    let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}");
    let first = Zeroizing::new(format!("AWS4{}", *credentials.secret_key));
    let mut key = tag(first.as_bytes(), date.as_bytes());
    for part in [signed.region, signed.service, "aws4_request"] {
        key = tag(key.as_ref(), part.as_bytes());
    }
    let signature = hex(tag(key.as_ref(), text.as_bytes()).as_ref());
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key
    )
}

fn tag(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-vanilla` of AWS' test suite of the signature.
    #[test]
    fn the_published_example_is_signed_alike() {
        let credentials = Credentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: Zeroizing::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            session_token: None,
        };
        let signed = Signed {
            region: "us-east-1",
            service: "service",
            headers: &[
                ("host", "example.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ],
            body: b"",
        };
        assert_eq!(
            authorization(&credentials, &signed, "20150830T123600Z"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }

    #[test]
    fn times_are_written_without_separators() {
        assert_eq!(stamp(OffsetDateTime::UNIX_EPOCH), "19700101T000000Z");
    }
}
