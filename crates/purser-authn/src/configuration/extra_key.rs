//! Keys of what else is known of a user.

use purser_types::names::dns1123_subdomain;

use purser_types::problems::Problems;

/// What is wrong with a key: it is a path below a domain, in lower case, and not below one of Kubernetes' own.
///
/// Sources: `IsDomainPrefixedPath` of `k8s.io/apimachinery/pkg/util/validation`, `validateClaimMappings`.
pub(super) fn check(field: &str, key: &str, problems: &mut Problems) {
    check_path(field, key, problems);
    if key.chars().any(|c| !c.to_lowercase().eq(std::iter::once(c))) {
        problems.invalid(field, key, "must be lowercase");
    }
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let is_reserved = |own: &str| {
        domain
            .strip_suffix(own)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if is_reserved("kubernetes.io") || is_reserved("k8s.io") {
        problems.invalid(
            field,
            key,
            "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use",
        );
    }
}

fn check_path(field: &str, key: &str, problems: &mut Problems) {
    if key.is_empty() {
        problems.required(field, "");
        return;
    }
    let parts = key.split_once('/');
    let Some((host, path)) = parts.filter(|(host, path)| !host.is_empty() && !path.is_empty()) else {
        problems.invalid(
            field,
            key,
            "must be a domain-prefixed path (such as \"acme.io/foo\")",
        );
        return;
    };
    for why in dns1123_subdomain(host) {
        problems.invalid(field, host, &why);
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    if !path.bytes().all(fits) {
        let why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
        problems.invalid(field, path, why);
    }
}
