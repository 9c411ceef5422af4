//! Reading a collection, page by page.

use std::sync::Arc;

use purser_authz::{Permit, Verb};
use purser_encryption::SealedStore;
use purser_store::{Page as Records, Range, StoreError, prefix_end};
use purser_types::Status;

use super::continue_token::Continue;
use super::list_options::{Match, check_list, matching};
use super::revision::{Revision, parse_for_list};
use super::target::Target;
use crate::admitted::admits_past;
use crate::cache::{ResourceCache, Snapshot, read};
use crate::error::Error;
use crate::found::{Found, Listing};
use crate::options::ListOptions;
use crate::registry::Registry;
use crate::selection::Selection;

/// How many unreadable objects a page names in its warnings; the rest is a number.
const UNREADABLE_NAMED: usize = 5;

/// How many records are read at a time when a page is filled from the store's history.
const HISTORY_PAGE: usize = 1_000;

/// How many objects are compared with selectors before others get their turn: selectors may be long.
const COMPARED_AT_ONCE: usize = 1_000;

/// How many are judged by policies before others get their turn: that takes longer.
const JUDGED_AT_ONCE: usize = 50;

/// What is said where policies decide about each object. Whether any is left out is not said: selectors and names would
/// find out which.
const LEFT_OUT: &str = "policies may leave out some objects";

/// A page being filled.
struct Page<'a> {
    selection: &'a Selection,
    permit: &'a Permit,
    store: &'a SealedStore,
    /// What there is now.
    present: &'a ResourceCache,
    limit: usize,
    items: Vec<Arc<Found>>,
    unreadable: Vec<Arc<Found>>,
    /// The last key that was looked at for this page.
    last: Option<Arc<str>>,
}

/// From where a page is read.
enum Source {
    /// From this state of the cache.
    Cache(Snapshot),
    /// From the store's history at this revision.
    History(u64),
}

impl Registry {
    /// A page of a collection.
    ///
    /// # Errors
    /// 400 and 422 for options, 410 and 504 for revisions, and the store's.
    pub async fn list(&self, permit: &Permit, options: &ListOptions) -> Result<Listing, Error> {
        let target = self.target(permit, &[Verb::List, Verb::DeleteCollection])?;
        let selection = Selection::new(
            target.kind,
            target.namespace,
            target.name,
            options,
            self.timestamp(),
        )?;
        check_list(options)?;
        let scope = self.caches.keys.scope(target.kind.resource, target.namespace);
        let from = continued(options, &scope)?;
        let start = from
            .as_ref()
            .map_or_else(|| scope.clone(), |from| from.start.clone());
        let limit = limit(options);
        let source = self.source(&target, options, from.as_ref(), limit).await?;
        let mut page = Page::new(&selection, permit, &self.store, target.cache, limit);
        let (revision, remaining) = match source {
            Source::Cache(whole) => {
                let snapshot = selection.narrow(whole.clone(), &self.caches.keys, target.kind);
                let remaining = page.fill(snapshot.range(&scope, &start)).await;
                if remaining.is_some() {
                    target.cache.keep(&whole, self.now());
                }
                (snapshot.revision, remaining)
            }
            Source::History(revision) => {
                let remaining = self.fill_from_history(&mut page, &scope, &start, revision).await;
                (
                    revision,
                    remaining.map_err(|error| expired(error, from.as_ref(), &scope))?,
                )
            }
        };
        Ok(self.listing(page, &scope, revision, remaining))
    }

    /// Chooses where to read from, and waits until it is there.
    async fn source(
        &self,
        target: &Target<'_>,
        options: &ListOptions,
        from: Option<&Continue>,
        limit: usize,
    ) -> Result<Source, Error> {
        if let Some(Continue {
            revision: Some(revision),
            ..
        }) = from
        {
            return Ok(target
                .cache
                .kept(*revision)
                .map_or(Source::History(*revision), Source::Cache));
        }
        let asked = if from.is_some() {
            Revision::Latest
        } else {
            parse_for_list(&options.resource_version)?
        };
        match (asked, matching(options)) {
            (Revision::At(revision), Match::Exact) => return self.exactly(target, revision).await,
            // Upstream's legacy: a limit without a match means exactly that revision.
            (Revision::At(revision), Match::Unset) if limit < usize::MAX => {
                return self.exactly(target, revision).await;
            }
            (revision, _) => self.reach(revision).await?,
        }
        Ok(Source::Cache(target.cache.snapshot(self.caches.applied())))
    }

    async fn exactly(&self, target: &Target<'_>, revision: u64) -> Result<Source, Error> {
        self.caches.reach(revision).await?;
        let present = target.cache.snapshot(self.caches.applied());
        if present.revision == revision {
            return Ok(Source::Cache(present));
        }
        Ok(target
            .cache
            .kept(revision)
            .map_or(Source::History(revision), Source::Cache))
    }

    /// Fills a page from the state at `revision`; answers how many objects follow when there is a next page.
    async fn fill_from_history(
        &self,
        page: &mut Page<'_>,
        scope: &str,
        start: &str,
        revision: u64,
    ) -> Result<Option<u64>, StoreError> {
        let (mut start, end) = (start.to_owned(), prefix_end(scope));
        loop {
            let range = Range {
                start,
                end: end.clone(),
                limit: HISTORY_PAGE,
                revision: Some(revision),
            };
            let Records { records, total, .. } = self.store.sealed().range(range).await?;
            for (taken, record) in records.iter().enumerate() {
                let following = || Some(u64::try_from(total - taken).unwrap_or(u64::MAX));
                if page.is_full() && page.permit.is_for_all() {
                    return Ok(following());
                }
                let Some(indexed) = read::index(&self.store, &self.caches.keys, record).await else {
                    continue;
                };
                match page.is_full() {
                    true if page.admits(&indexed.found).await => return Ok(following()),
                    true => {}
                    false => page.offer(&indexed.found).await,
                }
            }
            match records.last() {
                Some(last) if records.len() < total => start = format!("{}\0", last.key),
                _ => return Ok(None),
            }
        }
    }

    fn listing(&self, page: Page<'_>, scope: &str, revision: u64, remaining: Option<u64>) -> Listing {
        for _ in &page.unreadable {
            self.count_unreadable();
        }
        let next = remaining.and(page.last.as_ref());
        let token = next.map(|last| Continue::after(last, Some(revision)).encode(scope));
        Listing {
            revision,
            continue_token: token.unwrap_or_default(),
            remaining: remaining.filter(|_| page.is_everything()),
            warnings: warnings(&page.unreadable, !page.permit.is_for_all()),
            items: page.items,
            sees_values: page.permit.sees_values(),
        }
    }
}

impl<'a> Page<'a> {
    fn new(
        selection: &'a Selection,
        permit: &'a Permit,
        store: &'a SealedStore,
        present: &'a ResourceCache,
        limit: usize,
    ) -> Self {
        Self {
            selection,
            permit,
            store,
            present,
            limit,
            items: Vec::new(),
            unreadable: Vec::new(),
            last: None,
        }
    }

    fn is_full(&self) -> bool {
        self.items.len() >= self.limit
    }

    /// Whether everything of the collection is shown, so that what remains can be counted.
    fn is_everything(&self) -> bool {
        self.selection.is_everything() && !self.permit.is_conditional()
    }

    /// Takes an object when it matches and the permit is for it.
    async fn offer(&mut self, found: &Arc<Found>) {
        let unreadable = || found.index.unreadable.is_some() && self.selection.names(&found.index);
        if self.selection.matches(&found.index) {
            if self.admits(found).await {
                self.items.push(Arc::clone(found));
            }
        } else if self.permit.is_for_all() && unreadable() {
            // Its name is not for everybody either.
            self.unreadable.push(Arc::clone(found));
        }
        self.last = Some(Arc::clone(&found.key));
    }

    /// Whether the permit is for it, as it was and as it is now.
    async fn admits(&self, found: &Found) -> bool {
        if self.permit.is_for_all() {
            return true;
        }
        let present = self.present.get(&found.key);
        admits_past(self.store, self.permit, found, present.as_deref()).await
    }

    /// Takes objects until it is full; answers how many follow when there is a next page. (Some do, when their number
    /// is not told: counting them would take each page the time of the whole list.)
    async fn fill<'f>(&mut self, mut objects: impl Iterator<Item = &'f Arc<Found>>) -> Option<u64> {
        let turn = match (self.permit.is_for_all(), self.selection.is_everything()) {
            (false, _) => JUDGED_AT_ONCE,
            (true, false) => COMPARED_AT_ONCE,
            (true, true) => usize::MAX,
        };
        let mut compared = 0_usize;
        while !self.is_full() || !self.permit.is_for_all() {
            let found = objects.next()?;
            match self.is_full() {
                // A token that goes on to nothing but what is left out would tell that there is something.
                true if self.admits(found).await => return Some(1),
                true => {}
                false => self.offer(found).await,
            }
            compared += 1;
            if compared.is_multiple_of(turn) {
                tokio::task::yield_now().await;
            }
        }
        let following = match self.is_everything() {
            true => objects.count(),
            false => objects.take(1).count(),
        };
        (following > 0).then(|| u64::try_from(following).unwrap_or(u64::MAX))
    }
}

fn limit(options: &ListOptions) -> usize {
    match options.limit {
        // As upstream: `0` is answered from the cache, whole.
        _ if options.resource_version == "0" => usize::MAX,
        Some(limit) if limit > 0 => usize::try_from(limit).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

fn continued(options: &ListOptions, scope: &str) -> Result<Option<Continue>, Error> {
    if options.continue_token.is_empty() {
        return Ok(None);
    }
    let from = Continue::decode(&options.continue_token, scope)?;
    if !matches!(options.resource_version.as_str(), "" | "0") {
        let why = "specifying resource version is not allowed when using continue";
        return Err(Status::bad_request(why).into());
    }
    Ok(Some(from))
}

/// What a read of history that is gone means: for a page, a token that goes on with the present.
fn expired(error: StoreError, from: Option<&Continue>, scope: &str) -> Error {
    match (error, from) {
        (StoreError::Compacted { .. }, Some(from)) => {
            let token = Continue {
                revision: None,
                start: from.start.clone(),
            }
            .encode(scope);
            Error::ContinueExpired { token }
        }
        (StoreError::Compacted { .. }, None) => Error::ListExpired,
        (error, _) => error.into(),
    }
}

fn warnings(unreadable: &[Arc<Found>], left_out: bool) -> Vec<String> {
    let named = unreadable.iter().take(UNREADABLE_NAMED).filter_map(|found| {
        let index = &found.index;
        let why = index.unreadable.as_ref()?;
        let place = if index.namespace.is_empty() { "" } else { "/" };
        Some(format!(
            "{} \"{}{place}{}\" is left out: {why}",
            found.resource.singular, index.namespace, index.name
        ))
    });
    let mut warnings: Vec<String> = named.collect();
    if let Some(more @ 1..) = unreadable.len().checked_sub(UNREADABLE_NAMED) {
        warnings.push(format!(
            "{more} more objects are left out because they cannot be read"
        ));
    }
    warnings.extend(left_out.then(|| LEFT_OUT.to_owned()));
    warnings
}
