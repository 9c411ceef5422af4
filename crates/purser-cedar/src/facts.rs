//! What a policy has to know of an object, which is not known before there is one.

use cedar_policy::pst::{ActionConstraint, Clause, EntityOrSlot, EntityUID, Expr, Literal, Template, Var};
use cedar_policy::pst::{PrincipalConstraint, ResourceConstraint};

use crate::model::{ANNOTATIONS, LABELS, NAME, NAMESPACE, is_referable};

/// Some of what there is to know of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Facts(u8);

impl Facts {
    /// Nothing.
    pub(crate) const NONE: Self = Self(0);
    /// Its namespace.
    pub(crate) const NAMESPACE: Self = Self(1);
    /// Its name.
    pub(crate) const NAME: Self = Self(2);
    /// Its labels.
    pub(crate) const LABELS: Self = Self(4);
    /// Its annotations.
    pub(crate) const ANNOTATIONS: Self = Self(8);
    /// All of it.
    pub(crate) const ALL: Self = Self(15);

    /// Either.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any is in both.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn of_attribute(name: &str) -> Self {
        match name {
            NAMESPACE => Self::NAMESPACE,
            NAME => Self::NAME,
            LABELS => Self::LABELS,
            ANNOTATIONS => Self::ANNOTATIONS,
            _ => Self::NONE,
        }
    }
}

/// What a policy looks at.
pub(crate) fn of_policy(policy: &Template) -> Facts {
    policy.clauses().iter().fold(of_scope(policy), |facts, clause| {
        let (Clause::When(condition) | Clause::Unless(condition)) = clause;
        facts.and(of_expression(condition))
    })
}

fn of_scope(policy: &Template) -> Facts {
    match policy.resource {
        ResourceConstraint::Any | ResourceConstraint::Is(_) => Facts::NONE,
        ResourceConstraint::Eq(_) | ResourceConstraint::In(_) | ResourceConstraint::IsIn(..) => Facts::ALL,
    }
}

/// What an expression looks at; all, where the resource is used in a way that is not known here.
pub(crate) fn of_expression(expression: &Expr) -> Facts {
    match expression {
        Expr::Var(Var::Resource) => Facts::ALL,
        Expr::Literal(_) | Expr::Var(_) => Facts::NONE,
        Expr::GetAttr { expr, attr } => match &**expr {
            Expr::Var(Var::Resource) => Facts::of_attribute(attr),
            inner => of_expression(inner),
        },
        Expr::HasAttr { expr, attrs } => match &**expr {
            Expr::Var(Var::Resource) => Facts::of_attribute(attrs.first()),
            inner => of_expression(inner),
        },
        Expr::Is {
            expr, in_expr: None, ..
        } => match &**expr {
            Expr::Var(Var::Resource) => Facts::NONE,
            inner => of_expression(inner),
        },
        Expr::Is { .. }
        | Expr::UnaryOp { .. }
        | Expr::BinaryOp { .. }
        | Expr::Like { .. }
        | Expr::IfThenElse { .. }
        | Expr::Set(_)
        | Expr::Record(_) => parts(expression)
            .into_iter()
            .fold(Facts::NONE, |facts, part| facts.and(of_expression(part))),
        _ => Facts::ALL,
    }
}

/// What an expression is made of; nothing for those that are made of nothing, or that are not known here.
fn parts(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::UnaryOp { expr, .. }
        | Expr::Like { expr, .. }
        | Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. } => vec![expr],
        Expr::Is { expr, in_expr, .. } => [expr].into_iter().chain(in_expr).map(|part| &**part).collect(),
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::IfThenElse {
            cond,
            then_expr,
            else_expr,
        } => vec![cond, then_expr, else_expr],
        Expr::Set(elements) => elements.iter().map(|part| &**part).collect(),
        Expr::Record(members) => members.values().map(|part| &**part).collect(),
        _ => Vec::new(),
    }
}

/// The first entity that a policy names and that cannot be named: there is one resource in a request, and it has no
/// name of its own.
pub(crate) fn misnamed(policy: &Template) -> Option<String> {
    let principal = match &policy.principal {
        PrincipalConstraint::Eq(named)
        | PrincipalConstraint::In(named)
        | PrincipalConstraint::IsIn(_, named) => Some(named),
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
    };
    let resource = match &policy.resource {
        ResourceConstraint::Eq(named)
        | ResourceConstraint::In(named)
        | ResourceConstraint::IsIn(_, named) => Some(named),
        ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
    };
    let action: &[EntityUID] = match &policy.action {
        ActionConstraint::Any => &[],
        ActionConstraint::Eq(named) => std::slice::from_ref(named),
        ActionConstraint::In(named) => named,
    };
    let in_scope = [principal, resource]
        .into_iter()
        .flatten()
        .filter_map(|named| match named {
            EntityOrSlot::Entity(named) => Some(named),
            EntityOrSlot::Slot(_) => None,
        });
    let wrong = in_scope
        .chain(action)
        .find(|named| !is_referable(&named.ty.to_string()));
    wrong.map(ToString::to_string).or_else(|| {
        policy.clauses().iter().find_map(|clause| {
            let (Clause::When(condition) | Clause::Unless(condition)) = clause;
            misnamed_in(condition)
        })
    })
}

fn misnamed_in(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Literal(Literal::EntityUID(named)) => {
            (!is_referable(&named.ty.to_string())).then(|| named.to_string())
        }
        expression => parts(expression).into_iter().find_map(misnamed_in),
    }
}
