//! What the signers of Kubernetes certify.
//!
//! Source: `pkg/controller/certificates/signer/signer.go` and `pkg/apis/certificates/helpers.go`; their sentences.

use purser_authz::MASTERS;
use purser_types::user::{NODE_PREFIX, NODES};

use super::request::{AlternativeName, CertificationRequest};

/// Certificates with which users log in.
pub const KUBE_APISERVER_CLIENT: &str = "kubernetes.io/kube-apiserver-client";
/// Certificates with which kubelets log in.
pub const KUBE_APISERVER_CLIENT_KUBELET: &str = "kubernetes.io/kube-apiserver-client-kubelet";
/// Certificates that kubelets show.
pub const KUBELET_SERVING: &str = "kubernetes.io/kubelet-serving";

/// What a certificate of these signers may be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Usage {
    /// To log in.
    ClientAuth,
    /// To sign handshakes.
    DigitalSignature,
    /// To take keys that were encrypted for it.
    KeyEncipherment,
    /// To be shown by a server.
    ServerAuth,
}

impl Usage {
    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientAuth => "client auth",
            Self::DigitalSignature => "digital signature",
            Self::KeyEncipherment => "key encipherment",
            Self::ServerAuth => "server auth",
        }
    }

    fn of(word: &str) -> Option<Self> {
        let all = [
            Self::ClientAuth,
            Self::DigitalSignature,
            Self::KeyEncipherment,
            Self::ServerAuth,
        ];
        all.into_iter().find(|usage| usage.as_str() == word)
    }
}

/// Why a signer does not certify what is asked for: it never will.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(String);

/// The usages to certify, when the signer certifies this request; `None`: nobody here is that signer.
///
/// # Errors
/// [`Refused`].
pub(crate) fn judge(
    signer: &str,
    request: &CertificationRequest,
    usages: &[&str],
) -> Option<Result<Vec<Usage>, Refused>> {
    Some(match signer {
        KUBE_APISERVER_CLIENT => client(request, usages),
        KUBE_APISERVER_CLIENT_KUBELET => kubelet_client(request, usages),
        KUBELET_SERVING => kubelet_serving(request, usages),
        _ => return None,
    })
}

fn client(request: &CertificationRequest, usages: &[&str]) -> Result<Vec<Usage>, Refused> {
    let mut known = Vec::new();
    for word in usages {
        match Usage::of(word) {
            Some(usage) if usage != Usage::ServerAuth => known.push(usage),
            _ => return refuse(&format!("invalid usage for client certificate: {word}")),
        }
    }
    if !known.contains(&Usage::ClientAuth) {
        return refuse("missing required usage for client certificate: client auth");
    }
    // Upstream leaves this to admission; what was stored by another server has not passed ours.
    if request.organizations().any(|group| group == MASTERS) {
        return refuse(&masters());
    }
    Ok(sorted(known))
}

/// The sentence of upstream's admission plugin `CertificateSubjectRestriction`.
pub(crate) fn masters() -> String {
    format!("use of {KUBE_APISERVER_CLIENT} signer with {MASTERS} group is not allowed")
}

fn kubelet_client(request: &CertificationRequest, usages: &[&str]) -> Result<Vec<Usage>, Refused> {
    organization(request)?;
    for kind in ["DNS", "Email", "IP", "URI"] {
        if request.names.iter().any(|name| kind_of(name) == kind) {
            return refuse(&format!("{kind} subjectAltNames are not allowed"));
        }
    }
    common_name(request)?;
    exactly(usages, Usage::ClientAuth)
}

fn kubelet_serving(request: &CertificationRequest, usages: &[&str]) -> Result<Vec<Usage>, Refused> {
    organization(request)?;
    let has = |kind: &str| request.names.iter().any(|name| kind_of(name) == kind);
    if !has("DNS") && !has("IP") {
        return refuse("DNS or IP subjectAltName is required");
    }
    for kind in ["Email", "URI"] {
        if has(kind) {
            return refuse(&format!("{kind} subjectAltNames are not allowed"));
        }
    }
    let usages = exactly(usages, Usage::ServerAuth)?;
    common_name(request)?;
    Ok(usages)
}

/// What a name is, in upstream's words.
fn kind_of(name: &AlternativeName) -> &'static str {
    match name {
        AlternativeName::Dns(_) => "DNS",
        AlternativeName::Email(_) => "Email",
        AlternativeName::Ip(_) => "IP",
        AlternativeName::Uri(_) => "URI",
    }
}

fn organization(request: &CertificationRequest) -> Result<(), Refused> {
    match request.organizations().eq([NODES]) {
        true => Ok(()),
        false => refuse("subject organization is not system:nodes"),
    }
}

fn common_name(request: &CertificationRequest) -> Result<(), Refused> {
    match request.common_name().starts_with(NODE_PREFIX) {
        true => Ok(()),
        false => refuse("subject common name does not begin with system:node:"),
    }
}

/// These and no others; who has no RSA key needs no encipherment.
fn exactly(usages: &[&str], own: Usage) -> Result<Vec<Usage>, Refused> {
    let all = sorted(vec![own, Usage::DigitalSignature, Usage::KeyEncipherment]);
    let known: Option<Vec<Usage>> = usages.iter().map(|word| Usage::of(word)).collect();
    let known = known.map(sorted).unwrap_or_default();
    let without = |usage: &Usage| *usage != Usage::KeyEncipherment;
    let fewer: Vec<Usage> = all.iter().copied().filter(without).collect();
    if known == all || known == fewer {
        return Ok(known);
    }
    let words: Vec<&str> = all.iter().map(|usage| usage.as_str()).collect();
    refuse(&format!("usages did not match [{}]", words.join(" ")))
}

fn sorted(mut usages: Vec<Usage>) -> Vec<Usage> {
    usages.sort_unstable();
    usages.dedup();
    usages
}

fn refuse<T>(why: &str) -> Result<T, Refused> {
    Err(Refused(why.to_owned()))
}

#[cfg(test)]
mod tests;
