//! The wire format of protobuf.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

use super::DecodeError;

/// A field as it stands on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum Payload<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 2.
    Bytes(&'a [u8]),
    /// Wire types 1 and 5; no served type has them.
    Fixed,
}

impl<'a> Payload<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], DecodeError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Varint(_) | Self::Fixed => Err(DecodeError::WireType),
        }
    }

    pub(super) fn varint(self) -> Result<u64, DecodeError> {
        match self {
            Self::Varint(value) => Ok(value),
            Self::Bytes(_) | Self::Fixed => Err(DecodeError::WireType),
        }
    }

    /// An `int32`, whose upper half is ignored as protobuf asks.
    pub(super) fn int32(self) -> Result<i64, DecodeError> {
        let [a, b, c, d, ..] = self.varint()?.to_le_bytes();
        Ok(i64::from(i32::from_le_bytes([a, b, c, d])))
    }

    pub(super) fn int64(self) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.varint()?.to_le_bytes()))
    }
}

/// The fields of a message, one after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// The bytes not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next field: its number and what it holds.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Payload<'a>)>, DecodeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let tag = u32::try_from(key >> 3)
            .ok()
            .filter(|&tag| tag > 0)
            .ok_or(DecodeError::IllegalTag)?;
        let payload = match key & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => self.take(8).map(|_| Payload::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| DecodeError::Truncated)?;
                Payload::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Payload::Fixed)?,
            _ => return Err(DecodeError::WireType),
        };
        Ok(Some((tag, payload)))
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(DecodeError::Truncated)?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DecodeError::Overflow);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Overflow)
    }
}

/// How many bytes a number takes.
pub(super) fn varint_size(value: u64) -> usize {
    match value {
        0 => 1,
        value => (64 - value.leading_zeros()).div_ceil(7) as usize,
    }
}

/// Appends a number.
pub(super) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes().first().copied().unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes().first().copied().unwrap_or_default());
}

/// Appends the key of a field with wire type 0.
pub(super) fn put_varint_key(tag: u32, out: &mut Vec<u8>) {
    put_varint(u64::from(tag) << 3, out);
}

/// Appends the key and length of a field with wire type 2.
pub(super) fn put_bytes_key(tag: u32, length: usize, out: &mut Vec<u8>) {
    put_varint(u64::from(tag) << 3 | 2, out);
    put_varint(length as u64, out);
}

/// The size of a field with wire type 2.
pub(super) fn bytes_field_size(tag: u32, length: usize) -> usize {
    varint_size(u64::from(tag) << 3) + varint_size(length as u64) + length
}
