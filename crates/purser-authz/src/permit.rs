//! The permit: the only way to the registry's methods. Made here, and nowhere else.

use std::sync::Arc;

use purser_types::resource::SECRETS;
use purser_types::{Status, User};

use crate::attributes::{NonResource, ResourceRequest, UnservedRequest, Verb};
use crate::forbidden::{forbidden, forbidden_path, forbidden_unserved};

/// The group that may do everything, as upstream's.
pub const MASTERS: &str = "system:masters";
/// Who the server's own controllers are.
pub const INTERNAL_USER: &str = "system:purser";

/// Paths that everybody may ask for, with everything below them (upstream's `--authorization-always-allow-paths` and
/// its role `system:public-info-viewer`).
const PUBLIC_PATHS: [&str; 4] = ["/livez", "/readyz", "/healthz", "/version"];

/// Proof that a request for objects was allowed, for exactly what it was asked for.
#[derive(Debug, Clone)]
pub struct Permit {
    request: ResourceRequest,
    user: Arc<User>,
    sees_values: bool,
    reason: String,
}

impl Permit {
    /// What was allowed.
    #[must_use]
    pub fn request(&self) -> &ResourceRequest {
        &self.request
    }

    /// Who may.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether answers may carry the values of the object: the caller asked for them and may, or may `get` the
    /// object besides what it asked for, or the resource holds no values worth hiding.
    #[must_use]
    pub fn sees_values(&self) -> bool {
        self.sees_values
    }

    /// The permit to do something else with the same object: an apply may have to create it.
    ///
    /// # Errors
    /// [`Denied`] when that is not allowed.
    pub fn also(&self, verb: Verb) -> Result<Self, Denied> {
        let request = ResourceRequest {
            verb,
            ..self.request.clone()
        };
        authorize(&self.user, request)
    }

    /// Why it was allowed, for the audit log; empty when there is no more to say than who asked.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// A permit that nobody asked for: for the duties of the server's own controllers, **never** for a request that
    /// came from outside. Its user is [`INTERNAL_USER`].
    #[must_use]
    pub fn internal(request: ResourceRequest) -> Self {
        let user = User {
            name: INTERNAL_USER.to_owned(),
            ..User::default()
        };
        Self {
            request,
            user: Arc::new(user),
            sees_values: true,
            reason: "internal duty".to_owned(),
        }
    }
}

/// The request is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", status.message)]
pub struct Denied {
    /// Why, for the audit log only.
    pub reason: String,
    /// What the client reads.
    pub status: Box<Status>,
}

impl From<Denied> for Status {
    fn from(denied: Denied) -> Self {
        *denied.status
    }
}

/// Allows the group `system:masters` everything and everybody else nothing.
///
/// # Errors
/// [`Denied`] for everybody else.
pub fn authorize(user: &Arc<User>, request: ResourceRequest) -> Result<Permit, Denied> {
    if !may(user, &request) {
        return Err(Denied {
            reason: String::new(),
            status: Box::new(forbidden(user, &request)),
        });
    }
    let sees_values = sees_values(user, &request);
    Ok(Permit {
        request,
        user: Arc::clone(user),
        sees_values,
        reason: String::new(),
    })
}

/// As [`authorize`], for a resource that is not served: who is allowed may learn that.
///
/// # Errors
/// [`Denied`] for everybody but `system:masters`.
pub fn authorize_unserved(user: &User, request: &UnservedRequest<'_>) -> Result<(), Denied> {
    if is_master(user) {
        return Ok(());
    }
    Err(Denied {
        reason: String::new(),
        status: Box::new(forbidden_unserved(user, request)),
    })
}

/// As [`authorize`], for a path: health and version are for everybody.
///
/// # Errors
/// [`Denied`] for everything else, for everybody but `system:masters`.
pub fn authorize_path(user: &User, request: &NonResource) -> Result<(), Denied> {
    if is_public(&request.path) || is_master(user) {
        return Ok(());
    }
    Err(Denied {
        reason: String::new(),
        status: Box::new(forbidden_path(user, request)),
    })
}

/// The decision itself. What RBAC and the other authorizers will say goes here.
fn may(user: &User, _request: &ResourceRequest) -> bool {
    is_master(user)
}

fn is_master(user: &User) -> bool {
    user.groups.iter().any(|group| group == MASTERS)
}

/// Reading verbs show what they were allowed to; any other verb shows a Secret only to who may `get` it as well.
fn sees_values(user: &User, request: &ResourceRequest) -> bool {
    let hides = request.resource == &SECRETS;
    let reads = matches!(request.verb, Verb::Get | Verb::List | Verb::Watch);
    !hides
        || reads
        || may(
            user,
            &ResourceRequest {
                verb: Verb::Get,
                subresource: String::new(),
                ..request.clone()
            },
        )
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

    #[test]
    fn masters_may_everything_and_nobody_else_anything() {
        let permit = authorize(&user(&["x", MASTERS]), request(Verb::Delete)).unwrap();
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
            assert!(
                authorize(&user(groups), request(Verb::Get)).is_err(),
                "{groups:?}"
            );
        }
    }

    #[test]
    fn a_name_that_is_a_groups_gives_nothing() {
        let named = Arc::new(User {
            name: MASTERS.to_owned(),
            ..User::default()
        });
        assert!(authorize(&named, request(Verb::Get)).is_err());
        let internal = Arc::new(User {
            name: INTERNAL_USER.to_owned(),
            ..User::default()
        });
        assert!(authorize(&internal, request(Verb::Get)).is_err());
    }

    #[test]
    fn verbs_that_change_a_secret_show_it_only_to_who_may_get_it() {
        let nobody = user(&[]);
        for verb in [
            Verb::Create,
            Verb::Update,
            Verb::Patch,
            Verb::Delete,
            Verb::DeleteCollection,
        ] {
            assert!(!sees_values(&nobody, &request(verb)), "{verb:?}");
            assert!(sees_values(&user(&[MASTERS]), &request(verb)), "{verb:?}");
            let config_map = ResourceRequest {
                resource: &CONFIG_MAPS,
                ..request(verb)
            };
            assert!(sees_values(&nobody, &config_map), "{verb:?}");
        }
        for verb in [Verb::Get, Verb::List, Verb::Watch] {
            assert!(
                sees_values(&nobody, &request(verb)),
                "a permit to read is one to see: {verb:?}"
            );
        }
    }

    #[test]
    fn a_permit_leads_to_another_only_for_who_may_have_it() {
        let permit = authorize(&user(&[MASTERS]), request(Verb::Patch)).unwrap();
        assert_eq!(permit.also(Verb::Create).unwrap().request().verb, Verb::Create);
        assert!(Permit::internal(request(Verb::Patch)).also(Verb::Create).is_err());
    }

    #[test]
    fn an_internal_permit_says_so() {
        let permit = Permit::internal(request(Verb::Create));
        assert_eq!(
            (permit.user().name.as_str(), permit.reason()),
            (INTERNAL_USER, "internal duty")
        );
        assert!(permit.user().groups.is_empty() && permit.sees_values());
    }

    #[test]
    fn health_and_version_are_for_everybody_and_nothing_beside_them() {
        let may = |path: &str| {
            let request = NonResource {
                verb: "get".to_owned(),
                path: path.to_owned(),
            };
            authorize_path(&user(&[]), &request).is_ok()
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
        assert!(authorize_path(&user(&[MASTERS]), &request).is_ok());
    }
}
