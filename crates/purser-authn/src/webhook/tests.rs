//! What is sent, and what answers mean.

use purser_types::Plaintext;
use serde_json::{Value, json};

use super::ReviewVersion;
use super::review::{Verdict, request, verdict};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn judged(status: &Value, wanted: &[&str]) -> Result<Verdict, &'static str> {
    let answer = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status});
    let answer = Plaintext::new(answer.to_string().into_bytes());
    verdict(&answer, "t0ken", &texts(wanted), &texts(&["own"]))
}

fn known(user: &str, audiences: &[&str]) -> impl Fn(&Verdict) -> bool {
    let (user, audiences) = (user.to_owned(), texts(audiences));
    move |verdict| matches!(verdict, Verdict::Known { user: known, audiences: for_whom } if known.name == user && *for_whom == audiences)
}

#[test]
fn a_review_is_written_in_the_version_asked_for() {
    for (version, name) in [
        (ReviewVersion::V1, "authentication.k8s.io/v1"),
        (ReviewVersion::V1Beta1, "authentication.k8s.io/v1beta1"),
    ] {
        let sent: Value = serde_json::from_slice(request("t", &texts(&["a"]), version).expose()).unwrap();
        assert_eq!(
            sent,
            json!({"kind": "TokenReview", "apiVersion": name, "metadata": {}, "spec": {"token": "t", "audiences": ["a"]}})
        );
    }
    let sent: Value = serde_json::from_slice(request("t", &[], ReviewVersion::V1).expose()).unwrap();
    assert_eq!(sent["spec"], json!({"token": "t"}));
}

#[test]
fn who_is_named_is_who_it_is() {
    let status = json!({"authenticated": true, "user": {"username": "jane", "uid": "7", "groups": ["devs"],
        "extra": {"scope": ["a", "b"]}}});
    let Ok(Verdict::Known { user, audiences }) = judged(&status, &["own", "other"]) else {
        panic!("she is not known")
    };
    assert_eq!((user.name.as_str(), user.uid.as_str()), ("jane", "7"));
    assert_eq!(
        (user.groups.as_slice(), &user.extra["scope"]),
        (&texts(&["devs"])[..], &texts(&["a", "b"]))
    );
    assert_eq!(audiences, ["own"], "the webhook does not say: this server's own");
}

#[test]
fn a_token_for_others_is_none() {
    let status = |audiences: Value| json!({"authenticated": true, "user": {"username": "jane"}, "audiences": audiences});
    let is = known("jane", &["b"]);
    assert!(is(&judged(&status(json!(["a", "b"])), &["b", "c"]).unwrap()));
    assert_eq!(judged(&status(json!(["a"])), &["b"]), Ok(Verdict::Unknown));
    assert_eq!(judged(&status(json!([])), &["b"]), Ok(Verdict::Unknown));
    let is = known("jane", &[]);
    assert!(
        is(&judged(&status(json!(["a"])), &[]).unwrap()),
        "nobody in particular asks"
    );
}

#[test]
fn what_does_not_hold_is_refused_and_the_token_is_not_repeated() {
    assert_eq!(judged(&json!({}), &["own"]), Ok(Verdict::Unknown));
    assert_eq!(
        judged(&json!({"authenticated": false}), &["own"]),
        Ok(Verdict::Unknown)
    );
    let refused = |error: &str| judged(&json!({"authenticated": false, "error": error}), &["own"]);
    assert_eq!(
        refused("it is over"),
        Ok(Verdict::Refused("it is over".to_owned()))
    );
    let Ok(Verdict::Refused(sentence)) = refused("t0ken is over") else {
        panic!("it is not refused")
    };
    assert!(!sentence.contains("t0ken"), "{sentence}");
}

#[test]
fn an_answer_that_is_none_is_an_error_and_never_a_yes() {
    let of = |text: &str| {
        let answer = Plaintext::new(text.as_bytes().to_vec());
        verdict(&answer, "t", &texts(&["own"]), &texts(&["own"]))
    };
    for text in [
        "",
        "{}",
        "[]",
        "yes",
        r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v2","status":{"authenticated":true}}"#,
        r#"{"kind":"Status","apiVersion":"v1","status":"Failure"}"#,
        r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":true}}"#,
        r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":true,"user":{"username":""}}}"#,
        r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":true,"user":{"username":"a","groups":"b"}}}"#,
    ] {
        assert!(of(text).is_err(), "{text}");
    }
    assert_eq!(
        of(
            r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":"true"}}"#
        ),
        Ok(Verdict::Unknown)
    );
}
