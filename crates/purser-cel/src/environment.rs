//! What an expression may name, and what it must result in.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::types::{ObjectType, Type};

/// The variables of an expression with their types, and the type of its result.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<&'static str, Type>,
    wanted: Option<Type>,
    tells_found: bool,
}

impl Environment {
    /// No variables, and any result.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a variable of this name and type; a later one of the same name replaces an earlier one.
    #[must_use]
    pub fn variable(mut self, name: &'static str, typed: Type) -> Self {
        self.variables.insert(name, typed);
        self
    }

    /// The result must be exactly of this type: what is only known when it is evaluated is refused, as upstream
    /// does.
    #[must_use]
    pub fn wants(mut self, typed: Type) -> Self {
        self.wanted = Some(typed);
        self
    }

    /// `claims`, a map from text to anything: mappings of claims, whose result may be of any type.
    /// With [`Environment::wants`] of a bool: rules that validate claims.
    /// Source: apiserver/pkg/authentication/cel/compile.go.
    #[must_use]
    pub fn claims() -> Self {
        Self::new().variable("claims", Type::map_of(Type::Any))
    }

    /// `user` with username, uid, groups and extra; the result is a bool: rules that validate users.
    /// Source: apiserver/pkg/authentication/cel/compile.go, `buildUserType`.
    #[must_use]
    pub fn user() -> Self {
        Self::new()
            .variable("user", Type::Object(USER_INFO.clone()))
            .wants(Type::Bool)
    }

    /// `request`, the spec of a SubjectAccessReview; the result is a bool: match conditions of authorizers.
    /// Source: apiserver/pkg/authorization/cel/compile.go, `buildRequestType`.
    #[must_use]
    pub fn subject_access_review() -> Self {
        let mut environment = Self::new()
            .variable("request", Type::Object(SUBJECT_ACCESS_REVIEW.clone()))
            .wants(Type::Bool);
        environment.tells_found = true;
        environment
    }

    pub(crate) fn type_of(&self, name: &str) -> Option<&Type> {
        self.variables.get(name)
    }

    /// The sentence that refuses a result of this type, when it is refused.
    pub(crate) fn refusal_of(&self, found: &Type) -> Option<String> {
        let wanted = self.wanted.as_ref().filter(|wanted| *wanted != found)?;
        Some(if self.tells_found {
            format!("must evaluate to {wanted} but got {found}")
        } else {
            format!("must evaluate to {wanted}")
        })
    }
}

fn texts() -> Type {
    Type::list(Type::String)
}

static USER_INFO: LazyLock<Arc<ObjectType>> = LazyLock::new(|| {
    ObjectType::new(
        "kubernetes.UserInfo",
        vec![
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", texts()),
            ("extra", Type::map_of(texts())),
        ],
    )
});

static SUBJECT_ACCESS_REVIEW: LazyLock<Arc<ObjectType>> = LazyLock::new(|| {
    ObjectType::new(
        "kubernetes.SubjectAccessReviewSpec",
        vec![
            ("resourceAttributes", resource_attributes()),
            ("nonResourceAttributes", non_resource_attributes()),
            ("user", Type::String),
            ("groups", texts()),
            ("extra", Type::map_of(texts())),
            ("uid", Type::String),
        ],
    )
});

fn resource_attributes() -> Type {
    Type::Object(ObjectType::new(
        "kubernetes.ResourceAttributes",
        vec![
            ("namespace", Type::String),
            ("verb", Type::String),
            ("group", Type::String),
            ("version", Type::String),
            ("resource", Type::String),
            ("subresource", Type::String),
            ("name", Type::String),
            ("fieldSelector", selector("kubernetes.FieldSelectorAttributes")),
            ("labelSelector", selector("kubernetes.LabelSelectorAttributes")),
        ],
    ))
}

fn selector(name: &'static str) -> Type {
    let requirement = ObjectType::new(
        "kubernetes.SelectorRequirement",
        vec![
            ("key", Type::String),
            ("operator", Type::String),
            ("values", texts()),
        ],
    );
    Type::Object(ObjectType::new(
        name,
        vec![
            ("rawSelector", Type::String),
            ("requirements", Type::list(Type::Object(requirement))),
        ],
    ))
}

fn non_resource_attributes() -> Type {
    Type::Object(ObjectType::new(
        "kubernetes.NonResourceAttributes",
        vec![("path", Type::String), ("verb", Type::String)],
    ))
}
