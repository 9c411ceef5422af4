//! URLs, as Kubernetes' `isURL` and `url` read them with Go's `url.ParseRequestURI` and `url.Parse`.
//!
//! Sources: apiserver/pkg/cel/library/urls.go, apiserver/pkg/cel/url.go; Go 1.26, net/url/url.go (`parse`,
//! `parseAuthority`, `parseHost`, `unescape`, `EscapedPath`).

use std::net::Ipv6Addr;

/// A URL in its parts. INVARIANT: two are equal when Go writes them alike.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    pub(crate) scheme: String,
    /// What is behind a scheme and is no path.
    opaque: String,
    /// The name and the password.
    user: Option<User>,
    pub(crate) host: String,
    /// With its escapes.
    pub(crate) path: String,
    /// None: there is no `?`.
    query: Option<String>,
    /// With its escapes.
    fragment: String,
}

/// A name and a password.
type User = (Vec<u8>, Option<Vec<u8>>);

/// How a URL came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// In the first line of a request: without a scheme it has no host, and it has no fragment.
    Request,
    /// In a text.
    Text,
}

impl Url {
    /// Whether a text is a URL: it has a scheme, or is a path from the root.
    pub(crate) fn is_url(text: &str) -> bool {
        Self::parsed(text, Origin::Request).is_some()
    }

    /// Reads what [`Url::is_url`], again, for the fragment is no part of the path or the query, and what follows `//`
    /// is a host without a scheme too.
    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::parsed(text, Origin::Request)?;
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        unescaped(fragment, false)?;
        Some(Self {
            fragment: fragment.to_owned(),
            ..Self::parsed(text, Origin::Text)?
        })
    }

    fn parsed(text: &str, origin: Origin) -> Option<Self> {
        if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        let (before, query) = match text.split_once('?') {
            Some((before, query)) => (before, Some(query.to_owned())),
            None => (text, None),
        };
        let (scheme, rest) = match before.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ if before.starts_with('/') || text == "*" => (String::new(), before),
            _ => return None,
        };
        let has_authority = !scheme.is_empty() || origin == Origin::Text && !rest.starts_with("///");
        let (opaque, (user, host), path) = match rest.strip_prefix("//").filter(|_| has_authority) {
            Some(rest) => {
                let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
                ("", authority_of(authority)?, path)
            }
            None if rest.starts_with('/') || scheme.is_empty() => ("", (None, String::new()), rest),
            None => (rest, (None, String::new()), ""),
        };
        Some(Self {
            scheme,
            opaque: opaque.to_owned(),
            user,
            host,
            path: escaped_path(path)?,
            query,
            fragment: String::new(),
        })
    }

    /// Bytes of all parts.
    pub(crate) fn len(&self) -> usize {
        let user = self.user.as_ref().map_or(0, |(name, password)| {
            name.len() + password.as_ref().map_or(0, Vec::len)
        });
        let behind = self.query().len() + self.fragment.len();
        self.scheme.len() + self.opaque.len() + user + self.host.len() + self.path.len() + behind
    }

    /// The query with its escapes; empty without one.
    pub(crate) fn query(&self) -> &str {
        self.query.as_deref().unwrap_or_default()
    }

    /// The host without its port and without the brackets of an address of IPv6.
    pub(crate) fn hostname(&self) -> &str {
        let host = match self.host.rfind(':') {
            Some(colon) if !self.host.ends_with(']') => self.host.get(..colon).unwrap_or_default(),
            _ => &self.host,
        };
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    /// The port as it is written; empty without one.
    pub(crate) fn port(&self) -> &str {
        port(&self.host).unwrap_or_default()
    }

    /// The parameters of the query, in their order; one that is not well written is left out.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let parts = self
            .query()
            .split('&')
            .filter(|part| !part.is_empty() && !part.contains(';'));
        parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .filter_map(|(name, value)| Some((parameter(name)?, parameter(value)?)))
            .collect()
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

/// The user of an authority and its host with its port, unescaped; none when the authority is not well written: what a
/// reader could take for another host is no host.
fn authority_of(authority: &str) -> Option<(Option<User>, String)> {
    match authority.rsplit_once('@') {
        Some((user, host)) => Some((Some(user_of(user)?), host_of(host)?)),
        None => Some((None, host_of(authority)?)),
    }
}

fn user_of(text: &str) -> Option<User> {
    let is_user = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !text.bytes().all(is_user) {
        return None;
    }
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(unescaped(password, false)?)),
        None => (text, None),
    };
    Some((unescaped(name, false)?, password))
}

fn host_of(host: &str) -> Option<String> {
    port(host)?;
    if let Some(inner) = host.strip_prefix('[') {
        let (address, _) = inner.rsplit_once(']')?;
        let (address, zone) = address.split_once("%25").unwrap_or((address, "-"));
        address.parse::<Ipv6Addr>().ok()?;
        if zone.is_empty() || zone.contains('%') {
            return None;
        }
    } else if host.contains('[') {
        return None;
    }
    let is_host = |byte: u8| {
        byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&byte)
    };
    // Only what is not ASCII is escaped in a host, and `%` itself.
    let escapes = host.match_indices('%').all(|(at, _)| {
        let digits = host.get(at + 1..at + 3).unwrap_or_default();
        digits == "25" || digits.starts_with(|digit: char| digit.to_digit(16).is_some_and(|digit| digit >= 8))
    });
    if !escapes || !host.bytes().all(is_host) {
        return None;
    }
    unescaped(host, false).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The port of a host; none when what is behind its colon is none.
fn port(host: &str) -> Option<&str> {
    let after = match host.strip_prefix('[') {
        Some(inner) => inner.rsplit_once(']')?.1,
        None => match host.find(':') {
            Some(colon) => host.get(colon..)?,
            None => "",
        },
    };
    if after.is_empty() {
        return Some("");
    }
    after
        .strip_prefix(':')
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// A path as it is written when that is well escaped, and else escaped anew.
fn escaped_path(path: &str) -> Option<String> {
    let plain = unescaped(path, false)?;
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte);
    if path == "*"
        || path
            .bytes()
            .all(|byte| stays(byte) || b"!'()*[]%".contains(&byte))
    {
        return Some(path.to_owned());
    }
    let mut made = String::with_capacity(path.len());
    for byte in plain {
        if stays(byte) {
            made.push(char::from(byte));
        } else {
            made.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(made)
}

fn parameter(text: &str) -> Option<String> {
    unescaped(text, true).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes that a text with `%` and two digits stands for; none when two digits are missing.
fn unescaped(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    Some(bytes)
}
