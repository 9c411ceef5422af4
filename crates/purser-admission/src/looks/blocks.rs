//! Credentials that take a whole text: private keys, kubeconfigs, registry logins.

/// Base64 of `-----BEGIN `, as a key looks inside another encoding.
const ENCODED_BEGIN: &str = "LS0tLS1CRUdJTi";
/// How much of an encoded block is decoded: enough for its first line.
const ENCODED_LOOK: usize = 96;
/// Shorter values are no credentials.
const MEMBER_MIN: usize = 8;

/// A private key in one of its usual wrappings.
pub(super) fn private_key(text: &str) -> Option<&'static str> {
    const WHAT: &str = "a private key";
    if text.starts_with("PuTTY-User-Key-File-") || has_private_label(text) {
        return Some(WHAT);
    }
    let encoded = text.match_indices(ENCODED_BEGIN).any(|(at, _)| {
        let tail = text.get(at..).unwrap_or_default();
        has_private_label(&decode(tail))
    });
    encoded.then_some(WHAT)
}

/// `-----BEGIN … PRIVATE KEY-----`, PGP's `PRIVATE KEY BLOCK` included.
fn has_private_label(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, begin)| {
        let label = head(text.get(at.saturating_add(begin.len())..).unwrap_or_default());
        let label = label.lines().next().unwrap_or_default();
        let label = label.split("-----").next().unwrap_or_default();
        label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")
    })
}

fn decode(encoded: &str) -> String {
    let mut bits = 0_u32;
    let mut count = 0_u32;
    let mut out = String::new();
    for byte in encoded.bytes().take(ENCODED_LOOK) {
        let Some(value) = sextet(byte) else { break };
        bits = (bits << 6) | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push(char::from(u8::try_from((bits >> count) & 0xff).unwrap_or(0)));
        }
    }
    out
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// A kubeconfig that can log in, or a container registry's login.
pub(super) fn login_file(text: &str) -> Option<&'static str> {
    if has_member(text, "client-key-data") || (is_kubeconfig(text) && has_member(text, "token")) {
        return Some("a kubeconfig with credentials");
    }
    (text.contains("\"auths\"") && (has_member(text, "auth") || has_member(text, "identitytoken")))
        .then_some("a container registry login")
}

fn is_kubeconfig(text: &str) -> bool {
    text.contains("kind: Config")
        || text.contains("\"kind\":\"Config\"")
        || text.contains("\"kind\": \"Config\"")
}

/// Whether a YAML or JSON member `name` has a value that is neither empty nor a placeholder.
fn has_member(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, name)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let whole = before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '{' | ','));
        let tail = head(text.get(at.saturating_add(name.len())..).unwrap_or_default());
        let Some(value) = tail.trim_start_matches(['"', '\'']).strip_prefix(':') else {
            return false;
        };
        let value = value.trim_start_matches([' ', '\t', '"', '\'']);
        let length = value
            .chars()
            .take_while(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '}'))
            .count();
        whole && length >= MEMBER_MIN && !value.starts_with(['$', '<', '{'])
    })
}

/// The beginning of `text`: what is looked at after each match is bounded, so that all matches together are linear.
fn head(text: &str) -> &str {
    const HEAD_MAX: usize = 128;
    text.get(..text.floor_char_boundary(HEAD_MAX)).unwrap_or_default()
}
