//! Types of the macros that bind names to elements.

use super::{Checker, optional};
use crate::ast::{Over, What};
use crate::types::Type;

pub(super) fn type_of(checker: &mut Checker<'_>, over: &mut Over) -> Type {
    let range = checker.type_of(&mut over.range);
    let Some((first, second, key)) = elements(checker, over, &range) else {
        let range = checker.solver.resolved(&range, false);
        return checker.wrong(
            over.range.at,
            format!(
                "expression of type '{range}' cannot be range of a comprehension (must be list, map, or dynamic)"
            ),
        );
    };
    let outside = checker.locals.len();
    checker.locals.push((over.first.clone(), first));
    if let Some(name) = &over.second {
        checker.locals.push((name.clone(), second));
    }
    if let Some(filter) = &mut over.filter {
        let found = checker.type_of(filter);
        bool_only(checker, filter.at, &found);
    }
    let body = checker.type_of(&mut over.body);
    checker.locals.truncate(outside);
    result(checker, over, key, &body)
}

/// The types of the first and the second name, and of the keys of a map that is made.
fn elements(checker: &Checker<'_>, over: &Over, range: &Type) -> Option<(Type, Type, Type)> {
    let outer = checker.solver.outer(range);
    let wants_optional = matches!(over.what, What::Optional | What::Flat);
    match outer {
        Type::Dyn | Type::Param(_) => Some((Type::Dyn, Type::Dyn, Type::Dyn)),
        Type::Optional(of) if wants_optional => Some(((*of).clone(), Type::Dyn, Type::Dyn)),
        _ if wants_optional => None,
        Type::List(of) if over.second.is_some() => Some((Type::Int, (*of).clone(), Type::Int)),
        Type::List(of) => Some(((*of).clone(), Type::Dyn, Type::Int)),
        Type::Map(keys, values) => Some(((*keys).clone(), (*values).clone(), (*keys).clone())),
        _ => None,
    }
}

fn bool_only(checker: &mut Checker<'_>, at: usize, found: &Type) {
    if !checker.solver.fits(&Type::Bool, found) {
        checker.mismatch(at, &Type::Bool, found);
    }
}

fn result(checker: &mut Checker<'_>, over: &Over, key: Type, body: &Type) -> Type {
    match over.what {
        What::All | What::Exists | What::ExistsOne => {
            bool_only(checker, over.body.at, body);
            Type::Bool
        }
        What::List => Type::list(checker.solver.resolved(body, false)),
        What::Map => Type::map(key, checker.solver.resolved(body, false)),
        What::Entries => match checker.solver.outer(body) {
            entries @ (Type::Map(..) | Type::Dyn | Type::Param(_)) => entries,
            other => checker.mismatch(over.body.at, &Type::map(Type::Dyn, Type::Dyn), &other),
        },
        What::Optional => Type::optional(checker.solver.resolved(body, false)),
        What::Flat => match checker.solver.outer(body) {
            value @ (Type::Optional(_) | Type::Dyn | Type::Param(_)) => value,
            other => checker.mismatch(over.body.at, &optional(other.clone()), &other),
        },
    }
}
