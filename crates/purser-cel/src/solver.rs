//! Which types fit each other, and what is open in them.
//!
//! Source: cel-go, checker/types.go.

use std::cell::Cell;

use crate::bounds::{MAX_CHECK_STEPS, MAX_TYPE_DEPTH};
use crate::types::Type;

/// What is known of the open types, [`Type::Param`], so far.
pub(crate) struct Solver {
    /// How many types may still be looked at. INVARIANT: every recursion over a type takes one.
    left: Cell<u64>,
    bound: Vec<Option<Type>>,
    /// What was changed, with its former state, so that a try is undone at the cost of what it did.
    trail: Vec<(usize, Option<Type>)>,
}

impl Solver {
    /// Nothing known.
    pub(crate) fn new() -> Self {
        Self {
            left: Cell::new(MAX_CHECK_STEPS),
            bound: Vec::new(),
            trail: Vec::new(),
        }
    }

    /// Whether the work was more than [`MAX_CHECK_STEPS`]: what it answered since is not to be used.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// One type more is looked at, so deep within others; whether it may be.
    fn step(&self, depth: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(1));
        depth <= MAX_TYPE_DEPTH && !self.is_exhausted()
    }

    /// An open type that nothing is known of.
    pub(crate) fn open(&mut self) -> Type {
        let number = u32::try_from(self.bound.len()).unwrap_or(u32::MAX);
        self.bound.push(None);
        Type::Param(number)
    }

    /// Where a try begins.
    pub(crate) fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Undoes all since the mark.
    pub(crate) fn undo(&mut self, mark: usize) {
        while self.trail.len() > mark {
            let Some((number, former)) = self.trail.pop() else {
                return;
            };
            if let Some(slot) = self.bound.get_mut(number) {
                *slot = former;
            }
        }
    }

    /// Whether a value of the type `from` may stand where `to` is wanted; binds what is open.
    pub(crate) fn fits(&mut self, to: &Type, from: &Type) -> bool {
        self.fits_at(to, from, 0)
    }

    fn fits_at(&mut self, to: &Type, from: &Type, depth: usize) -> bool {
        if !self.step(depth) {
            return true;
        }
        match (to, from) {
            (Type::Param(one), Type::Param(other)) if one == other => true,
            (_, Type::Param(number)) => self.bind(*number, to, depth, false),
            (Type::Param(number), _) => self.bind(*number, from, depth, true),
            (Type::Dyn | Type::Any, _) | (_, Type::Dyn | Type::Any) => true,
            (
                Type::Object(_) | Type::Opaque(_) | Type::Optional(_) | Type::Duration | Type::Timestamp,
                Type::Null,
            ) => true,
            (Type::List(to), Type::List(from)) | (Type::Optional(to), Type::Optional(from)) => {
                self.fits_at(to, from, depth + 1)
            }
            (Type::Map(to_key, to_value), Type::Map(from_key, from_value)) => {
                self.fits_at(to_key, from_key, depth + 1) && self.fits_at(to_value, from_value, depth + 1)
            }
            _ => to == from,
        }
    }

    /// What is known already must fit; the more general of both is known then.
    fn bind(&mut self, number: u32, other: &Type, depth: usize, is_target: bool) -> bool {
        let Some(index) = usize::try_from(number)
            .ok()
            .filter(|index| *index < self.bound.len())
        else {
            return true;
        };
        let Some(known) = self.bound.get(index).cloned().flatten() else {
            if !self.holds(other, number, depth) {
                self.set(index, other.clone());
            }
            return true;
        };
        let fits = if is_target {
            self.fits_at(&known, other, depth + 1)
        } else {
            self.fits_at(other, &known, depth + 1)
        };
        if fits && *other != known && other.is_as_general(&known) && !self.holds(other, number, depth) {
            self.set(index, other.clone());
        }
        fits
    }

    fn set(&mut self, index: usize, typed: Type) {
        if let Some(slot) = self.bound.get_mut(index) {
            self.trail.push((index, slot.replace(typed)));
        }
    }

    /// Whether a type has this open type in it: bound to it, it would have no end.
    fn holds(&self, typed: &Type, number: u32, depth: usize) -> bool {
        if !self.step(depth) {
            return true;
        }
        match typed {
            Type::Param(other) if *other == number => true,
            Type::Param(other) => self
                .known(*other)
                .is_some_and(|known| self.holds(known, number, depth + 1)),
            Type::List(of) | Type::Optional(of) => self.holds(of, number, depth + 1),
            Type::Map(keys, values) => {
                self.holds(keys, number, depth + 1) || self.holds(values, number, depth + 1)
            }
            _ => false,
        }
    }

    fn known(&self, number: u32) -> Option<&Type> {
        self.bound.get(usize::try_from(number).ok()?)?.as_ref()
    }

    /// The type with all that is known of what is open in it; what is not is `dyn` if `closed`.
    pub(crate) fn resolved(&self, typed: &Type, closed: bool) -> Type {
        self.resolved_at(typed, closed, 0)
    }

    fn resolved_at(&self, typed: &Type, closed: bool, depth: usize) -> Type {
        if !self.step(depth) {
            return Type::Dyn;
        }
        match typed {
            Type::Param(number) => match self.known(*number) {
                Some(known) => self.resolved_at(known, closed, depth + 1),
                None if closed => Type::Dyn,
                None => typed.clone(),
            },
            Type::List(of) => Type::list(self.resolved_at(of, closed, depth + 1)),
            Type::Optional(of) => Type::optional(self.resolved_at(of, closed, depth + 1)),
            Type::Map(keys, values) => Type::map(
                self.resolved_at(keys, closed, depth + 1),
                self.resolved_at(values, closed, depth + 1),
            ),
            other => other.clone(),
        }
    }

    /// The outermost of a type that may be bound.
    pub(crate) fn outer(&self, typed: &Type) -> Type {
        let mut typed = typed;
        for _ in 0..MAX_TYPE_DEPTH {
            match typed {
                Type::Param(number) => match self.known(*number) {
                    Some(known) => typed = known,
                    None => break,
                },
                _ => break,
            }
        }
        typed.clone()
    }
}
