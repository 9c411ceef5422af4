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
    /// Its paths, below `/purser/`.
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
    /// 409, with the reason.
    Conflict(String),
    /// 500, with the reason.
    Failed(String),
}

impl From<PageRefusal> for Failure {
    fn from(refusal: PageRefusal) -> Self {
        match refusal {
            PageRefusal::Method => Self::no_method(),
            PageRefusal::Conflict(why) => Status::new(409, "Conflict", why, Some(Details::default())).into(),
            PageRefusal::Failed(why) => Status::internal(&why).into(),
        }
    }
}

/// Answers the page at `path`.
pub(crate) async fn answer(
    pages: &[Box<dyn Page>],
    method: &Method,
    path: &str,
) -> Result<Response<Body>, Failure> {
    let page = pages.iter().find(|page| page.paths().contains(&path));
    let page = page.ok_or(Failure::NOTHING_HERE)?;
    let told = match *method {
        Method::GET | Method::HEAD => page.get(path).await?,
        Method::POST => page.post(path).await?,
        _ => return Err(Failure::no_method()),
    };
    Ok(whole(StatusCode::OK, JSON, told.to_string().into()))
}
