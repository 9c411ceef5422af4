use std::net::{IpAddr, Ipv4Addr};

use super::super::request::SubjectField;
use super::*;

fn request(subject: &[(SubjectField, &str)], names: &[AlternativeName]) -> CertificationRequest {
    let subject = subject.iter().map(|(field, value)| (*field, (*value).to_owned()));
    CertificationRequest {
        subject: subject.collect(),
        public_key: Vec::new(),
        names: names.to_vec(),
    }
}

fn kubelet(names: &[AlternativeName]) -> CertificationRequest {
    let subject = [
        (SubjectField::Organization, "system:nodes"),
        (SubjectField::CommonName, "system:node:a"),
    ];
    request(&subject, names)
}

/// What the signer says: nothing when it signs.
fn said(signer: &str, request: &CertificationRequest, usages: &[&str]) -> String {
    let judged = judge(signer, request, usages).expect("a signer of ours");
    judged.err().map(|why| why.to_string()).unwrap_or_default()
}

#[test]
fn users_log_in_with_any_name_but_as_administrators() {
    let jane = request(
        &[
            (SubjectField::Organization, "devs"),
            (SubjectField::CommonName, "jane"),
        ],
        &[AlternativeName::Dns("a".to_owned())],
    );
    for (usages, expected) in [
        (vec!["client auth"], ""),
        (vec!["client auth", "digital signature", "key encipherment"], ""),
        (
            vec!["digital signature"],
            "missing required usage for client certificate: client auth",
        ),
        (
            vec!["client auth", "server auth"],
            "invalid usage for client certificate: server auth",
        ),
        (
            vec!["client auth", "cert sign"],
            "invalid usage for client certificate: cert sign",
        ),
    ] {
        assert_eq!(
            said(KUBE_APISERVER_CLIENT, &jane, &usages),
            expected,
            "{usages:?}"
        );
    }
    let master = [
        (SubjectField::Organization, "devs"),
        (SubjectField::Organization, "system:masters"),
    ];
    assert_eq!(
        said(KUBE_APISERVER_CLIENT, &request(&master, &[]), &["client auth"]),
        "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
    );
}

#[test]
fn kubelets_log_in_as_nodes_and_nothing_else() {
    let usages = ["digital signature", "key encipherment", "client auth"];
    let say = |request: &CertificationRequest, usages: &[&str]| {
        said(KUBE_APISERVER_CLIENT_KUBELET, request, usages)
    };
    assert_eq!(say(&kubelet(&[]), &usages), "");
    assert_eq!(say(&kubelet(&[]), &["client auth", "digital signature"]), "");
    assert_eq!(
        say(&kubelet(&[]), &["client auth"]),
        "usages did not match [client auth digital signature key encipherment]"
    );
    let names = [
        AlternativeName::Uri("u".to_owned()),
        AlternativeName::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        AlternativeName::Email("e".to_owned()),
        AlternativeName::Dns("d".to_owned()),
    ];
    for (count, kind) in [(1, "URI"), (2, "IP"), (3, "Email"), (4, "DNS")] {
        assert_eq!(
            say(&kubelet(&names[..count]), &usages),
            format!("{kind} subjectAltNames are not allowed")
        );
    }
    let nodes = (SubjectField::Organization, "system:nodes");
    for groups in [
        vec![],
        vec![nodes, (SubjectField::Organization, "system:masters")],
    ] {
        assert_eq!(
            say(&request(&groups, &[]), &usages),
            "subject organization is not system:nodes"
        );
    }
    assert_eq!(
        say(
            &request(&[nodes, (SubjectField::CommonName, "jane")], &[]),
            &usages
        ),
        "subject common name does not begin with system:node:"
    );
}

#[test]
fn kubelets_are_shown_under_names_and_addresses() {
    let usages = ["digital signature", "key encipherment", "server auth"];
    let say = |names: &[AlternativeName], usages: &[&str]| said(KUBELET_SERVING, &kubelet(names), usages);
    let name = AlternativeName::Dns("a".to_owned());
    assert_eq!(say(std::slice::from_ref(&name), &usages), "");
    assert_eq!(say(&[], &usages), "DNS or IP subjectAltName is required");
    for (other, kind) in [
        (AlternativeName::Email("e".to_owned()), "Email"),
        (AlternativeName::Uri("u".to_owned()), "URI"),
    ] {
        assert_eq!(
            say(&[name.clone(), other], &usages),
            format!("{kind} subjectAltNames are not allowed")
        );
    }
    assert_eq!(
        say(&[name], &["client auth", "digital signature"]),
        "usages did not match [digital signature key encipherment server auth]"
    );
}

#[test]
fn other_signers_are_others() {
    for signer in [
        "example.com/a",
        "kubernetes.io/legacy-unknown",
        "kubernetes.io/other",
    ] {
        assert!(
            judge(signer, &kubelet(&[]), &["client auth"]).is_none(),
            "{signer}"
        );
    }
}
