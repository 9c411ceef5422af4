//! Literals of lists and maps. Their elements may be of any mixture of types as far as types go; that they are of one
//! is asked once all types are known, but for those within a call of `format`.
//!
//! Source: cel-go, checker/checker.go (`joinTypes`) and cel/validator.go (`ValidateHomogeneousAggregateLiterals`).

use super::{Checker, optional};
use crate::ast::{Entry, Item};
use crate::types::Type;

/// The function within whose arguments literals may be mixed.
pub(super) const MIXES: &str = "format";

/// An element, and the first of its literal, which it has to be like.
pub(super) struct Alike {
    at: usize,
    literal: usize,
    first: Type,
    found: Type,
}

pub(super) fn list(checker: &mut Checker<'_>, items: &mut [Item]) -> Type {
    let mut elements = Elements::new(checker);
    for item in items {
        let found = checker.type_of(&mut item.value);
        let found = unwrapped(checker, item.value.at, found, item.optional);
        elements.add(checker, item.value.at, found);
    }
    Type::list(elements.joined(checker))
}

pub(super) fn map(checker: &mut Checker<'_>, entries: &mut [Entry]) -> Type {
    let (mut keys, mut values) = (Elements::new(checker), Elements::new(checker));
    for entry in entries {
        let found = checker.type_of(&mut entry.key);
        keys.add(checker, entry.key.at, found);
        let found = checker.type_of(&mut entry.value);
        let found = unwrapped(checker, entry.value.at, found, entry.optional);
        values.add(checker, entry.value.at, found);
    }
    Type::map(keys.joined(checker), values.joined(checker))
}

/// Notes the first element of each literal that is not like the one before all.
pub(super) fn check_alike(checker: &mut Checker<'_>) {
    if !checker.issues.is_empty() {
        return;
    }
    let mut told = None;
    for Alike {
        at,
        literal,
        first,
        found,
    } in std::mem::take(&mut checker.alike)
    {
        let differ = checker.solver.resolved(&first, true) != checker.solver.resolved(&found, true);
        if differ && told != Some(literal) {
            told = Some(literal);
            checker.mismatch(at, &first, &found);
        }
    }
}

/// What a marked element has when it has a value.
fn unwrapped(checker: &mut Checker<'_>, at: usize, found: Type, is_optional: bool) -> Type {
    match checker.solver.outer(&found) {
        _ if !is_optional => found,
        Type::Optional(inner) => (*inner).clone(),
        open @ (Type::Dyn | Type::Any) => open,
        Type::Param(_) => Type::Dyn,
        other => checker.mismatch(at, &optional(other.clone()), &other),
    }
}

/// The elements of one literal so far.
struct Elements {
    literal: usize,
    first: Option<Type>,
    joined: Option<Type>,
}

impl Elements {
    fn new(checker: &mut Checker<'_>) -> Self {
        checker.literals += 1;
        Self {
            literal: checker.literals,
            first: None,
            joined: None,
        }
    }

    fn add(&mut self, checker: &mut Checker<'_>, at: usize, found: Type) {
        let first = self.first.get_or_insert_with(|| found.clone());
        if *first != found && checker.mixing == 0 {
            let (literal, first) = (self.literal, first.clone());
            checker.alike.push(Alike {
                at,
                literal,
                first,
                found: found.clone(),
            });
        }
        self.joined = Some(match self.joined.take() {
            None => found,
            Some(former) if !checker.solver.fits(&found, &former) => Type::Dyn,
            Some(former) => {
                let (former, found) = (
                    checker.solver.resolved(&former, false),
                    checker.solver.resolved(&found, false),
                );
                if former.is_as_general(&found) {
                    former
                } else {
                    found
                }
            }
        });
    }

    fn joined(self, checker: &mut Checker<'_>) -> Type {
        let joined = self.joined.unwrap_or_else(|| checker.solver.open());
        checker.solver.resolved(&joined, false)
    }
}
