//! The macros: `has`, and those that bind names to the elements of a range.
//!
//! Sources: the CEL specification, langdef.md, "Macros"; cel-go, cel/macro.go, ext/comprehensions.go
//! (`TwoVarComprehensions`) and cel/library.go (`OptionalTypes`).

use std::sync::Arc;

use crate::ast::{Access, Expr, Kind, Over, Select, What};
use crate::issue::Issue;

/// A macro: what it does, with how many names, and whether its first argument after them is a filter.
pub(crate) struct Macro {
    what: What,
    names: usize,
    filter: Filter,
}

enum Filter {
    None,
    /// The argument before the last.
    Some,
    /// The only argument: the body is the name itself.
    Only,
}

/// The macro of this name with so many arguments, when there is one.
pub(crate) fn named(name: &str, arguments: usize) -> Option<Macro> {
    let (what, names, filter) = match (name, arguments) {
        ("all", 2) => (What::All, 1, Filter::None),
        ("all", 3) => (What::All, 2, Filter::None),
        ("exists", 2) => (What::Exists, 1, Filter::None),
        ("exists", 3) => (What::Exists, 2, Filter::None),
        ("exists_one" | "existsOne", 2) => (What::ExistsOne, 1, Filter::None),
        ("existsOne", 3) => (What::ExistsOne, 2, Filter::None),
        ("map", 2) => (What::List, 1, Filter::None),
        ("map", 3) => (What::List, 1, Filter::Some),
        ("filter", 2) => (What::List, 1, Filter::Only),
        ("transformList", 3) => (What::List, 2, Filter::None),
        ("transformList", 4) => (What::List, 2, Filter::Some),
        ("transformMap", 3) => (What::Map, 2, Filter::None),
        ("transformMap", 4) => (What::Map, 2, Filter::Some),
        ("transformMapEntry", 3) => (What::Entries, 2, Filter::None),
        ("transformMapEntry", 4) => (What::Entries, 2, Filter::Some),
        ("optMap", 2) => (What::Optional, 1, Filter::None),
        ("optFlatMap", 2) => (What::Flat, 1, Filter::None),
        _ => return None,
    };
    Some(Macro { what, names, filter })
}

/// `has(of.field)`.
pub(crate) fn has(at: usize, args: Vec<Expr>) -> Result<Expr, Issue> {
    let mut args = args.into_iter();
    match (args.next().map(|arg| arg.kind), args.next()) {
        (Some(Kind::Select(select)), None) if select.how == Access::Plain => {
            let Select { of, field, .. } = *select;
            Ok(Expr::new(
                at,
                Kind::Select(Box::new(Select {
                    of,
                    field,
                    how: Access::Presence,
                })),
            ))
        }
        _ => Err(Issue::new(at, "invalid argument to has() macro")),
    }
}

/// The node of a macro over `range`. INVARIANT: as many arguments as [`named`] was asked with.
pub(crate) fn over(at: usize, found: &Macro, range: Expr, args: Vec<Expr>) -> Result<Expr, Issue> {
    let mut args = args.into_iter();
    let mut names: Vec<Arc<str>> = Vec::new();
    for arg in args.by_ref().take(found.names) {
        match arg.as_ident() {
            Some(name) if !names.contains(name) => names.push(name.clone()),
            Some(_) => return Err(Issue::new(arg.at, "duplicate iteration variable")),
            None => return Err(Issue::new(arg.at, "argument must be a simple name")),
        }
    }
    let mut names = names.into_iter();
    let (first, second) = (names.next(), names.next());
    let mut rest: Vec<Expr> = args.collect();
    let (body, before) = (rest.pop(), rest.pop());
    let (Some(first), Some(body)) = (first, body) else {
        return Err(Issue::new(at, "argument must be a simple name"));
    };
    let (filter, body) = match found.filter {
        Filter::None => (None, body),
        Filter::Some => (before, body),
        Filter::Only => (Some(body), Expr::new(at, Kind::Ident(first.clone()))),
    };
    Ok(Expr::new(
        at,
        Kind::Over(Box::new(Over {
            what: found.what,
            range,
            first,
            second,
            filter,
            body,
        })),
    ))
}
