//! Names of issuers, compared whatever wrote them: `openssl` and RFC 4514 differ in order, quotes, escapes and in what
//! they call the parts, so that the values alone count. Serial numbers stand beside them, which no two issuers share.

use x509_parser::x509::X509Name;

/// The values of a name's parts, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuerName(Vec<String>);

impl IssuerName {
    /// The name in a certificate.
    pub(crate) fn of(name: &X509Name<'_>) -> Self {
        let value = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
        Self::sorted(name.iter_attributes().map(|part| value(part.as_slice())))
    }

    /// A name as it is printed: parts such as `O = Example` with commas or plus signs between, values in quotes or with
    /// backslashes before what would mean something else. `None`: it is not written so.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        let mut values = Vec::new();
        let mut rest = text.as_bytes();
        loop {
            let equals = rest.iter().position(|byte| *byte == b'=')?;
            let (value, after) = value(rest.get(equals + 1..)?)?;
            values.push(value);
            match after {
                Some(after) => rest = after,
                None => return Some(Self::sorted(values)),
            }
        }
    }

    fn sorted(values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<String> = values.into_iter().map(|value| value.trim().to_owned()).collect();
        values.sort_unstable();
        Self(values)
    }
}

/// A value, and what follows the comma or plus sign after it; `None`: a quote or an escape has no end.
fn value(text: &[u8]) -> Option<(String, Option<&[u8]>)> {
    let (mut value, mut rest, mut quoted) = (Vec::new(), text, false);
    let whole = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => quoted = !quoted,
            b',' | b'+' if !quoted => return Some((whole(&value), Some(rest))),
            b'\\' => {
                let (escaped, after) = escape(rest)?;
                value.push(escaped);
                rest = after;
            }
            byte => value.push(*byte),
        }
    }
    (!quoted).then(|| (whole(&value), None))
}

/// What follows a backslash: two hexadecimal digits are a byte, anything else is itself.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    if let [high, low, after @ ..] = text
        && let (Some(high), Some(low)) = (digit(*high), digit(*low))
    {
        return Some((high << 4 | low, after));
    }
    text.split_first().map(|(byte, after)| (*byte, after))
}
