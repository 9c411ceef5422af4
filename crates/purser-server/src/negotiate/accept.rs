//! The `Accept` header.

/// Most clauses read of one header; those after it are ignored.
const CLAUSES_READ: usize = 32;

/// One media range with its parameters.
#[derive(Debug)]
pub(crate) struct Clause<'h> {
    kind: &'h str,
    subtype: &'h str,
    quality: f32,
    params: Vec<(&'h str, &'h str)>,
}

impl<'h> Clause<'h> {
    /// Whether the range covers `kind/subtype`.
    pub(crate) fn covers(&self, kind: &str, subtype: &str) -> bool {
        match (self.kind, self.subtype) {
            ("*", "*") => true,
            (k, "*") => k == kind,
            (k, s) => k == kind && s == subtype,
        }
    }

    /// The parameter `name`.
    pub(crate) fn param(&self, name: &str) -> Option<&'h str> {
        self.params
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    fn goes_before(&self, other: &Self) -> bool {
        self.quality > other.quality
            || (self.kind != "*" && other.kind == "*")
            || (self.subtype != "*" && other.subtype == "*")
    }

    fn parse(text: &'h str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let range = parts.next().filter(|range| !range.is_empty())?;
        let (kind, subtype) = match range {
            "*" => ("*", "*"),
            range => range.split_once('/')?,
        };
        let mut clause = Self {
            kind: kind.trim(),
            subtype: subtype.trim(),
            quality: 1.0,
            params: Vec::new(),
        };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            let (key, value) = (key.trim(), value.trim().trim_matches('"'));
            match key {
                "q" => clause.quality = value.parse().unwrap_or(1.0),
                _ => clause.params.push((key, value)),
            }
        }
        Some(clause)
    }
}

/// The clauses of a header, the preferred first: by quality, the more specific, as they came. The order is not a
/// strict one and depends on how it is sorted, so that upstream's sorting is done here: insertion.
///
/// Source: `github.com/munnerz/goautoneg`.
pub(crate) fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = header
        .split(',')
        .take(CLAUSES_READ)
        .filter_map(Clause::parse)
        .collect();
    for end in 1..clauses.len() {
        for at in (1..=end).rev() {
            match (clauses.get(at - 1), clauses.get(at)) {
                (Some(before), Some(clause)) if clause.goes_before(before) => clauses.swap(at - 1, at),
                _ => break,
            }
        }
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_ordered_as_upstream_sorts_them() {
        let order: Vec<_> = clauses("*/*, a/*, a/b;q=0.1, a/c;x=\"y\"")
            .iter()
            .map(|c| (c.kind, c.subtype))
            .collect();
        assert_eq!(order, [("a", "c"), ("a", "b"), ("a", "*"), ("*", "*")]);
    }

    #[test]
    fn junk_is_left_out() {
        assert!(clauses(";;,,  , q").is_empty());
        assert_eq!(
            clauses("a/b; q = x ;c=d")
                .first()
                .and_then(|clause| clause.param("c")),
            Some("d")
        );
    }
}
