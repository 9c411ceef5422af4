//! What an issuer has to be.

use std::collections::BTreeSet;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::parse_x509_certificate;

use super::checked::Issuer;
use super::settings::IssuerSettings;
use super::url::Address;
use purser_types::problems::Problems;

/// The one policy that there is.
const MATCH_ANY: &str = "MatchAny";

/// Checks an issuer; `own` are those whose tokens the server issues itself.
pub(super) fn check(
    field: &str,
    settings: &IssuerSettings,
    own: &BTreeSet<&str>,
    problems: &mut Problems,
) -> Issuer {
    let url = format!("{field}.url");
    match settings.url.as_str() {
        "" => problems.required(&url, ""),
        address => check_url(&url, address, own, problems),
    }
    check_discovery(&format!("{field}.discoveryURL"), settings, problems);
    check_audiences(field, settings, problems);
    check_authority(&format!("{field}.certificateAuthority"), settings, problems);
    check_egress(&format!("{field}.egressSelectorType"), settings, problems);
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    Issuer {
        url: settings.url.clone(),
        discovery_url: some(&settings.discovery_url),
        certificate_authority: some(&settings.certificate_authority),
        audiences: settings.audiences.clone(),
    }
}

fn check_url(field: &str, url: &str, own: &BTreeSet<&str>, problems: &mut Problems) {
    if own.contains(url) {
        let own: Vec<&str> = own.iter().copied().collect();
        let why = format!(
            "URL must not overlap with disallowed issuers: [{}]",
            own.join(" ")
        );
        problems.invalid(field, url, &why);
    }
    let address = match Address::parse(url) {
        Ok(address) => address,
        Err(why) => return problems.invalid(field, url, &why),
    };
    for (wrong, why) in [
        (!address.is_https, "URL scheme must be https"),
        (address.has_user, "URL must not contain a username or password"),
        (address.has_query, "URL must not contain a query"),
        (address.has_fragment, "URL must not contain a fragment"),
    ] {
        if wrong {
            problems.invalid(field, url, why);
        }
    }
}

fn check_discovery(field: &str, settings: &IssuerSettings, problems: &mut Problems) {
    let (issuer, discovery) = (&settings.url, &settings.discovery_url);
    if discovery.is_empty() {
        return;
    }
    if !issuer.is_empty() && issuer.trim_end_matches('/') == discovery.trim_end_matches('/') {
        problems.invalid(field, discovery, "discoveryURL must be different from URL");
    }
    check_url(field, discovery, &BTreeSet::new(), problems);
}

fn check_audiences(field: &str, settings: &IssuerSettings, problems: &mut Problems) {
    let (list, policy) = (
        format!("{field}.audiences"),
        format!("{field}.audienceMatchPolicy"),
    );
    let mut seen = BTreeSet::new();
    for (at, audience) in settings.audiences.iter().enumerate() {
        let field = format!("{list}[{at}]");
        if audience.is_empty() {
            problems.required(&field, "");
        }
        if !seen.insert(audience) {
            problems.duplicate(&field, audience);
        }
    }
    let said = settings.audience_match_policy.as_str();
    match settings.audiences.len() {
        0 => problems.required(&list, &format!("at least one {list} is required")),
        1 if !said.is_empty() && said != MATCH_ANY => {
            let why = "audienceMatchPolicy must be empty or MatchAny for single audience";
            problems.invalid(&policy, said, why);
        }
        2.. if said != MATCH_ANY => {
            let why = "audienceMatchPolicy must be MatchAny for multiple audiences";
            problems.invalid(&policy, said, why);
        }
        _ => {}
    }
}

/// Source: `k8s.io/client-go/util/cert/pem.go`, `ParseCertsPEM`.
fn check_authority(field: &str, settings: &IssuerSettings, problems: &mut Problems) {
    let pem = settings.certificate_authority.as_bytes();
    if pem.is_empty() {
        return;
    }
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let is_right = certificate.is_ok_and(|der| parse_x509_certificate(&der).is_ok());
        if !is_right {
            return problems.invalid(field, "<omitted>", "x509: malformed certificate");
        }
        count += 1;
    }
    if count == 0 {
        let why = "data does not contain any valid RSA or ECDSA certificates";
        problems.invalid(field, "<omitted>", why);
    }
}

/// Upstream chooses between ways out of its network; there is one here, so that none can be chosen.
fn check_egress(field: &str, settings: &IssuerSettings, problems: &mut Problems) {
    match settings.egress_selector_type.as_str() {
        "" => {}
        kind @ ("controlplane" | "cluster") => {
            let why = "issuers are called directly here: leave egressSelectorType out";
            problems.invalid(field, kind, why);
        }
        kind => {
            let why = "egress selector must be either controlplane or cluster";
            problems.invalid(field, kind, why);
        }
    }
}
