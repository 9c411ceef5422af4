//! Those who decide, made as a configuration says.

use std::path::Path;
use std::sync::Arc;

use purser_outbound::{Options, PrivateReader, Webhook};

use super::check::{Checked, CheckedKind};
use crate::authorizer::Authorizer;
use crate::decider::{Decider, Member};
use crate::webhook::WebhookDecider;

/// Makes somebody who decides by the Cedar policies in a file or a directory. Errors say what is wrong with them.
pub type CedarMaker = dyn Fn(&Path) -> Result<Arc<dyn Decider>, String> + Send + Sync;

/// What is needed to make those who decide.
pub struct Makers<'a> {
    /// Reads files that hold credentials.
    pub private: PrivateReader,
    /// Cedar is made elsewhere.
    pub cedar: &'a CedarMaker,
}

impl Checked {
    /// Makes those who decide; reads the files that the configuration names and calls nobody.
    ///
    /// # Errors
    /// What is wrong with a file that the configuration names.
    pub fn members(self, authorizer: &Authorizer, makers: &Makers<'_>) -> Result<Vec<Member>, String> {
        let mut members = Vec::new();
        for one in self.authorizers {
            members.push(match one.kind {
                CheckedKind::Rbac => Member::rbac(one.name),
                CheckedKind::Webhook { settings, kubeconfig } => {
                    let options = Options {
                        call: settings.timeout,
                        ..Options::new(makers.private)
                    };
                    let webhook = Webhook::from_kubeconfig(&kubeconfig, &options);
                    let webhook = webhook.map_err(|error| format!("webhook {}: {error}", one.name))?;
                    let numbers = authorizer.webhook_numbers(&one.name);
                    let decider = WebhookDecider::new(one.name.clone(), webhook, settings, numbers);
                    Member {
                        kind: "Webhook",
                        name: one.name,
                        decider: Some(Arc::new(decider)),
                    }
                }
                CheckedKind::Cedar { policies } => Member {
                    kind: "Cedar",
                    decider: Some((makers.cedar)(&policies)?),
                    name: one.name,
                },
            });
        }
        Ok(members)
    }
}
