//! As much of DER (X.690) as it takes to write a certificate.

/// Tags.
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A tag of this context, of something simple.
pub(super) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// A tag of this context, of something made of parts.
pub(super) const fn context_of_parts(number: u8) -> u8 {
    0xa0 | number
}

/// An element.
pub(super) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = contents.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let significant = bytes.iter().skip_while(|byte| **byte == 0);
            let count = significant.clone().count();
            // INVARIANT: a usize has eight bytes at most.
            out.push(0x80 | u8::try_from(count).unwrap_or(8));
            out.extend(significant);
        }
    }
    out.extend_from_slice(contents);
    out
}

/// An element made of parts.
pub(super) fn of_parts<const N: usize>(tag: u8, parts: &[Vec<u8>; N]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number that is not negative, big-endian.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let mut contents: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if contents.first().is_none_or(|first| *first >= 0x80) {
        contents.insert(0, 0);
    }
    element(INTEGER, &contents)
}

/// Whole bytes of bits.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_are_as_short_as_can_be() {
        assert_eq!(element(SEQUENCE, &[7; 127])[..3], [0x30, 0x7f, 7]);
        assert_eq!(element(SEQUENCE, &[7; 128])[..4], [0x30, 0x81, 0x80, 7]);
        assert_eq!(element(SEQUENCE, &[7; 256])[..5], [0x30, 0x82, 1, 0, 7]);
        assert_eq!(unsigned(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(unsigned(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0]), [2, 1, 0]);
        assert_eq!(bits(&[0xa0]), [3, 2, 0, 0xa0]);
    }
}
