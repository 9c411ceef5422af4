//! Where a Secret keeps what is secret, and what would take it elsewhere.
//!
//! A patch may come from somebody who may not read. What it copies into a label or the type is repeated in sentences,
//! and shown as metadata.

use super::pointer::steps;
use purser_admission::LAST_APPLIED;

/// Where values are: the data, and what kubectl applied last, which holds them again.
const KEPT: [&[&str]; 3] = [
    &["data"],
    &["stringData"],
    &["metadata", "annotations", LAST_APPLIED],
];

/// Whether what is at `from` is, is in or has in it something kept, and `path` is not in the same place.
pub(super) fn leads_out(from: &str, path: &str) -> bool {
    let (from, path) = (steps(from), steps(path));
    KEPT.iter()
        .any(|kept| is_along(&from, kept) && !(is_within(&from, kept) && is_within(&path, kept)))
}

/// Whether what is at `path` is, is in or has in it something kept.
pub(super) fn touches(path: &str) -> bool {
    let path = steps(path);
    KEPT.iter().any(|kept| is_along(&path, kept))
}

/// Whether one is the beginning of the other.
fn is_along(steps: &[String], kept: &[&str]) -> bool {
    steps.iter().zip(kept).all(|(step, kept)| step == kept)
}

fn is_within(steps: &[String], kept: &[&str]) -> bool {
    steps.len() >= kept.len() && is_along(steps, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_where_it_is() {
        for (from, path) in [
            ("/data/a", "/type"),
            ("/data/a", "/metadata/labels/a"),
            ("/data/a", "/stringData/a"),
            ("/data/a", "/dat"),
            ("/data", "/metadata/annotations"),
            ("/stringData/a", "/metadata/annotations/a"),
            ("ignored/data/a", "/type"),
            ("/data/a~1b", "x/type"),
            ("", "/metadata/labels/a"),
            ("", "/data/a"),
            ("/metadata", "/data/a"),
            ("/metadata/annotations", "/metadata/labels"),
            (
                "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
                "/metadata/annotations/a",
            ),
        ] {
            assert!(leads_out(from, path), "{from} {path}");
        }
    }

    #[test]
    fn what_is_not_kept_or_stays_may_move() {
        for (from, path) in [
            ("/data/a", "/data/b"),
            ("/stringData/a", "/stringData/b"),
            ("/metadata/labels/a", "/metadata/labels/b"),
            ("/metadata/annotations/a", "/metadata/labels/a"),
            ("/type", "/metadata/labels/type"),
            ("/datas", "/type"),
        ] {
            assert!(!leads_out(from, path), "{from} {path}");
        }
    }
}
