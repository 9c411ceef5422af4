//! What is left of a policy when an object is not known: one that holds wherever the policy may hold for some object,
//! and one that holds only where it does for every object. Who asks these before there is an object knows whether
//! objects have to be looked at.
//!
//! INVARIANT: where the policy holds for an object, the first holds without one, or cannot be evaluated; who asks counts
//! the latter as holding. Where the second holds, the policy holds for every object, or cannot be evaluated.

use std::sync::Arc;

use cedar_policy::pst::{
    BinaryOp, Clause, Expr, Literal, PstConstructionError, StaticPolicy, Template, UnaryOp,
};

use crate::facts::{Facts, of_expression};

/// Which way an expression may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// It may hold where the original does not.
    Above,
    /// It may not hold where the original does.
    Below,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Above => Self::Below,
            Self::Below => Self::Above,
        }
    }

    /// What can be said of what is not known.
    fn unknown(self) -> Arc<Expr> {
        Arc::new(Expr::Literal(Literal::Bool(self == Self::Above)))
    }
}

/// What is left of `policy` while `unknown` is: [`Side::Above`], where it may hold; [`Side::Below`], where it does.
///
/// # Errors
/// When the library does not take what is made.
pub(crate) fn of(
    policy: &Template,
    unknown: Facts,
    side: Side,
) -> Result<StaticPolicy, PstConstructionError> {
    let clauses = policy.clauses().iter().map(|clause| match clause {
        Clause::When(condition) => Clause::When(near(condition, unknown, side)),
        Clause::Unless(condition) => Clause::Unless(near(condition, unknown, side.other())),
    });
    let mut guard = Template::new(
        policy.id.clone(),
        policy.effect,
        policy.principal.clone(),
        policy.action.clone(),
        policy.resource.clone(),
    );
    for clause in clauses {
        guard.try_add_clause(clause)?;
    }
    Ok(StaticPolicy::try_from(guard)?)
}

/// An expression on one side of `expression` that does not look at what is unknown.
fn near(expression: &Arc<Expr>, unknown: Facts, side: Side) -> Arc<Expr> {
    if !of_expression(expression).meets(unknown) {
        return Arc::clone(expression);
    }
    match &**expression {
        Expr::BinaryOp {
            op: op @ (BinaryOp::And | BinaryOp::Or),
            left,
            right,
        } => Arc::new(Expr::BinaryOp {
            op: *op,
            left: near(left, unknown, side),
            right: near(right, unknown, side),
        }),
        Expr::UnaryOp {
            op: UnaryOp::Not,
            expr,
        } => Arc::new(Expr::UnaryOp {
            op: UnaryOp::Not,
            expr: near(expr, unknown, side.other()),
        }),
        Expr::IfThenElse {
            cond,
            then_expr,
            else_expr,
        } if !of_expression(cond).meets(unknown) => Arc::new(Expr::IfThenElse {
            cond: Arc::clone(cond),
            then_expr: near(then_expr, unknown, side),
            else_expr: near(else_expr, unknown, side),
        }),
        _ => side.unknown(),
    }
}
