//! How a function's types are declared: `string, list(A) -> A`.

use std::collections::HashMap;

use crate::solver::Solver;
use crate::types::Type;

/// The types that an overload takes and gives.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) takes: Vec<Type>,
    pub(crate) gives: Type,
}

impl Signature {
    /// Reads a declaration; capital letters are open types.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (takes, gives) = text.split_once("->")?;
        let takes = parts(takes).into_iter().map(read).collect::<Option<_>>()?;
        Some(Self {
            takes,
            gives: read(gives)?,
        })
    }

    /// The same with open types of its own.
    pub(crate) fn opened(&self, solver: &mut Solver) -> Self {
        let mut open = HashMap::new();
        let takes = self
            .takes
            .iter()
            .map(|typed| renewed(typed, solver, &mut open))
            .collect();
        Self {
            takes,
            gives: renewed(&self.gives, solver, &mut open),
        }
    }
}

fn renewed(typed: &Type, solver: &mut Solver, open: &mut HashMap<u32, Type>) -> Type {
    match typed {
        Type::Param(number) => open.entry(*number).or_insert_with(|| solver.open()).clone(),
        Type::List(of) => Type::list(renewed(of, solver, open)),
        Type::Optional(of) => Type::optional(renewed(of, solver, open)),
        Type::Map(keys, values) => Type::map(renewed(keys, solver, open), renewed(values, solver, open)),
        other => other.clone(),
    }
}

/// The parts between commas that are not within brackets.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|char| {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        char == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

fn read(text: &str) -> Option<Type> {
    let text = text.trim();
    if let Some((outer, inner)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let mut inner = parts(inner).into_iter().map(read);
        let first = inner.next()??;
        return Some(match outer {
            "list" => Type::list(first),
            "optional" => Type::optional(first),
            "map" => Type::map(first, inner.next()??),
            _ => return None,
        });
    }
    Some(match text {
        "dyn" => Type::Dyn,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "duration" => Type::Duration,
        "timestamp" => Type::Timestamp,
        "type" => Type::Type,
        "IP" => Type::Opaque("net.IP"),
        "CIDR" => Type::Opaque("net.CIDR"),
        "URL" => Type::Opaque("kubernetes.URL"),
        "A" => Type::Param(0),
        "B" => Type::Param(1),
        _ => return None,
    })
}
