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

/// The clauses of a header, the preferred first: by quality, then the more specific, then as they came.
pub(crate) fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = header
        .split(',')
        .take(CLAUSES_READ)
        .filter_map(Clause::parse)
        .collect();
    clauses.sort_by(|a, b| {
        let wild = |clause: &Clause<'_>| (clause.kind == "*", clause.subtype == "*");
        b.quality
            .total_cmp(&a.quality)
            .then_with(|| wild(a).cmp(&wild(b)))
    });
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_ordered_by_quality_then_specificity() {
        let order: Vec<_> = clauses("*/*, a/*, a/b;q=0.1, a/c;x=\"y\"")
            .iter()
            .map(|c| (c.kind, c.subtype))
            .collect();
        assert_eq!(order, [("a", "c"), ("a", "*"), ("*", "*"), ("a", "b")]);
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
