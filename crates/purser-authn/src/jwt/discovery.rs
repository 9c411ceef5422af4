//! What issuers tell of themselves (OpenID Connect Discovery 1.0).

use purser_types::{Value, json};

use crate::configuration::Issuer;

/// Where issuers have their metadata, below their own address.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Where an issuer's metadata is.
pub(super) fn address(issuer: &Issuer) -> String {
    issuer.discovery_url.clone().unwrap_or_else(|| {
        let url = issuer.url.strip_suffix('/').unwrap_or(&issuer.url);
        format!("{url}{WELL_KNOWN}")
    })
}

/// Where the keys of the issuer `url` are, as its metadata says.
///
/// # Errors
/// When it is no metadata, or another's.
pub(super) fn keys_address(document: &[u8], url: &str) -> Result<String, String> {
    let metadata = json::parse(document)
        .map_err(|_| undecodable("it is not JSON"))?
        .value;
    let said = |name: &str| {
        metadata
            .as_map()
            .and_then(|map| map.get(name))
            .and_then(Value::as_str)
    };
    let issuer = said("issuer").unwrap_or_default();
    if issuer != url {
        return Err(format!(
            "oidc: issuer did not match the issuer returned by provider, expected {url:?} got {issuer:?}"
        ));
    }
    let keys = said("jwks_uri").filter(|address| !address.is_empty());
    keys.map(str::to_owned)
        .ok_or_else(|| undecodable("it has no jwks_uri"))
}

fn undecodable(why: &str) -> String {
    format!("oidc: failed to decode provider discovery object: {why}")
}
