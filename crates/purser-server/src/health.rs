//! `/livez`, `/readyz` and `/healthz`.
//!
//! Texts are those of `k8s.io/apiserver/pkg/server/healthz`, which probes and people match on.

use std::fmt::Write as _;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderValue, Response, StatusCode};
use purser_types::quote::quote;

use crate::answer::{Body, plain_text, whole};
use crate::query::Query;

/// Something whose health is told.
pub trait Check: Send + Sync + 'static {
    /// Its name, one segment of a path.
    fn name(&self) -> &'static str;

    /// Whether a failure means that the process must be restarted (`/livez`), not only that it must get no
    /// requests (`/readyz`).
    fn is_vital(&self) -> bool {
        false
    }

    /// Whether the deprecated `/healthz` asks it too.
    fn is_in_healthz(&self) -> bool {
        self.is_vital()
    }

    /// How it is; the sentence goes to the log and to those who ask for this check by name.
    fn check(&self) -> BoxFuture<'_, Result<(), String>>;
}

/// Which of the three is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// `/livez`
    Live,
    /// `/readyz`
    Ready,
    /// `/healthz`: the deprecated one; what is vital, and plugins.
    Health,
}

impl Probe {
    /// The first segment of its path.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "livez",
            Self::Ready => "readyz",
            Self::Health => "healthz",
        }
    }

    /// Whether `check` counts for it.
    pub(crate) fn includes(self, check: &dyn Check) -> bool {
        match self {
            Self::Live => check.is_vital(),
            Self::Ready => true,
            Self::Health => check.is_in_healthz(),
        }
    }
}

/// The check that always passes.
pub(crate) struct Ping;

impl Check for Ping {
    fn name(&self) -> &'static str {
        "ping"
    }

    fn is_vital(&self) -> bool {
        true
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// Answers a probe as a whole. The remark, lines of their own, goes below the checks where they are told, and changes
/// nothing.
pub(crate) async fn answer(
    probe: Probe,
    checks: &[Box<dyn Check>],
    query: &Query<'_>,
    remark: &str,
) -> Response<Body> {
    let mut excluded: Vec<&str> = query.all("exclude").collect();
    let (mut text, mut failed) = (String::new(), false);
    for check in checks.iter().filter(|check| probe.includes(check.as_ref())) {
        let name = check.name();
        let line = if excluded.contains(&name) {
            excluded.retain(|other| *other != name);
            format!("[+]{name} excluded: ok\n")
        } else if let Err(why) = check.check().await {
            failed = true;
            tracing::warn!(probe = probe.name(), check = name, why, "health check failed");
            format!("[-]{name} failed: reason withheld\n")
        } else {
            format!("[+]{name} ok\n")
        };
        text.push_str(&line);
    }
    if !excluded.is_empty() {
        excluded.sort_unstable();
        let names: Vec<String> = excluded.iter().map(|name| quote(name)).collect();
        let _ = writeln!(
            text,
            "warn: some health checks cannot be excluded: no matches for {}",
            names.join(",")
        );
    }
    text.push_str(remark);
    if failed {
        return plain_text(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("{text}{} check failed", probe.name()),
        );
    }
    if query.get("verbose").is_none() {
        return ok();
    }
    text_answer(format!("{text}{} check passed\n", probe.name()))
}

/// Answers one check by name; `None` when there is none of that name.
pub(crate) async fn answer_one(
    probe: Probe,
    checks: &[Box<dyn Check>],
    name: &str,
) -> Option<Response<Body>> {
    let check = checks
        .iter()
        .find(|check| check.name() == name && probe.includes(check.as_ref()))?;
    Some(match check.check().await {
        Ok(()) => ok(),
        Err(why) => plain_text(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("internal server error: {why}"),
        ),
    })
}

fn ok() -> Response<Body> {
    text_answer("ok".to_owned())
}

fn text_answer(text: String) -> Response<Body> {
    let mut response = whole(StatusCode::OK, "text/plain; charset=utf-8", Bytes::from(text));
    response
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    struct Broken;

    impl Check for Broken {
        fn name(&self) -> &'static str {
            "store"
        }

        fn check(&self) -> BoxFuture<'_, Result<(), String>> {
            Box::pin(async { Err("it is gone".to_owned()) })
        }
    }

    async fn ask(probe: Probe, query: &str) -> (u16, String) {
        let checks: Vec<Box<dyn Check>> = vec![Box::new(Ping), Box::new(Broken)];
        text(answer(probe, &checks, &Query::parse(query), "").await).await
    }

    async fn text(response: Response<Body>) -> (u16, String) {
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (code, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_texts_are_upstreams() {
        assert_eq!(ask(Probe::Live, "").await, (200, "ok".into()));
        assert_eq!(
            ask(Probe::Live, "verbose").await,
            (200, "[+]ping ok\nlivez check passed\n".into())
        );
        let failed = "[+]ping ok\n[-]store failed: reason withheld\nreadyz check failed\n";
        assert_eq!(ask(Probe::Ready, "").await, (500, failed.into()));
        let excluded = "[+]ping ok\n[+]store excluded: ok\n\
            warn: some health checks cannot be excluded: no matches for \"x\"\nreadyz check passed\n";
        assert_eq!(
            ask(Probe::Ready, "verbose&exclude=store&exclude=x").await,
            (200, excluded.into())
        );
    }

    #[tokio::test]
    async fn one_check_says_why() {
        let checks: Vec<Box<dyn Check>> = vec![Box::new(Ping), Box::new(Broken)];
        let one = text(answer_one(Probe::Ready, &checks, "store").await.unwrap()).await;
        assert_eq!(one, (500, "internal server error: it is gone\n".into()));
        assert!(answer_one(Probe::Live, &checks, "store").await.is_none());
    }
}
