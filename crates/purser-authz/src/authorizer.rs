//! The decision: an ordered list of those who decide, of whom the first that allows or forbids is heard.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use purser_types::User;
use purser_types::resource::SECRETS;

use crate::attributes::{NonResource, ResourceRequest, UnservedRequest, Verb};
use crate::forbidden::{forbidden, forbidden_path, forbidden_unserved, with_reason};
use crate::permit::{Denied, Permit, Sight};
use crate::rbac::{Policy, Rule};

/// The group that may do everything, as upstream's.
pub const MASTERS: &str = "system:masters";

/// The subresource that stands for the metadata of Secrets in rules: with `get`, `list` or `watch` on
/// `secrets/metadata` a Secret is seen without its values, as a row of a table or as `PartialObjectMetadata`.
pub const METADATA: &str = "metadata";

/// Paths that everybody may ask for, with everything below them (upstream's `--authorization-always-allow-paths` and
/// its role `system:public-info-viewer`).
const PUBLIC_PATHS: [&str; 4] = ["/livez", "/readyz", "/healthz", "/version"];

/// Who may do what.
///
/// The group [`MASTERS`] first, then RBAC. What nobody allows is refused.
#[derive(Debug, Default)]
pub struct Authorizer {
    policy: RwLock<Policy>,
    /// Counts the changes of the policy, so that who holds a permit for long notices.
    changes: AtomicU64,
}

/// Why somebody may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// For reviews and the audit log; empty when there is no more to say than who asked.
    pub reason: String,
}

impl Authorizer {
    /// Knows no role and no binding yet: allows [`MASTERS`] alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the policy; all that `change` does takes effect at once.
    pub fn change(&self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Reads the policy.
    pub fn read<T>(&self, look: impl FnOnce(&Policy) -> T) -> T {
        look(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Grows with every change of the policy.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Whether `user` may do this with objects of any kind, served or not.
    #[must_use]
    pub fn allows(&self, user: &User, asked: &UnservedRequest<'_>) -> Option<Allowed> {
        if is_master(user) {
            return Some(no_more_to_say());
        }
        self.read(|policy| {
            let allowance = policy.allows(user, asked)?;
            Some(Allowed {
                reason: allowance.to_string(),
            })
        })
    }

    /// As [`Authorizer::allows`], without saying why: reasons cost more than decisions.
    fn may(&self, user: &User, asked: &UnservedRequest<'_>) -> bool {
        is_master(user) || self.read(|policy| policy.allows(user, asked).is_some())
    }

    /// Whether `user` may ask for this path.
    #[must_use]
    pub fn allows_path(&self, user: &User, asked: &NonResource) -> Option<Allowed> {
        if is_public(&asked.path) || is_master(user) {
            return Some(no_more_to_say());
        }
        self.read(|policy| {
            let allowance = policy.allows_path(user, asked)?;
            Some(Allowed {
                reason: allowance.to_string(),
            })
        })
    }

    /// Every rule that `user` has in a namespace; empty: in the whole cluster. What [`MASTERS`] may besides is no rule.
    #[must_use]
    pub fn rules_of(&self, user: &User, namespace: &str) -> Vec<Rule> {
        self.read(|policy| policy.rules_of(user, namespace).cloned().collect())
    }

    /// The permit for a request that shows objects whole.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize(self: &Arc<Self>, user: &Arc<User>, request: ResourceRequest) -> Result<Permit, Denied> {
        let Some(allowed) = self.allows(user, &request.words()) else {
            return Err(self.denied(user, &request));
        };
        let sight = match self.sees_values(user, &request) {
            true => Sight::Values,
            false => Sight::Metadata,
        };
        Ok(Permit::new(self, user, request, sight, allowed.reason))
    }

    /// The permit for a read that shows metadata alone: [`METADATA`] is enough for it.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize_metadata(
        self: &Arc<Self>,
        user: &Arc<User>,
        request: ResourceRequest,
    ) -> Result<Permit, Denied> {
        if !has_metadata_right(&request) || self.may(user, &request.words()) {
            return self.authorize(user, request);
        }
        let Some(allowed) = self.allows(user, &metadata_of(&request)) else {
            return Err(self.denied(user, &request));
        };
        Ok(Permit::new(self, user, request, Sight::Metadata, allowed.reason))
    }

    /// As [`Authorizer::authorize`], for a resource that is not served: who is allowed may learn that.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize_unserved(&self, user: &User, request: &UnservedRequest<'_>) -> Result<Allowed, Denied> {
        self.allows(user, request).ok_or_else(|| Denied {
            reason: String::new(),
            status: Box::new(forbidden_unserved(user, request)),
        })
    }

    /// As [`Authorizer::authorize`], for a path: health and version are for everybody.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize_path(&self, user: &User, request: &NonResource) -> Result<Allowed, Denied> {
        self.allows_path(user, request).ok_or_else(|| Denied {
            reason: String::new(),
            status: Box::new(forbidden_path(user, request)),
        })
    }

    /// The refusal. Who has the right to metadata and asks for values is told which right is missing.
    fn denied(&self, user: &User, request: &ResourceRequest) -> Denied {
        let reason = match has_metadata_right(request) && self.may(user, &metadata_of(request)) {
            true => format!(
                "the right to secrets/{METADATA} shows tables and PartialObjectMetadata alone; values take the right \
                 to {} secrets",
                request.verb.as_str()
            ),
            false => String::new(),
        };
        Denied {
            status: Box::new(with_reason(forbidden(user, request), &reason)),
            reason,
        }
    }

    /// Reading verbs show what they were allowed to; any other verb shows a Secret only to who may `get` it as well.
    fn sees_values(&self, user: &User, request: &ResourceRequest) -> bool {
        let hides = request.resource == &SECRETS;
        let get = UnservedRequest {
            verb: Verb::Get.as_str(),
            subresource: "",
            ..request.words()
        };
        !hides || request.verb.reads() || self.may(user, &get)
    }
}

/// Whether a right to metadata alone exists for what is asked.
fn has_metadata_right(request: &ResourceRequest) -> bool {
    request.resource == &SECRETS && request.subresource.is_empty() && request.verb.reads()
}

fn metadata_of(request: &ResourceRequest) -> UnservedRequest<'_> {
    UnservedRequest {
        subresource: METADATA,
        ..request.words()
    }
}

fn no_more_to_say() -> Allowed {
    Allowed {
        reason: String::new(),
    }
}

/// Whether `user` is of [`MASTERS`].
pub(crate) fn is_master(user: &User) -> bool {
    user.groups.iter().any(|group| group == MASTERS)
}

fn is_public(path: &str) -> bool {
    let below = |public: &str| match path.strip_prefix(public) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    };
    let climbs = path.split('/').any(|part| part == "..");
    !climbs && PUBLIC_PATHS.iter().any(|public| below(public))
}

#[cfg(test)]
mod tests {
    use purser_types::resource::CONFIG_MAPS;

    use super::*;
    use crate::permit::INTERNAL_USER;
    use crate::rbac::{Binding, Place, RoleRef, Subject};

    fn user(groups: &[&str]) -> Arc<User> {
        Arc::new(User {
            name: "u".to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..User::default()
        })
    }

    fn request(verb: Verb) -> ResourceRequest {
        ResourceRequest {
            verb,
            resource: &SECRETS,
            subresource: String::new(),
            namespace: "n".to_owned(),
            name: "a".to_owned(),
        }
    }

    fn strict() -> Arc<Authorizer> {
        Arc::new(Authorizer::new())
    }

    /// The user `u` may do `verbs` with `resources` of the core group, everywhere.
    fn giving(verbs: &[&str], resources: &[&str]) -> Arc<Authorizer> {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        let authorizer = strict();
        authorizer.change(|policy| {
            let rule = Rule {
                verbs: words(verbs),
                groups: vec![String::new()],
                resources: words(resources),
                ..Rule::default()
            };
            let place = Place {
                namespace: "",
                name: "r",
            };
            policy.set_role(place, vec![rule]);
            let role = RoleRef {
                cluster: true,
                name: "r".to_owned(),
            };
            let subjects = vec![Subject::User("u".to_owned())];
            policy.set_binding(place, Binding { role, subjects });
        });
        authorizer
    }

    #[test]
    fn masters_may_everything_and_nobody_else_anything() {
        let permit = strict()
            .authorize(&user(&["x", MASTERS]), request(Verb::Delete))
            .unwrap();
        assert_eq!(
            (permit.user().name.as_str(), permit.request().name.as_str()),
            ("u", "a")
        );
        assert!(permit.sees_values());
        for groups in [
            &[][..],
            &["system:authenticated"],
            &["system:master"],
            &["SYSTEM:MASTERS"],
            &["system:masters "],
        ] {
            let asked = strict().authorize(&user(groups), request(Verb::Get));
            assert!(asked.is_err(), "{groups:?}");
        }
    }

    #[test]
    fn a_name_that_is_a_groups_gives_nothing() {
        for name in [MASTERS, INTERNAL_USER] {
            let named = Arc::new(User {
                name: name.to_owned(),
                ..User::default()
            });
            assert!(strict().authorize(&named, request(Verb::Get)).is_err());
        }
    }

    #[test]
    fn verbs_that_change_a_secret_show_it_only_to_who_may_get_it() {
        let changing = [
            Verb::Create,
            Verb::Update,
            Verb::Patch,
            Verb::Delete,
            Verb::DeleteCollection,
        ];
        let verbs = ["create", "update", "patch", "delete", "deletecollection"];
        let blind = giving(&verbs, &["secrets", "configmaps"]);
        let seeing = giving(&[&verbs[..], &["get"]].concat(), &["secrets"]);
        for verb in changing {
            assert!(
                !blind.authorize(&user(&[]), request(verb)).unwrap().sees_values(),
                "{verb:?}"
            );
            assert!(
                seeing.authorize(&user(&[]), request(verb)).unwrap().sees_values(),
                "{verb:?}"
            );
            let masters = blind.authorize(&user(&[MASTERS]), request(verb)).unwrap();
            assert!(masters.sees_values(), "{verb:?}");
            let config_map = ResourceRequest {
                resource: &CONFIG_MAPS,
                ..request(verb)
            };
            assert!(
                blind.authorize(&user(&[]), config_map).unwrap().sees_values(),
                "{verb:?}"
            );
        }
        for verb in ["list", "watch"] {
            let reading = giving(&[verb], &["secrets"]);
            let verb = if verb == "list" { Verb::List } else { Verb::Watch };
            let permit = reading.authorize(&user(&[]), request(verb)).unwrap();
            assert!(permit.sees_values(), "a permit to read is one to see: {verb:?}");
        }
    }

    #[test]
    fn the_right_to_metadata_shows_metadata_alone() {
        let names = giving(&["get", "list", "watch"], &["secrets/metadata"]);
        for verb in [Verb::Get, Verb::List, Verb::Watch] {
            let permit = names.authorize_metadata(&user(&[]), request(verb)).unwrap();
            assert!(!permit.sees_values(), "{verb:?}");
            let whole = names.authorize(&user(&[]), request(verb)).unwrap_err();
            let why = format!("values take the right to {} secrets", verb.as_str());
            assert!(whole.status.message.ends_with(&why), "{}", whole.status.message);
        }
        // It is no right to change anything, nor to anything but Secrets.
        assert!(
            names
                .authorize_metadata(&user(&[]), request(Verb::Delete))
                .is_err()
        );
        let config_map = ResourceRequest {
            resource: &CONFIG_MAPS,
            ..request(Verb::Get)
        };
        assert!(names.authorize_metadata(&user(&[]), config_map).is_err());
        // Who may read whole sees whole, however it asks.
        let whole = giving(&["list"], &["secrets"]);
        let permit = whole.authorize_metadata(&user(&[]), request(Verb::List)).unwrap();
        assert!(permit.sees_values());
    }

    #[test]
    fn a_permit_leads_to_another_only_for_who_may_have_it() {
        let permit = strict()
            .authorize(&user(&[MASTERS]), request(Verb::Patch))
            .unwrap();
        assert_eq!(permit.also(Verb::Create).unwrap().request().verb, Verb::Create);
        let patching = giving(&["patch"], &["secrets"]);
        let permit = patching.authorize(&user(&[]), request(Verb::Patch)).unwrap();
        assert!(permit.also(Verb::Create).is_err());
        assert!(Permit::internal(request(Verb::Patch)).also(Verb::Create).is_err());
    }

    #[test]
    fn a_permit_holds_for_as_long_as_the_right_is_there() {
        let authorizer = giving(&["watch"], &["secrets"]);
        let permit = authorizer.authorize(&user(&[]), request(Verb::Watch)).unwrap();
        assert!(permit.holds());
        let role = Place {
            namespace: "",
            name: "r",
        };
        authorizer.change(|policy| policy.remove_role(role));
        assert!(!permit.holds());

        // Less than it was given for is not enough.
        let authorizer = giving(&["watch"], &["secrets", "secrets/metadata"]);
        let whole = authorizer.authorize(&user(&[]), request(Verb::Watch)).unwrap();
        let names = giving(&["watch"], &["secrets/metadata"]);
        let metadata = names
            .authorize_metadata(&user(&[]), request(Verb::Watch))
            .unwrap();
        let metadata_rule = Rule {
            verbs: vec!["watch".to_owned()],
            groups: vec![String::new()],
            resources: vec!["secrets/metadata".to_owned()],
            ..Rule::default()
        };
        authorizer.change(|policy| policy.set_role(role, vec![metadata_rule.clone()]));
        names.change(|policy| policy.set_role(role, vec![metadata_rule]));
        assert!(!whole.holds());
        assert!(metadata.holds());
        assert!(Permit::internal(request(Verb::Watch)).holds());
    }

    #[test]
    fn health_and_version_are_for_everybody_and_nothing_beside_them() {
        let may = |path: &str| {
            let request = NonResource {
                verb: "get".to_owned(),
                path: path.to_owned(),
            };
            strict().authorize_path(&user(&[]), &request).is_ok()
        };
        for path in [
            "/livez",
            "/readyz/",
            "/readyz/etcd",
            "/healthz",
            "/version",
            "/version/",
        ] {
            assert!(may(path), "{path}");
        }
        for path in [
            "/",
            "",
            "/metrics",
            "/livezz",
            "/livez/../metrics",
            "/api",
            "/Livez",
            "/versions",
            "livez",
            "/x/livez",
        ] {
            assert!(!may(path), "{path}");
        }
        let request = NonResource {
            verb: "get".to_owned(),
            path: "/metrics".to_owned(),
        };
        assert!(strict().authorize_path(&user(&[MASTERS]), &request).is_ok());
    }
}
