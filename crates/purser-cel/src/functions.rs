//! The functions and operators: their names, the types that they take and give, and what they do.
//!
//! Sources: cel-go, common/stdlib/standard.go; ext/strings.go of version 2 and ext/sets.go;
//! apiserver/pkg/cel/library, as apiserver/pkg/cel/environment/base.go puts them together. Left out are the
//! authorizer, named formats, semantic versions, images and quantities.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::signature::Signature;
use crate::types::Type;
use crate::value::Value;

mod arithmetic;
mod conversions;
mod formats;
mod lists;
mod networks;
mod operators;
mod optionals;
mod patterns;
mod sets;
mod strings;
mod times;
mod urls;

/// What a function does: its values, of a member call the receiver first, and the meter.
pub(crate) type Run = fn(&[Value], &mut Meter<'_>) -> Result<Value, EvaluationError>;

/// A function or an operator with all its overloads.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) member: bool,
    pub(crate) overloads: &'static [&'static str],
    pub(crate) run: Run,
    /// Its first value, an optional that has one, is the answer: nothing else is evaluated.
    pub(crate) is_answered: bool,
}

impl Function {
    pub(crate) const fn global(name: &'static str, overloads: &'static [&'static str], run: Run) -> Self {
        Self {
            name,
            member: false,
            overloads,
            run,
            is_answered: false,
        }
    }

    pub(crate) const fn member(name: &'static str, overloads: &'static [&'static str], run: Run) -> Self {
        Self {
            name,
            member: true,
            overloads,
            run,
            is_answered: false,
        }
    }
}

/// A function with its overloads read.
pub(crate) struct Declared {
    pub(crate) function: &'static Function,
    pub(crate) signatures: Vec<Signature>,
}

/// The function of this name, called as a member or not.
pub(crate) fn find(name: &str, member: bool) -> Option<&'static Declared> {
    let declared = if member { &TABLE.1 } else { &TABLE.0 };
    declared.get(name)
}

/// The function to call for one that gives this type here.
pub(crate) fn giving(function: &'static Function, gives: &Type) -> &'static Function {
    lists::giving(function, gives)
}

/// The one argument, a text, paid for.
fn text<'a>(args: &'a [Value], meter: &mut Meter<'_>) -> Result<&'a str, EvaluationError> {
    match args {
        [Value::String(text)] => {
            meter.pay_bytes(text.len())?;
            Ok(text)
        }
        _ => Err(EvaluationError::NoSuchOverload),
    }
}

type Named = HashMap<&'static str, Declared>;

static TABLE: LazyLock<(Named, Named)> = LazyLock::new(|| {
    let (mut globals, mut members) = (Named::new(), Named::new());
    for function in ALL.iter().copied().flatten() {
        let signatures = function
            .overloads
            .iter()
            .filter_map(|text| Signature::read(text))
            .collect();
        let named = if function.member {
            &mut members
        } else {
            &mut globals
        };
        named.insert(function.name, Declared { function, signatures });
    }
    (globals, members)
});

static ALL: &[&[Function]] = &[
    operators::FUNCTIONS,
    arithmetic::FUNCTIONS,
    conversions::FUNCTIONS,
    strings::FUNCTIONS,
    formats::FUNCTIONS,
    lists::FUNCTIONS,
    sets::FUNCTIONS,
    optionals::FUNCTIONS,
    patterns::FUNCTIONS,
    times::FUNCTIONS,
    networks::FUNCTIONS,
    urls::FUNCTIONS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_overload_is_readable_and_every_name_stands_once() {
        let all: Vec<&Function> = ALL.iter().copied().flatten().collect();
        for function in &all {
            for text in function.overloads {
                assert!(Signature::read(text).is_some(), "{}: {text}", function.name);
            }
        }
        assert_eq!(TABLE.0.len() + TABLE.1.len(), all.len());
    }
}
