//! Pages for administrators, which the binary brings: JSON at paths of their own, allowed by `nonResourceURLs` of RBAC.

use futures_util::future::BoxFuture;
use http::{Method, Response, StatusCode};
use purser_types::Status;
use purser_types::status::Details;
use serde_json::Value;

use crate::answer::{Body, JSON, whole};
use crate::failure::Failure;

/// Something that is told, and can be asked to act.
pub trait Page: Send + Sync + 'static {
    /// Its paths, below `/purser/`; one that ends in `/*` stands for everything below.
    fn paths(&self) -> &'static [&'static str];

    /// What is told at one of them.
    fn get(&self, path: &str) -> BoxFuture<'_, Result<Value, PageRefusal>>;

    /// Acts; answers what is told of it.
    fn post(&self, path: &str) -> BoxFuture<'_, Result<Value, PageRefusal>>;
}

/// Why a page does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageRefusal {
    /// 405.
    Method,
    /// 404, with the reason.
    NotFound(String),
    /// 409, with the reason.
    Conflict(String),
    /// 500, with the reason.
    Failed(String),
}

impl From<PageRefusal> for Failure {
    fn from(refusal: PageRefusal) -> Self {
        match refusal {
            PageRefusal::Method => Self::no_method(),
            PageRefusal::NotFound(why) => Status::new(404, "NotFound", why, Some(Details::default())).into(),
            PageRefusal::Conflict(why) => Status::new(409, "Conflict", why, Some(Details::default())).into(),
            PageRefusal::Failed(why) => Status::internal(&why).into(),
        }
    }
}

/// Whether `path` is this one of a page's, or below it.
fn is_at(known: &str, path: &str) -> bool {
    match known.strip_suffix('*') {
        Some(above) => path.strip_prefix(above).is_some_and(|below| !below.is_empty()),
        None => known == path,
    }
}

/// Answers the page at `path`.
pub(crate) async fn answer(
    pages: &[Box<dyn Page>],
    method: &Method,
    path: &str,
) -> Result<Response<Body>, Failure> {
    let page = pages
        .iter()
        .find(|page| page.paths().iter().any(|known| is_at(known, path)));
    let page = page.ok_or(Failure::NOTHING_HERE)?;
    let told = match *method {
        Method::GET | Method::HEAD => page.get(path).await?,
        Method::POST => page.post(path).await?,
        _ => return Err(Failure::no_method()),
    };
    Ok(whole(StatusCode::OK, JSON, told.to_string().into()))
}

#[cfg(test)]
mod tests {
    use super::is_at;

    #[test]
    fn a_path_that_ends_in_a_star_stands_for_everything_below() {
        assert!(is_at("/purser/a", "/purser/a") && !is_at("/purser/a", "/purser/a/b"));
        assert!(is_at("/purser/a/*", "/purser/a/b/c"));
        for other in ["/purser/a", "/purser/a/", "/purser/ab/c"] {
            assert!(!is_at("/purser/a/*", other), "{other}");
        }
    }
}
