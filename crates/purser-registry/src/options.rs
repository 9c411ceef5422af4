//! What the operations are asked with, after the server has parsed the query and the body.

use purser_types::Plaintext;
use purser_types::decode::FieldValidation;

use crate::patch::PatchKind;

/// `metav1.GetOptions`.
#[derive(Debug, Clone, Default)]
pub struct GetOptions {
    /// `resourceVersion`: empty: the latest; `0`: whatever is at hand; else not older than this.
    pub resource_version: String,
}

/// `metav1.ListOptions`, for list, watch and deletecollection; strings as they were sent.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// `labelSelector`.
    pub label_selector: String,
    /// `fieldSelector`.
    pub field_selector: String,
    /// `limit`; not positive: no bound.
    pub limit: Option<i64>,
    /// `continue`.
    pub continue_token: String,
    /// `resourceVersion`.
    pub resource_version: String,
    /// `resourceVersionMatch`.
    pub resource_version_match: String,
    /// `timeoutSeconds`, only to time the last bookmark of a watch: the server ends the stream.
    pub timeout_seconds: Option<u64>,
    /// `allowWatchBookmarks`.
    pub allow_watch_bookmarks: bool,
    /// `sendInitialEvents`.
    pub send_initial_events: Option<bool>,
}

impl ListOptions {
    /// Whether a watch starts with what is there: asked for, or for want of a revision to start after.
    ///
    /// Source: `SetListOptionsDefaults` in `k8s.io/apimachinery/pkg/apis/meta/internalversion`.
    #[must_use]
    pub fn starts_with_state(&self) -> bool {
        self.send_initial_events
            .unwrap_or(matches!(self.resource_version.as_str(), "" | "0"))
    }
}

/// What create, update and patch share.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// `dryRun=All`: everything but the commit.
    pub dry_run: bool,
    /// `fieldManager`; empty: taken from the user agent.
    pub field_manager: String,
    /// `fieldValidation`, for patches (bodies are decoded by the server).
    pub field_validation: FieldValidation,
    /// The `User-Agent` header, empty when there was none.
    pub user_agent: String,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            dry_run: false,
            field_manager: String::new(),
            field_validation: FieldValidation::Warn,
            user_agent: String::new(),
        }
    }
}

/// A patch as it was sent.
#[derive(Debug)]
pub struct Patch {
    /// Its media type.
    pub kind: PatchKind,
    /// Its body, JSON in the clear.
    pub body: Plaintext,
}

/// A configuration for server-side apply, as it was sent.
#[derive(Debug)]
pub struct Apply {
    /// Its body, YAML (and so JSON) in the clear.
    pub body: Plaintext,
    /// Whether fields are taken from their managers.
    pub force: bool,
}

/// `metav1.DeleteOptions`.
#[derive(Debug, Clone, Default)]
pub struct DeleteOptions {
    /// `preconditions.uid`.
    pub precondition_uid: Option<String>,
    /// `preconditions.resourceVersion`.
    pub precondition_resource_version: Option<String>,
    /// `gracePeriodSeconds`; the kinds served today have no grace, so it only has to be valid.
    pub grace_period_seconds: Option<i64>,
    /// `propagationPolicy`.
    pub propagation_policy: Option<String>,
    /// `orphanDependents`, its deprecated predecessor.
    pub orphan_dependents: Option<bool>,
    /// `dryRun=All`.
    pub dry_run: bool,
    /// `ignoreStoreReadErrorWithClusterBreakingPotential`: the object is to go though it cannot be read.
    pub ignore_read_errors: bool,
}
