//! The two formats of `/metrics`.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/> and
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.

use std::collections::HashSet;

use http::HeaderMap;
use http::header::ACCEPT;

use crate::negotiate::parse_accept;

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Prometheus' text format, kube-apiserver's.
    Text,
    /// OpenMetrics.
    Open,
}

impl Format {
    /// What the client wants most of the two; text unless it says so.
    pub(crate) fn asked(headers: &HeaderMap) -> Self {
        let header = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        parse_accept(header.unwrap_or_default())
            .iter()
            .find_map(|clause| {
                if clause.covers("text", "plain") {
                    return Some(Self::Text);
                }
                let version = clause.param("version").unwrap_or_default();
                let open = clause.covers("application", "openmetrics-text");
                (open && matches!(version, "" | "0.0.1" | "1.0.0")).then_some(Self::Open)
            })
            .unwrap_or(Self::Text)
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::Open => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Metrics in this format, from OpenMetrics.
    pub(crate) fn write(self, open: String) -> String {
        match self {
            Self::Text => text(&open),
            Self::Open => open,
        }
    }
}

/// In the text format a counter is called as its one sample, `_total` included, and there is neither an end nor a
/// unit.
fn text(open: &str) -> String {
    let counters: HashSet<&str> = open
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut out = String::with_capacity(open.len());
    for line in open.lines() {
        let about = ["# HELP ", "# TYPE "].into_iter().find_map(|start| {
            let (name, rest) = line.strip_prefix(start)?.split_once(' ')?;
            counters.contains(name).then_some((start, name, rest))
        });
        match about {
            Some((start, name, rest)) => out.extend([start, name, "_total ", rest]),
            None if line == "# EOF" || line.starts_with("# UNIT ") => continue,
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_called_as_its_sample() {
        let open = "# HELP a A.\n# TYPE a counter\na_total{x=\"# EOF\"} 1\n# HELP b_c B.\n# TYPE b_c gauge\n\
            # UNIT b_c c\nb_c 2\n# EOF\n";
        let expected = "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"# EOF\"} 1\n# HELP b_c B.\n\
            # TYPE b_c gauge\nb_c 2\n";
        assert_eq!(Format::Text.write(open.to_owned()), expected);
        assert_eq!(Format::Open.write(open.to_owned()), open);
    }

    #[test]
    fn open_metrics_are_for_those_who_ask() {
        let asked = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            Format::asked(&headers)
        };
        assert_eq!(Format::asked(&HeaderMap::new()), Format::Text);
        for accept in [
            "*/*",
            "text/plain",
            "application/json",
            "application/openmetrics-text;version=9",
        ] {
            assert_eq!(asked(accept), Format::Text, "{accept}");
        }
        let open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(asked(open), Format::Open);
        assert_eq!(
            asked(&format!("{open};q=0.5,text/plain;q=0.2,*/*;q=0.1")),
            Format::Open
        );
        assert_eq!(asked(&format!("{open};q=0.1,text/plain")), Format::Text);
    }
}
