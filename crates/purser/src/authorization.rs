//! Who decides what may be done: `--authorization-config`, or kube-apiserver's older flags, or RBAC alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use purser_authz::configuration::{CedarMaker, Configuration, Flags, Makers, flags};
use purser_authz::{Authorizer, Decider};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::policies::Policies;
use crate::private;
use crate::reload::{self, Followed};
use crate::serve_options::ServeOptions;

/// kube-apiserver's defaults of the older flags.
const WEBHOOK_VERSION: &str = "v1beta1";
const AUTHORIZED_TTL: Duration = Duration::from_secs(5 * 60);
const UNAUTHORIZED_TTL: Duration = Duration::from_secs(30);

/// Who decides, as told at the start.
pub(crate) struct Authorization {
    authorizer: Arc<Authorizer>,
    /// The file and what it said at the start; `None`: flags said it.
    file: Option<(PathBuf, Zeroizing<Vec<u8>>)>,
    policies: Arc<Policies>,
}

impl Authorization {
    /// Puts into effect what the flags say.
    ///
    /// # Errors
    /// When flags contradict each other, or a file that they name cannot be used.
    pub(crate) fn open(options: &ServeOptions, authorizer: &Arc<Authorizer>) -> Result<Self, Error> {
        let Some(path) = &options.authorization_config else {
            by_flags(options, authorizer).map_err(Error::Usage)?;
            return Ok(Self {
                authorizer: Arc::clone(authorizer),
                file: None,
                policies: Arc::default(),
            });
        };
        if flags_are_given(options) {
            let why = "--authorization-config can not be specified when --authorization-mode or \
                       --authorization-webhook-* flags are defined";
            return Err(Error::Usage(why.to_owned()));
        }
        let content = reload::read(path)?;
        let policies = Arc::<Policies>::default();
        let making = Arc::clone(&policies);
        let cedar = move |path: &Path| making.decider(path);
        let taken = Configuration::take(&content, authorizer, &makers(&cedar));
        taken.map_err(|why| Error::Usage(format!("--authorization-config {}: {why}", path.display())))?;
        Ok(Self {
            authorizer: Arc::clone(authorizer),
            file: Some((path.clone(), content)),
            policies,
        })
    }

    /// The file, and the policies that it names, to be followed while the server runs.
    pub(crate) fn follow(self) -> Vec<Followed> {
        let Some((path, content)) = self.file else {
            return Vec::new();
        };
        let (authorizer, policies) = (self.authorizer, self.policies);
        let taker = Arc::clone(&policies);
        let take = Arc::new(move |content: &[u8]| {
            let making = Arc::clone(&taker);
            making.forget();
            let cedar = move |path: &Path| making.decider(path);
            Configuration::take_anew(content, &authorizer, &makers(&cedar), SystemTime::now())
        });
        let (again, file) = (Arc::clone(&take), path.clone());
        let policies_now = policies.tried();
        // Policies have no other way into effect than the configuration that names them.
        let change = move |_: &[u8]| {
            let content = reload::read(&file).map_err(|error| error.to_string())?;
            again(&content)
        };
        vec![
            Followed::new("who decides", path.clone(), content, move |content: &[u8]| {
                take(content)
            }),
            Followed::new("the policies that it names", path, policies_now, change)
                .reading(move |_| Ok(policies.there_are())),
        ]
    }
}

fn makers(cedar: &CedarMaker) -> Makers<'_> {
    Makers {
        private: private::read_present,
        cedar,
    }
}

/// Flags name no policies.
fn no_policies(_: &Path) -> Result<Arc<dyn Decider>, String> {
    Err("policies are named in the file of --authorization-config".to_owned())
}

/// Whether any of the older flags is there. Source: `AreLegacyFlagsSet`.
fn flags_are_given(options: &ServeOptions) -> bool {
    !options.authorization_mode.is_empty()
        || options.authorization_webhook_config_file.is_some()
        || options.authorization_webhook_version.is_some()
        || options.authorization_webhook_cache_authorized_ttl.is_some()
        || options.authorization_webhook_cache_unauthorized_ttl.is_some()
}

/// RBAC alone unless the flags say otherwise: where kube-apiserver would allow everything, this does not.
fn by_flags(options: &ServeOptions, authorizer: &Authorizer) -> Result<(), String> {
    let rbac = ["RBAC".to_owned()];
    let modes = match options.authorization_mode.as_slice() {
        [] => &rbac[..],
        modes => modes,
    };
    let version = options.authorization_webhook_version.as_deref();
    let checked = flags(&Flags {
        modes,
        webhook_config_file: options.authorization_webhook_config_file.clone(),
        webhook_version: version.unwrap_or(WEBHOOK_VERSION),
        authorized_ttl: options
            .authorization_webhook_cache_authorized_ttl
            .unwrap_or(AUTHORIZED_TTL),
        unauthorized_ttl: options
            .authorization_webhook_cache_unauthorized_ttl
            .unwrap_or(UNAUTHORIZED_TTL),
    });
    let checked = checked.map_err(|problems| problems.to_string())?;
    authorizer.set_members(checked.members(authorizer, &makers(&no_policies))?);
    Ok(())
}
