//! Certificates of somebody mightier.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::{Value, json};

use super::attempt::{Step, Try};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const PRACTICES: &str =
    "kubernetes.io/docs/concepts/security/rbac-good-practices, CSRs and certificate issuing";
const ADMISSION: &str = "plugin/pkg/admission/certificates";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// A request for a certificate of `user` in `group`, which says of itself that it is approved and whose it is.
fn request(name: &str, user: &str, group: &str) -> Value {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, user);
    subject.push(DnType::OrganizationName, group);
    params.distinguished_name = subject;
    let request = params.serialize_request(&KeyPair::generate().unwrap()).unwrap();
    json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
        "spec": {"request": STANDARD.encode(request.pem().unwrap()), "signerName": CLIENT,
            "usages": ["digital signature", "client auth"], "username": "root", "groups": ["system:masters"]},
        "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "Mine", "message": "mine"}]}})
}

fn of_requests(verbs: &[&str], resources: &[&str]) -> Value {
    json!({"apiGroups": ["certificates.k8s.io"], "resources": resources, "verbs": verbs})
}

/// Of signers with these names; none: of all.
fn of_signers(verbs: &[&str], names: &[&str]) -> Value {
    let mut rule = of_requests(verbs, &["signers"]);
    if !names.is_empty() {
        rule["resourceNames"] = json!(names);
    }
    rule
}

pub(super) fn tries() -> Vec<Try> {
    const ALL: &[&str] = &["create", "get", "list", "update", "patch", "delete"];
    let asks = || of_requests(ALL, &["certificatesigningrequests"]);
    let decides = || of_requests(&["update", "patch"], &["certificatesigningrequests/approval"]);
    let own = request("own-USER", "root", "devs");
    let path = |part: &str| format!("{REQUESTS}/own-USER{part}");
    let made = || Step::post(REQUESTS, &own, 201, "\"username\":\"USER\"");
    let pending = || Step::get(path(""), 200, "\"Pending\"").header("accept", TABLE);
    let approve = |says| Step::put(path("/approval"), &own, 403, says);
    const NOT_PERMITTED: &str =
        "user not permitted to approve requests with signerName \"kubernetes.io/kube-apiserver-client\"";
    vec![
        Try {
            what: "a certificate of system:masters, by who may approve",
            source: ADMISSION,
            holds: json!([asks(), decides(), of_signers(&["approve"], &[])]),
            there: Vec::new(),
            steps: vec![Step::post(
                REQUESTS,
                &request("top-USER", "root", "system:masters"),
                403,
                "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed",
            )],
        },
        Try {
            what: "approving one's own request without the right to its signer",
            source: PRACTICES,
            holds: json!([asks(), decides()]),
            there: Vec::new(),
            steps: vec![made(), approve(NOT_PERMITTED), pending()],
        },
        Try {
            what: "approving by the right to another signer",
            source: PRACTICES,
            holds: json!([
                asks(),
                decides(),
                of_signers(
                    &["approve"],
                    &[
                        "kubernetes.io/kubelet-serving",
                        "kubernetes.io",
                        "kubernetes.io/kube-apiserver-client*"
                    ]
                )
            ]),
            there: Vec::new(),
            steps: vec![made(), approve(NOT_PERMITTED), pending()],
        },
        Try {
            what: "approving by the right to the signer alone",
            source: PRACTICES,
            holds: json!([asks(), of_signers(&["approve", "sign"], &[])]),
            there: Vec::new(),
            steps: vec![
                made(),
                approve("cannot update resource \"certificatesigningrequests/approval\""),
                Step::put(path(""), &own, 200, "own-USER"),
                Step::merge(path(""), &json!({"status": own["status"]}), 200, "own-USER"),
                pending(),
            ],
        },
        Try {
            what: "writing the certificate oneself",
            source: ADMISSION,
            holds: json!([
                asks(),
                of_requests(&["update", "patch"], &["certificatesigningrequests/status"])
            ]),
            there: Vec::new(),
            steps: vec![
                made(),
                Step::merge(
                    path("/status"),
                    &json!({"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "Mine"}]}}),
                    403,
                    "user not permitted to sign requests with signerName",
                ),
                pending(),
            ],
        },
    ]
}
