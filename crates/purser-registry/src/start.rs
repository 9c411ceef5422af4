//! The start: what a registry needs before it serves, in order.

use std::sync::Arc;

use purser_encryption::SealedStore;

use crate::cache::Caches;
use crate::controllers;
use crate::error::Error;
use crate::keys::Keys;
use crate::registry::{Options, Registry};

impl Registry {
    /// Loads the caches, makes the default namespaces, and starts the controllers.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn start(store: SealedStore, options: Options) -> Result<Arc<Self>, Error> {
        let store = Arc::new(store);
        let keys = Keys::new(store.keyspace());
        let caches = Caches::load(
            Arc::clone(&store),
            keys,
            Arc::clone(&options.clock),
            Arc::clone(&options.authorizer),
        )
        .await?;
        let registry = Arc::new(Self::over(store, Arc::clone(&caches), options));
        registry.run(caches.follow());
        controllers::prepare(&registry).await?;
        controllers::spawn(&registry);
        Ok(registry)
    }
}
