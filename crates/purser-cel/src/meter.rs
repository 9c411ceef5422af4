//! The work that an evaluation may still do.

use std::borrow::Cow;
use std::collections::HashMap;

use regex::Regex;

use crate::bounds::{MAX_COST, REGEX_COST};
use crate::error::EvaluationError;
use crate::pattern;
use crate::value::Key;

/// The regular expressions that a text has as literals, compiled.
pub(crate) type Patterns = HashMap<String, Regex>;

/// What is left of [`MAX_COST`].
pub(crate) struct Meter<'a> {
    left: u64,
    patterns: &'a Patterns,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(patterns: &'a Patterns) -> Self {
        Self {
            left: MAX_COST,
            patterns,
        }
    }

    /// Pays for so many nodes or elements, before the work is done.
    ///
    /// # Errors
    /// [`EvaluationError::CostExceeded`], now and from now on.
    pub(crate) fn pay(&mut self, count: usize) -> Result<(), EvaluationError> {
        let cost = u64::try_from(count).unwrap_or(u64::MAX);
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(EvaluationError::CostExceeded)
            }
        }
    }

    /// Pays for so many bytes to be read or made.
    ///
    /// # Errors
    /// As [`Meter::pay`].
    pub(crate) fn pay_bytes(&mut self, count: usize) -> Result<(), EvaluationError> {
        self.pay(count.div_ceil(10))
    }

    /// Pays for a key to be compared with those of a map.
    ///
    /// # Errors
    /// As [`Meter::pay`].
    pub(crate) fn pay_key(&mut self, key: &Key) -> Result<(), EvaluationError> {
        match key {
            Key::String(text) => self.pay_bytes(text.len()),
            _ => Ok(()),
        }
    }

    /// The compiled form of a regular expression; one that is no literal is paid for.
    ///
    /// # Errors
    /// It is none, or as [`Meter::pay`].
    pub(crate) fn pattern(&mut self, text: &str) -> Result<Cow<'a, Regex>, EvaluationError> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(Cow::Borrowed(known));
        }
        self.pay(usize::try_from(REGEX_COST).unwrap_or(usize::MAX))?;
        self.pay(text.len())?;
        pattern::compile(text).map(Cow::Owned)
    }
}
