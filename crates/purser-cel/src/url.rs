//! URLs, as Go's `url.ParseRequestURI` reads them: with a scheme, or a path from the root.
//!
//! Source: apiserver/pkg/cel/library/urls.go.

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub(crate) scheme: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: String,
}

impl Url {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let printable = text.chars().all(|char| !char.is_ascii_control() && char != ' ');
        if !printable || text.is_empty() || !escapes_are_whole(text) {
            return None;
        }
        let (before, query) = text.split_once('?').unwrap_or((text, ""));
        let query = query.to_owned();
        if before.starts_with('/') && !before.starts_with("//") {
            return Some(Self {
                scheme: String::new(),
                host: String::new(),
                path: before.to_owned(),
                query,
            });
        }
        let (scheme, rest) = before.split_once(':')?;
        let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
        if !is_scheme {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let Some(rest) = rest.strip_prefix("//") else {
            let path = if rest.starts_with('/') {
                rest.to_owned()
            } else {
                String::new()
            };
            return Some(Self {
                scheme,
                host: String::new(),
                path,
                query,
            });
        };
        let split = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(split)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        port(host)?;
        Some(Self {
            scheme,
            host: host.to_owned(),
            path: path.to_owned(),
            query,
        })
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

    /// The parameters of the query, in their order.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let parts = self
            .query
            .split('&')
            .filter(|part| !part.is_empty() && !part.contains(';'));
        parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (plain(name), plain(value)))
            .collect()
    }
}

/// The port of a host; none when what is behind its last colon is none.
fn port(host: &str) -> Option<&str> {
    let after = match host.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?.1,
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

fn escapes_are_whole(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()))
}

fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()]
                    .map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
                match digits {
                    [Some(high), Some(low)] => u8::try_from(high * 16 + low).unwrap_or(b'%'),
                    _ => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
