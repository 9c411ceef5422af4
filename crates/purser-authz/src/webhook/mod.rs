//! A server that is asked whether somebody may do something, with a SubjectAccessReview.
//!
//! Source: `k8s.io/apiserver/plugin/pkg/authorizer/webhook/webhook.go`. Differences: the bound on time holds for all
//! tries of a question together; a question that is under way is not asked a second time; and what went wrong is told
//! to the log, not to whoever asked.

mod answer;
mod cache;
mod condition;
mod decider;
mod key;
mod numbers;
mod question;
mod settings;
mod under_way;

pub use condition::Condition;
pub use decider::WebhookDecider;
pub use numbers::{Counted, Histogram, WebhookNumbers};
pub use settings::{FailurePolicy, ReviewVersion, Settings};
