//! Addresses, taken apart as Go does.
//!
//! Source: `net/url`, `Parse`, as far as an address with a host is concerned.

use purser_types::quote::quote;

/// What is asked of an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) is_https: bool,
    pub(super) has_user: bool,
    pub(super) has_query: bool,
    pub(super) has_fragment: bool,
}

impl Address {
    /// Takes an address apart.
    ///
    /// # Errors
    /// With Go's sentence.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        Self::parts(url).map_err(|why| format!("parse {}: {why}", quote(url)))
    }

    fn parts(url: &str) -> Result<Self, String> {
        if url.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
        check_escapes(fragment)?;
        let (scheme, rest) = scheme(rest)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut has_user = false;
        if let Some(rest) = rest.strip_prefix("//") {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = match authority.rsplit_once('@') {
                Some((_, host)) => {
                    has_user = true;
                    host
                }
                None => authority,
            };
            check_host(host)?;
            check_escapes(path)?;
        } else if scheme.is_empty() {
            let first = rest.split('/').next().unwrap_or_default();
            if first.contains(':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
            check_escapes(rest)?;
        }
        Ok(Self {
            is_https: scheme.eq_ignore_ascii_case("https"),
            has_user,
            has_query: !query.is_empty(),
            has_fragment: !fragment.is_empty(),
        })
    }
}

/// The scheme, empty when there is none, and what follows.
fn scheme(url: &str) -> Result<(&str, &str), String> {
    let end = url
        .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
        .filter(|_| url.starts_with(|c: char| c.is_ascii_alphabetic()));
    match end.and_then(|end| url.split_at_checked(end)) {
        Some((scheme, rest)) if rest.starts_with(':') => Ok((scheme, rest.strip_prefix(':').unwrap_or(rest))),
        _ if url.starts_with(':') => Err("missing protocol scheme".to_owned()),
        _ => Ok(("", url)),
    }
}

fn check_host(host: &str) -> Result<(), String> {
    let port = if host.starts_with('[') {
        let (_, port) = host
            .rsplit_once(']')
            .ok_or_else(|| "missing ']' in host".to_owned())?;
        port
    } else {
        host.rfind(':')
            .and_then(|colon| host.split_at_checked(colon))
            .map_or("", |(_, port)| port)
    };
    if !port.is_empty() && !is_port(port) {
        return Err(format!("invalid port {} after host", quote(port)));
    }
    let wrong =
        |c: &char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"-_.~!$&'()*+,;=:[]<>\"%".contains(*c);
    match host.chars().find(wrong) {
        Some(wrong) => Err(format!(
            "invalid character {} in host name",
            quote(&wrong.to_string())
        )),
        None => Ok(()),
    }
}

/// A colon and digits, or none.
fn is_port(port: &str) -> bool {
    port.strip_prefix(':')
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn check_escapes(part: &str) -> Result<(), String> {
    for (at, _) in part.match_indices('%') {
        let escape: String = part.get(at..).unwrap_or_default().chars().take(3).collect();
        let is_right = escape.len() == 3 && escape.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
        if !is_right {
            return Err(format!("invalid URL escape {}", quote(&escape)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_address_is_refused_in_gos_words() {
        for (url, why) in [
            (
                "https://a:x",
                "parse \"https://a:x\": invalid port \":x\" after host",
            ),
            (
                "https://a b",
                "parse \"https://a b\": invalid character \" \" in host name",
            ),
            ("://a", "parse \"://a\": missing protocol scheme"),
            (
                "a:b:c/d\u{1}",
                "parse \"a:b:c/d\\x01\": net/url: invalid control character in URL",
            ),
            (
                "https://a/%zz",
                "parse \"https://a/%zz\": invalid URL escape \"%zz\"",
            ),
            (
                "1a:b",
                "parse \"1a:b\": first path segment in URL cannot contain colon",
            ),
            ("https://[::1", "parse \"https://[::1\": missing ']' in host"),
        ] {
            assert_eq!(Address::parse(url).unwrap_err(), why);
        }
    }

    #[test]
    fn parts_that_an_issuer_may_not_have_are_seen() {
        let plain = || Address::parse("HTTPS://a.example:8443/realm/x").unwrap();
        let with = |url, change: fn(&mut Address)| {
            let mut expected = plain();
            change(&mut expected);
            assert_eq!(Address::parse(url), Ok(expected), "{url}");
        };
        assert!(plain().is_https);
        with("http://a", |address| address.is_https = false);
        with("invalid-url", |address| address.is_https = false);
        with("https://u:p@a", |address| address.has_user = true);
        with("https://a?q", |address| address.has_query = true);
        with("https://a#f", |address| address.has_fragment = true);
        with("https://[::1]:8443/?", |_| ());
    }
}
