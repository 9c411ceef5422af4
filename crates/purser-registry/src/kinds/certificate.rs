//! CertificateSigningRequests.
//!
//! Sources: `pkg/registry/certificates/certificates/strategy.go`, `pkg/printers/internalversion/printers.go`.

use std::future::ready;

use futures_util::future::BoxFuture;
use purser_authz::{MASTERS, Permit, UnservedRequest};
use purser_types::object::{part_mut, set};
use purser_types::quote::quote;
use purser_types::resource::CERTIFICATE_SIGNING_REQUESTS;
use purser_types::status::Cause;
use purser_types::time::Timestamp;
use purser_types::value::duplicate;
use purser_types::{Map, Object, Status, Value};

use super::age::human_duration;
use super::columns::{AGE, Column, NAME, column};
use super::review::user_info;
use super::strategy::{Asked, Strategy};
use crate::certificates::{KUBE_APISERVER_CLIENT, masters};
use crate::validate::certificates::{certificate, conditions, create, request, update};
use crate::validate::names::NameRule;
use crate::validate::read::{message, text};
use crate::validate::{MetadataRules, metadata_create, metadata_update};

/// The subresource through which it is decided.
pub(crate) const APPROVAL: &str = "approval";
/// The subresource through which signers write.
pub(crate) const STATUS: &str = "status";
/// What is of who asks, in the specification and in what is known of a user.
const OF_THE_REQUESTOR: [&str; 4] = ["username", "uid", "groups", "extra"];

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    AGE,
    column("SignerName", SIGNER_NAME, |object, _| {
        Value::string(match text(message(&object.body, "spec"), "signerName") {
            "" => "<none>",
            name => name,
        })
    }),
    // Upstream describes another field than it shows.
    column(
        "Requestor",
        "request contains an x509 certificate signing request encoded in a \"CERTIFICATE REQUEST\" PEM block. When \
         serialized as JSON or YAML, the data is additionally base64-encoded.",
        |object, _| Value::string(text(message(&object.body, "spec"), "username")),
    ),
    column("RequestedDuration", EXPIRATION, |object, _| {
        let seconds = message(&object.body, "spec")
            .get("expirationSeconds")
            .and_then(Value::as_int);
        Value::string(seconds.map_or_else(|| "<none>".to_owned(), human_duration))
    }),
    column(
        "Condition",
        "conditions applied to the request. Known conditions are \"Approved\", \"Denied\", and \"Failed\".",
        |object, _| Value::string(condition(object)),
    ),
];

const SIGNER_NAME: &str = "signerName indicates the requested signer, and is a qualified name.\n\nList/watch requests for \
    CertificateSigningRequests can filter on this field using a \"spec.signerName=NAME\" fieldSelector.\n\nWell-known \
    Kubernetes signers are:\n 1. \"kubernetes.io/kube-apiserver-client\": issues client certificates that can be used \
    to authenticate to kube-apiserver.\n  Requests for this signer are never auto-approved by kube-controller-manager, \
    can be issued by the \"csrsigning\" controller in kube-controller-manager.\n 2. \
    \"kubernetes.io/kube-apiserver-client-kubelet\": issues client certificates that kubelets use to authenticate to \
    kube-apiserver.\n  Requests for this signer can be auto-approved by the \"csrapproving\" controller in \
    kube-controller-manager, and can be issued by the \"csrsigning\" controller in kube-controller-manager.\n 3. \
    \"kubernetes.io/kubelet-serving\" issues serving certificates that kubelets use to serve TLS endpoints, which \
    kube-apiserver can connect to securely.\n  Requests for this signer are never auto-approved by \
    kube-controller-manager, and can be issued by the \"csrsigning\" controller in kube-controller-manager.\n\nMore \
    details are available at \
    https://k8s.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers\n\nCustom \
    signerNames can also be specified. The signer defines:\n 1. Trust distribution: how trust (CA bundles) are \
    distributed.\n 2. Permitted subjects: and behavior when a disallowed subject is requested.\n 3. Required, \
    permitted, or forbidden x509 extensions in the request (including whether subjectAltNames are allowed, which \
    types, restrictions on allowed values) and behavior when a disallowed extension is requested.\n 4. Required, \
    permitted, or forbidden key usages / extended key usages.\n 5. Expiration/certificate lifetime: whether it is \
    fixed by the signer, configurable by the admin.\n 6. Whether or not requests for CA certificates are allowed.";

const EXPIRATION: &str = "expirationSeconds is the requested duration of validity of the issued certificate. The \
    certificate signer may issue a certificate with a different validity duration so a client must check the delta \
    between the notBefore and notAfter fields in the issued certificate to determine the actual duration.\n\nThe \
    v1.22+ in-tree implementations of the well-known Kubernetes signers will honor this field as long as the requested \
    duration is not greater than the maximum duration they will honor per the --cluster-signing-duration CLI flag to \
    the Kubernetes controller manager.\n\nCertificate signers may not honor this field for various reasons:\n\n  1. \
    Old signer that is unaware of the field (such as the in-tree\n     implementations prior to v1.22)\n  2. Signer \
    whose configured maximum is shorter than the requested duration\n  3. Signer whose configured minimum is longer \
    than the requested duration\n\nThe minimum valid value for expirationSeconds is 600, i.e. 10 minutes.";

fn condition(object: &Object) -> String {
    let has = |wanted: &str| conditions(object).any(|condition| text(condition, "type") == wanted);
    let decided = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (_, true) => "Approved",
        _ => "Pending",
    };
    let failed = if has("Failed") { ",Failed" } else { "" };
    let issued = if certificate(object).is_empty() {
        ""
    } else {
        ",Issued"
    };
    format!("{decided}{failed}{issued}")
}

/// Who asks is on record; what is asked does not change; each subresource writes its own part of the status.
pub(super) struct CertificateSigningRequests;

impl Strategy for CertificateSigningRequests {
    fn prepare_for_create(&self, object: &mut Object) {
        object.set("status", Some(Value::Map(Map::new())));
    }

    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        for field in ["spec", "status"] {
            object.set(field, old.get(field).map(Value::duplicate));
        }
    }

    fn prepare_through(&self, subresource: &str, object: &mut Object, old: &Object) {
        object.set("spec", old.get("spec").map(Value::duplicate));
        if subresource == STATUS {
            keep_decisions(object, old);
            return;
        }
        let mut status = duplicate(message(&old.body, "status"));
        let conditions = message(&object.body, "status").get("conditions");
        set(&mut status, "conditions", conditions.map(Value::duplicate));
        object.set("status", Some(Value::Map(status)));
    }

    fn stamp(&self, asked: &Asked<'_>, object: &mut Object, old: Option<&Object>) {
        let Some(old) = old else {
            return put_requestor(asked, object);
        };
        if !asked.permit.request().subresource.is_empty() {
            put_times(object, old, asked.now);
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        create(object)
    }

    /// Source: `plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}`.
    fn admits<'a>(
        &'a self,
        permit: &'a Permit,
        object: &'a Object,
        old: Option<&'a Object>,
    ) -> Option<BoxFuture<'a, Result<(), Status>>> {
        let Some(old) = old else {
            return judge_subject(object).map(|refusal| Box::pin(ready(Err(refusal))) as BoxFuture<'_, _>);
        };
        let same = || certificate(object) == certificate(old) && conditions(object).eq(conditions(old));
        let verb = match permit.request().subresource.as_str() {
            APPROVAL => "approve",
            STATUS if !same() => "sign",
            _ => return None,
        };
        let signer = text(message(&old.body, "spec"), "signerName");
        Some(Box::pin(async move {
            if may(permit, verb, signer).await {
                return Ok(());
            }
            let why = format!(
                "user not permitted to {verb} requests with signerName {}",
                quote(signer)
            );
            Err(Status::forbidden(old.resource, old.name(), &why))
        }))
    }

    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        self.causes_through("", rules, new, old)
    }

    fn causes_through(
        &self,
        subresource: &str,
        rules: &dyn MetadataRules,
        new: &Object,
        old: &Object,
    ) -> Vec<Cause> {
        let mut causes = metadata_create(rules, new);
        causes.extend(update(new, old, subresource));
        causes.extend(metadata_update(rules, new, old));
        causes
    }

    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        let spec = message(&object.body, "spec");
        (field == "spec.signerName").then(|| text(spec, "signerName").to_owned())
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &["metadata.name", "spec.signerName"]
    }

    /// Upstream takes any name that fits in a path.
    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }
}

/// The refusal of a request for a certificate of an administrator: it would be one that no binding takes back.
fn judge_subject(object: &Object) -> Option<Status> {
    if text(message(&object.body, "spec"), "signerName") != KUBE_APISERVER_CLIENT {
        return None;
    }
    let why = match request(object) {
        Ok(request) if request.organizations().any(|group| group == MASTERS) => masters(),
        Ok(_) => return None,
        Err(why) => format!("failed to parse CSR: {why}"),
    };
    Some(Status::forbidden(object.resource, object.name(), &why))
}

/// Whether who holds the permit may do this as the signer, by its name or by that of all of its domain.
///
/// Source: `IsAuthorizedForSignerName` in `plugin/pkg/admission/certificates/util.go`.
async fn may(permit: &Permit, verb: &str, signer: &str) -> bool {
    // Nobody decides about the server itself.
    let Some(authorizer) = permit.authorizer() else {
        return true;
    };
    let domain = signer.split('/').next().unwrap_or_default();
    for name in [signer, &format!("{domain}/*")] {
        let asked = UnservedRequest {
            verb,
            group: CERTIFICATE_SIGNING_REQUESTS.group,
            version: "*",
            resource: "signers",
            name,
            ..UnservedRequest::default()
        };
        if authorizer.may(permit.user(), &asked).await {
            return true;
        }
    }
    false
}

/// Whatever a client says of who asks: it is who asks.
fn put_requestor(asked: &Asked<'_>, object: &mut Object) {
    let mut user = user_info(asked.permit.user());
    let spec = part_mut(&mut object.body, "spec");
    for field in OF_THE_REQUESTOR {
        set(spec, field, user.remove(field));
    }
}

/// Puts conditions back that only `approval` may write. Where one joined or is gone nothing is put back: validation
/// says so.
fn keep_decisions(object: &mut Object, old: &Object) {
    for decided in ["Approved", "Denied"] {
        let of = |condition: &&Map| text(condition, "type") == decided;
        let mut before: Vec<Map> = conditions(old).filter(of).map(duplicate).collect();
        if conditions(object).filter(of).count() != before.len() {
            continue;
        }
        for condition in conditions_mut(object) {
            if text(condition, "type") == decided && !before.is_empty() {
                *condition = before.remove(0);
            }
        }
    }
}

/// Fills in when each condition was written and when it changed, where the client does not say.
fn put_times(object: &mut Object, old: &Object, now: Timestamp) {
    let is_unset = |condition: &Map, field: &str| text(condition, field).is_empty();
    for condition in conditions_mut(object) {
        if is_unset(condition, "lastUpdateTime") {
            set(condition, "lastUpdateTime", Some(Value::string(now.to_string())));
        }
        if is_unset(condition, "lastTransitionTime") {
            let same = |field: &str, one: &Map| text(one, field) == text(condition, field);
            let known = conditions(old)
                .find(|one| same("type", one) && same("status", one) && !is_unset(one, "lastTransitionTime"));
            let time = known.map_or_else(
                || now.to_string(),
                |one| text(one, "lastTransitionTime").to_owned(),
            );
            set(condition, "lastTransitionTime", Some(Value::string(time)));
        }
    }
}

fn conditions_mut(object: &mut Object) -> impl Iterator<Item = &mut Map> {
    let status = object.body.get_mut("status").and_then(Value::as_map_mut);
    let list = match status.and_then(|status| status.get_mut("conditions")) {
        Some(Value::List(list)) => list.as_mut_slice(),
        _ => &mut [],
    };
    list.iter_mut().filter_map(Value::as_map_mut)
}
