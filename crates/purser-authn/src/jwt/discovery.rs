//! What issuers tell of themselves (OpenID Connect Discovery 1.0).

use purser_types::{Value, json};

use crate::configuration::Issuer;

/// Longest address that is taken from an issuer, bytes: it is repeated where something is wrong with it.
const LONGEST: usize = 2048;
/// Most characters that are repeated of what an issuer calls itself: the log is not for it to fill.
const REPEATED: usize = 200;

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
        let issuer: String = issuer.chars().take(REPEATED).collect();
        return Err(format!(
            "oidc: issuer did not match the issuer returned by provider, expected {url:?} got {issuer:?}"
        ));
    }
    let keys = said("jwks_uri").filter(|address| !address.is_empty());
    let keys = keys.ok_or_else(|| undecodable("it has no jwks_uri"))?;
    match keys.len() <= LONGEST {
        true => Ok(keys.to_owned()),
        false => Err(undecodable("its jwks_uri is too long")),
    }
}

fn undecodable(why: &str) -> String {
    format!("oidc: failed to decode provider discovery object: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_does_not_fill_the_log_with_what_it_tells() {
        let long = format!("https://a.example/{}", "x".repeat(1 << 19));
        for document in [
            format!(r#"{{"issuer":"{long}","jwks_uri":"https://a.example/keys"}}"#),
            format!(r#"{{"issuer":"https://a.example","jwks_uri":"{long}"}}"#),
        ] {
            let why = keys_address(document.as_bytes(), "https://a.example").unwrap_err();
            assert!(why.len() < 1_000, "{} bytes", why.len());
        }
    }
}
