//! JSON Web Tokens (RFC 7519, compact form).

/// `{"` in base64url, which every JOSE header begins with.
const HEADER: &str = "eyJ";
/// Shorter parts hold nothing.
const PART_MIN: usize = 8;

/// Whether a word is three base64url parts of which the first two are JSON objects and the last is a signature.
pub(super) fn is_jwt(word: &str) -> bool {
    let mut parts = word.trim_end_matches('.').split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let base64url = |part: &str| {
        part.len() >= PART_MIN
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    header.starts_with(HEADER)
        && claims.starts_with(HEADER)
        && [header, claims, signature].into_iter().all(base64url)
}
