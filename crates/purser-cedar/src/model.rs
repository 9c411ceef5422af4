//! Requests in the terms of `schema/k8s.cedarschema`.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use purser_authz::ObjectFacts;
use purser_types::User;
use purser_types::user::{SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS};

use crate::error::Error;

/// What policies are written in terms of.
pub const SCHEMA: &str = include_str!("../schema/k8s.cedarschema");

/// Attributes of a resource that are an object's.
pub(crate) const NAMESPACE: &str = "namespace";
pub(crate) const NAME: &str = "name";
pub(crate) const LABELS: &str = "labels";
pub(crate) const ANNOTATIONS: &str = "annotations";

/// Types of entities that policies may name.
const REFERABLE: [&str; 4] = ["k8s::User", "k8s::ServiceAccount", GROUP, "k8s::Action"];
const GROUP: &str = "k8s::Group";

/// Verbs that have an action of their own. A test compares them with the schema.
const RESOURCE_VERBS: [&str; 15] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "escalate",
    "bind",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "use",
];
const PATH_VERBS: [&str; 7] = ["get", "head", "options", "post", "put", "patch", "delete"];
const READ: [&str; 5] = ["get", "list", "watch", "head", "options"];
const WRITE: [&str; 7] = [
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "post",
    "put",
];
/// The action of every other verb.
const OTHER: &str = "other";

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// Objects, or something that rights are given for as if it were one.
    Resource {
        /// API group, empty for core.
        group: &'a str,
        /// Plural name.
        resource: &'a str,
        /// Empty: the object itself.
        subresource: &'a str,
        /// Empty: the cluster scope.
        namespace: &'a str,
        /// Empty: the collection.
        name: &'a str,
    },
    /// A path that is no object.
    Path(&'a str),
}

/// The types and actions of the schema, made once.
#[derive(Debug)]
pub(crate) struct Terms {
    user: EntityTypeName,
    account: EntityTypeName,
    group: EntityTypeName,
    action: EntityTypeName,
    resource: EntityUid,
    path: EntityUid,
    labels: EntityUid,
    annotations: EntityUid,
}

/// A request without what its resource is.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    principal: EntityUid,
    action: EntityUid,
    /// Of whom and of the action.
    entities: Vec<Entity>,
    /// The verb, when its action does not say.
    verb: Option<String>,
}

/// Whether policies may name entities of this type.
pub(crate) fn is_referable(kind: &str) -> bool {
    REFERABLE.contains(&kind)
}

/// Whether it is a group.
pub(crate) fn is_group(named: &EntityUid) -> bool {
    named.type_name().to_string() == GROUP
}

/// The namespace and name of the ServiceAccount that a user is. The name alone is not enough: a certificate may say
/// any name, and only who has authenticated an account adds its groups.
fn account(user: &User) -> Option<(&str, &str)> {
    let named = user.name.strip_prefix(SERVICE_ACCOUNT_PREFIX)?.split_once(':')?;
    user.groups
        .iter()
        .any(|group| group == SERVICE_ACCOUNTS)
        .then_some(named)
}

impl Terms {
    pub(crate) fn new() -> Result<Self, Error> {
        let kind =
            |name: &str| EntityTypeName::from_str(name).map_err(|error| Error::Model(error.to_string()));
        // There is one of each in a request.
        let the = |name: &str| Ok::<_, Error>(uid(&kind(name)?, "the"));
        Ok(Self {
            user: kind("k8s::User")?,
            account: kind("k8s::ServiceAccount")?,
            group: kind(GROUP)?,
            action: kind("k8s::Action")?,
            resource: the("k8s::Resource")?,
            path: the("k8s::NonResourceURL")?,
            labels: the("k8s::Labels")?,
            annotations: the("k8s::Annotations")?,
        })
    }

    /// Who asks to do what with resources, or with paths. Groups that no policy names are left out: somebody may be of
    /// thousands, and each object of a list takes its time by them.
    pub(crate) fn asking(
        &self,
        user: &User,
        verb: &str,
        what: &What<'_>,
        named_groups: &HashSet<String>,
    ) -> Result<Asking, Error> {
        let known: &[&str] = match what {
            What::Resource { .. } => &RESOURCE_VERBS,
            What::Path(_) => &PATH_VERBS,
        };
        let named = known.contains(&verb);
        let action = uid(&self.action, if named { verb } else { OTHER });
        let of =
            |group: &str, verbs: &[&str]| (named && verbs.contains(&verb)).then(|| uid(&self.action, group));
        let over = [of("read", &READ), of("write", &WRITE)]
            .into_iter()
            .flatten()
            .collect();
        let (principal, entity) = self.principal(user, named_groups)?;
        Ok(Asking {
            principal,
            entities: vec![entity, Entity::new_no_attrs(action.clone(), over)],
            action,
            verb: (!named).then(|| verb.to_owned()),
        })
    }

    fn principal(&self, user: &User, named_groups: &HashSet<String>) -> Result<(EntityUid, Entity), Error> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut attributes = HashMap::from([("uid".to_owned(), text(&user.uid))]);
        let principal = match account(user) {
            Some((namespace, name)) => {
                attributes.insert(NAMESPACE.to_owned(), text(namespace));
                attributes.insert(NAME.to_owned(), text(name));
                uid(&self.account, &format!("{namespace}/{name}"))
            }
            None => {
                attributes.insert(NAME.to_owned(), text(&user.name));
                uid(&self.user, &user.name)
            }
        };
        let groups = user.groups.iter().filter(|group| named_groups.contains(*group));
        let groups: HashSet<EntityUid> = groups.map(|group| uid(&self.group, group)).collect();
        let entity = Entity::new(principal.clone(), attributes, groups)
            .map_err(|error| Error::Model(error.to_string()))?;
        Ok((principal, entity))
    }

    /// The whole request: with an object's facts, or with what the request says of it.
    pub(crate) fn request(
        &self,
        asking: &Asking,
        what: &What<'_>,
        object: Option<&ObjectFacts<'_>>,
    ) -> Result<(Request, Entities), Error> {
        let mut entities = asking.entities.clone();
        let resource = match what {
            What::Path(path) => {
                let path = RestrictedExpression::new_string((*path).to_owned());
                entities.push(entity(&self.path, [("path", path)])?);
                self.path.clone()
            }
            What::Resource {
                group,
                resource,
                subresource,
                namespace,
                name,
            } => {
                let (namespace, name) =
                    object.map_or((*namespace, *name), |object| (object.namespace, object.name));
                let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
                let attributes = [
                    ("apiGroup", text(group)),
                    ("resource", text(resource)),
                    ("subresource", text(subresource)),
                    (NAMESPACE, text(namespace)),
                    (NAME, text(name)),
                    (LABELS, RestrictedExpression::new_entity_uid(self.labels.clone())),
                    (
                        ANNOTATIONS,
                        RestrictedExpression::new_entity_uid(self.annotations.clone()),
                    ),
                ];
                entities.push(entity(&self.resource, attributes)?);
                if let Some(object) = object {
                    entities.push(tagged(&self.labels, object.labels)?);
                    entities.push(tagged(&self.annotations, object.annotations)?);
                }
                self.resource.clone()
            }
        };
        let context = match &asking.verb {
            None => Context::empty(),
            Some(verb) => {
                let verb = RestrictedExpression::new_string(verb.clone());
                Context::from_pairs([("verb".to_owned(), verb)])
                    .map_err(|error| Error::Model(error.to_string()))?
            }
        };
        let request = Request::new(
            asking.principal.clone(),
            asking.action.clone(),
            resource,
            context,
            None,
        );
        let request = request.map_err(|error| Error::Model(error.to_string()))?;
        let entities =
            Entities::from_entities(entities, None).map_err(|error| Error::Model(error.to_string()))?;
        Ok((request, entities))
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn entity<const N: usize>(
    uid: &EntityUid,
    attributes: [(&str, RestrictedExpression); N],
) -> Result<Entity, Error> {
    let attributes = attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
    Entity::new(uid.clone(), attributes, HashSet::new()).map_err(|error| Error::Model(error.to_string()))
}

fn tagged(uid: &EntityUid, pairs: &[(&str, &str)]) -> Result<Entity, Error> {
    let tags = pairs.iter().map(|(key, value)| {
        let value = RestrictedExpression::new_string((*value).to_owned());
        ((*key).to_owned(), value)
    });
    Entity::new_with_tags(uid.clone(), [], [], tags).map_err(|error| Error::Model(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cedar_policy::Schema;

    use super::*;

    #[test]
    fn every_verb_with_an_action_has_it_in_the_schema() {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
        let in_schema: BTreeSet<String> = schema
            .actions()
            .map(|action| action.id().unescaped().to_owned())
            .collect();
        let groups = ["read", "write", OTHER];
        let here = RESOURCE_VERBS.iter().chain(&PATH_VERBS).chain(&groups);
        assert_eq!(in_schema, here.map(|verb| (*verb).to_owned()).collect());
        let terms = Terms::new().unwrap();
        let path = What::Path("/x");
        let resource = What::Resource {
            group: "",
            resource: "secrets",
            subresource: "",
            namespace: "",
            name: "",
        };
        let cases = RESOURCE_VERBS.map(|verb| (verb, &resource)).into_iter();
        for (verb, what) in cases.chain(PATH_VERBS.map(|verb| (verb, &path))) {
            let asking = terms
                .asking(&User::default(), verb, what, &HashSet::new())
                .unwrap();
            let (request, entities) = terms.request(&asking, what, None).unwrap();
            let checked = Request::new(
                request.principal().unwrap().clone(),
                request.action().unwrap().clone(),
                request.resource().unwrap().clone(),
                Context::empty(),
                Some(&schema),
            );
            assert!(checked.is_ok(), "{verb}: {checked:?}");
            let actions = schema.action_entities().unwrap();
            let of_schema = actions.get(request.action().unwrap()).unwrap();
            let own = entities.get(request.action().unwrap()).unwrap();
            assert!(own.deep_eq(of_schema), "{verb}");
        }
    }

    #[test]
    fn an_account_is_one_by_name_and_group() {
        let user = |name: &str, groups: &[&str]| User {
            name: name.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..User::default()
        };
        let checkout = "system:serviceaccount:payments:checkout";
        assert_eq!(
            account(&user(checkout, &[SERVICE_ACCOUNTS])),
            Some(("payments", "checkout"))
        );
        assert_eq!(account(&user(checkout, &["system:authenticated"])), None);
        assert_eq!(account(&user("jane", &[SERVICE_ACCOUNTS])), None);
    }
}
