//! Where documents of issuers come from.

use futures_util::future::BoxFuture;
use purser_outbound::Documents;

/// Gets documents of an issuer.
pub(super) trait Fetch: Send + Sync {
    /// The document at an address.
    ///
    /// # Errors
    /// With why it is not to be had.
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, String>>;
}

impl Fetch for Documents {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(async move {
            match Self::get(self, url).await {
                Ok(document) => Ok(document.body),
                Err(error) => Err(format!("Get {url:?}: {error}")),
            }
        })
    }
}
