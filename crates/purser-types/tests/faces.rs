//! Bodies sent to the other face of what they are.
#![expect(clippy::unwrap_used, reason = "test code reports by panicking")]

use purser_types::Resource;
use purser_types::decode::{self, BodyFormat, FieldValidation};
use purser_types::resource::{EVENTS, EVENTS_V1};

fn refusal(resource: &'static Resource, body: &str) -> (u16, String) {
    let read = decode::object(
        resource,
        BodyFormat::Json,
        body.as_bytes(),
        FieldValidation::Strict,
    );
    let status = read.unwrap_err();
    (status.code, status.message)
}

#[test]
fn an_object_sent_to_the_other_face_of_its_kind_is_of_the_wrong_version() {
    assert_eq!(
        refusal(
            &EVENTS,
            r#"{"apiVersion":"events.k8s.io/v1","kind":"Event","note":"a"}"#
        ),
        (
            400,
            "the API version in the data (events.k8s.io/v1) does not match the expected API version (v1)"
                .to_owned()
        )
    );
    assert_eq!(
        refusal(&EVENTS_V1, r#"{"apiVersion":"v1","kind":"Event","message":"a"}"#),
        (
            400,
            "the API version in the data (v1) does not match the expected API version (events.k8s.io/v1)"
                .to_owned()
        )
    );
}

#[test]
fn what_cannot_be_read_as_what_it_says_is_refused_before_its_version() {
    let (code, message) = refusal(
        &EVENTS,
        r#"{"apiVersion":"events.k8s.io/v1","kind":"Event","note":1}"#,
    );
    assert_eq!(code, 400);
    assert!(
        message.starts_with(r#"Event in version "v1" cannot be handled as a Event: json: "#),
        "{message}"
    );
}
