//! How many seats a request takes.
//!
//! Source of the idea and of the numbers for lists: `k8s.io/apiserver/pkg/util/flowcontrol/request`,
//! `list_work_estimator.go` and `config.go`.

/// Most seats of one request.
pub(crate) const WIDEST: usize = 10;
/// Objects of a list that one more seat stands for.
const OBJECTS_A_SEAT: usize = 100;
/// Bytes of a body that one more seat stands for: the longest takes [`WIDEST`].
const BYTES_A_SEAT: usize = 320 * 1024;

/// A list of `objects`.
pub(crate) fn of_objects(objects: usize) -> usize {
    objects.div_ceil(OBJECTS_A_SEAT).clamp(1, WIDEST)
}

/// A request with a body of `bytes`, `None` when its length is not known. What all bodies together may take is so
/// bounded by the number of seats.
pub(crate) fn of_body(bytes: Option<u64>) -> usize {
    bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .map_or(WIDEST, |bytes| bytes.div_ceil(BYTES_A_SEAT).clamp(1, WIDEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn what_is_large_takes_more_seats() {
        assert_eq!([0, 1, 100, 101, 999_999].map(of_objects), [1, 1, 1, 2, WIDEST]);
        let (short, longest) = (2_000, u64::try_from(Limits::default().body_bytes).unwrap());
        assert_eq!(
            [Some(0), Some(short), Some(longest), None].map(of_body),
            [1, 1, WIDEST, WIDEST]
        );
        assert!(u64::try_from(BYTES_A_SEAT * WIDEST).unwrap() >= longest);
    }
}
