//! Names and types of an expression, before it is evaluated.
//!
//! Source: cel-go, checker/checker.go and checker/errors.go for the sentences.

use std::sync::Arc;

use crate::ast::{Access, Call, Choice, Expr, Index, Kind, Select};
use crate::bounds::MAX_ISSUES;
use crate::environment::Environment;
use crate::functions;
use crate::issue::Issue;
use crate::meter::Patterns;
use crate::signature::Signature;
use crate::solver::Solver;
use crate::types::Type;
use crate::value::Value;

mod aggregate;
mod literal;
mod over;

use aggregate::Alike;

/// What is known of a checked expression.
pub(crate) struct Checked {
    pub(crate) typed: Type,
    pub(crate) patterns: Patterns,
}

/// Checks an expression; its calls know their functions afterwards.
pub(crate) fn check(expr: &mut Expr, environment: &Environment) -> Result<Checked, Vec<Issue>> {
    let mut checker = Checker {
        environment,
        solver: Solver::new(),
        locals: Vec::new(),
        issues: Vec::new(),
        patterns: Patterns::new(),
        alike: Vec::new(),
        literals: 0,
        mixing: 0,
    };
    let typed = checker.type_of(expr);
    aggregate::check_alike(&mut checker);
    if checker.solver.is_exhausted() {
        return Err(vec![Issue::new(expr.at, "types are too many to be checked")]);
    }
    if checker.issues.is_empty() {
        Ok(Checked {
            typed: checker.solver.resolved(&typed, true),
            patterns: checker.patterns,
        })
    } else {
        Err(checker.issues)
    }
}

struct Checker<'a> {
    environment: &'a Environment,
    solver: Solver,
    /// Names that macros bind, innermost last.
    locals: Vec<(Arc<str>, Type)>,
    issues: Vec<Issue>,
    patterns: Patterns,
    /// Elements of literals that have to be of one type, once all types are known.
    alike: Vec<Alike>,
    /// How many literals there are.
    literals: usize,
    /// How many calls are around whose literals may be of any mixture.
    mixing: usize,
}

impl Checker<'_> {
    /// Notes an error and goes on, with what is wrong being of any type.
    fn wrong(&mut self, at: usize, message: String) -> Type {
        if self.issues.len() < MAX_ISSUES {
            self.issues.push(Issue::new(at, message));
        }
        Type::Dyn
    }

    fn mismatch(&mut self, at: usize, wanted: &Type, found: &Type) -> Type {
        let (wanted, found) = (
            self.solver.resolved(wanted, false),
            self.solver.resolved(found, false),
        );
        self.wrong(at, format!("expected type '{wanted}' but found '{found}'"))
    }

    fn no_overload(&mut self, at: usize, name: &str, member: bool, found: &[Type]) -> Type {
        let mut shown: Vec<String> = found
            .iter()
            .map(|typed| self.solver.resolved(typed, false).to_string())
            .collect();
        let target = if member {
            format!("{}.", shown.remove(0))
        } else {
            String::new()
        };
        self.wrong(
            at,
            format!(
                "found no matching overload for '{name}' applied to '{target}({})'",
                shown.join(", ")
            ),
        )
    }

    fn type_of(&mut self, expr: &mut Expr) -> Type {
        let at = expr.at;
        if let Kind::Select(_) = &expr.kind
            && let Some(literal) = path(expr).and_then(|path| literal::type_named(&path))
        {
            expr.kind = Kind::Literal(literal);
            return Type::Type;
        }
        match &mut expr.kind {
            Kind::Literal(value) => literal::type_of(value),
            Kind::Ident(name) => match self.named(name) {
                Ok(typed) => typed,
                Err(Some(literal)) => {
                    expr.kind = Kind::Literal(literal);
                    Type::Type
                }
                Err(None) => {
                    let message = undeclared(name);
                    self.wrong(at, message)
                }
            },
            Kind::Select(select) => self.select(at, select),
            Kind::Index(index) => self.index(at, index),
            Kind::Call(call) => self.call(at, call),
            Kind::And(parts) | Kind::Or(parts) => self.chain(parts),
            Kind::Choice(choice) => self.choice(at, choice),
            Kind::List(items) => aggregate::list(self, items),
            Kind::Map(entries) => aggregate::map(self, entries),
            Kind::Over(over) => over::type_of(self, over),
        }
    }

    /// The type of a variable; or the type that a name is.
    fn named(&self, name: &str) -> Result<Type, Option<Value>> {
        if let Some((_, typed)) = self.locals.iter().rev().find(|(local, _)| &**local == name) {
            return Ok(typed.clone());
        }
        self.environment
            .type_of(name)
            .cloned()
            .ok_or_else(|| literal::type_named(name))
    }

    fn select(&mut self, at: usize, select: &mut Select) -> Type {
        let of = self.type_of(&mut select.of);
        let field = self.field(at, &of, &select.field);
        match select.how {
            Access::Presence => Type::Bool,
            Access::Optional => optional(field),
            Access::Plain => field,
        }
    }

    fn field(&mut self, at: usize, of: &Type, field: &str) -> Type {
        let of = self.solver.outer(of);
        match &of {
            Type::Optional(inner) => optional(self.field(at, inner, field)),
            Type::Map(_, values) => (**values).clone(),
            Type::Dyn | Type::Any | Type::Param(_) => Type::Dyn,
            Type::Object(object) => match object.field(field) {
                Some(typed) => typed.clone(),
                None => self.wrong(at, format!("undefined field '{field}'")),
            },
            _ => {
                let of = self.solver.resolved(&of, false);
                self.wrong(at, format!("type '{of}' does not support field selection"))
            }
        }
    }

    fn index(&mut self, at: usize, index: &mut Index) -> Type {
        let of = self.type_of(&mut index.of);
        let key = self.type_of(&mut index.key);
        let name = if index.optional { "_[?_]" } else { "_[_]" };
        let (outer, mut wraps) = match self.solver.outer(&of) {
            Type::Optional(inner) => (self.solver.outer(&inner), true),
            other => (other, false),
        };
        wraps |= index.optional;
        let (wanted, element) = match &outer {
            Type::List(of) => (Type::Int, (**of).clone()),
            Type::Map(keys, values) => ((**keys).clone(), (**values).clone()),
            Type::Dyn | Type::Any | Type::Param(_) => (Type::Dyn, Type::Dyn),
            _ => return self.no_overload(at, name, false, &[of, key]),
        };
        if !self.solver.fits(&wanted, &key) {
            return self.no_overload(at, name, false, &[of, key]);
        }
        if wraps { optional(element) } else { element }
    }

    fn call(&mut self, at: usize, call: &mut Call) -> Type {
        if call.member
            && let Some(target) = call.args.first().and_then(path)
            && functions::find(&format!("{target}.{}", call.name), false).is_some()
        {
            call.name = format!("{target}.{}", call.name).into();
            call.member = false;
            call.args.remove(0);
        }
        let mixes = &*call.name == aggregate::MIXES;
        self.mixing += usize::from(mixes);
        let found: Vec<Type> = call.args.iter_mut().map(|arg| self.type_of(arg)).collect();
        self.mixing -= usize::from(mixes);
        let Some(declared) = functions::find(&call.name, call.member) else {
            return self.wrong(at, undeclared(&call.name));
        };
        literal::check_arguments(self, call);
        match self.result_of(&declared.signatures, &found) {
            Some(typed) => {
                call.function = Some(functions::giving(declared.function, &self.solver.outer(&typed)));
                typed
            }
            None => self.no_overload(at, &call.name, call.member, &found),
        }
    }

    /// What the overloads that take these types give: `dyn` when they do not agree.
    fn result_of(&mut self, signatures: &[Signature], found: &[Type]) -> Option<Type> {
        let mut result: Option<Type> = None;
        for signature in signatures
            .iter()
            .filter(|signature| signature.takes.len() == found.len())
        {
            let mark = self.solver.mark();
            let opened = signature.opened(&mut self.solver);
            let fits = opened
                .takes
                .iter()
                .zip(found)
                .all(|(takes, found)| self.solver.fits(takes, found));
            if !fits {
                self.solver.undo(mark);
                continue;
            }
            let gives = self.solver.resolved(&opened.gives, false);
            match &result {
                None => result = Some(gives),
                Some(former) if *former == gives || former.is_open() => {}
                Some(_) => return Some(Type::Dyn),
            }
        }
        result
    }

    fn chain(&mut self, parts: &mut [Expr]) -> Type {
        for part in parts {
            let found = self.type_of(part);
            if !self.solver.fits(&Type::Bool, &found) {
                self.mismatch(part.at, &Type::Bool, &found);
            }
        }
        Type::Bool
    }

    fn choice(&mut self, at: usize, choice: &mut Choice) -> Type {
        let asked = self.type_of(&mut choice.asked);
        let then = self.type_of(&mut choice.then);
        let otherwise = self.type_of(&mut choice.otherwise);
        let either = self.solver.open();
        let fits = self.solver.fits(&Type::Bool, &asked)
            && self.solver.fits(&either, &then)
            && self.solver.fits(&either, &otherwise);
        if fits {
            self.solver.resolved(&either, false)
        } else {
            self.no_overload(at, "_?_:_", false, &[asked, then, otherwise])
        }
    }
}

fn undeclared(name: &str) -> String {
    format!("undeclared reference to '{name}' (in container '')")
}

/// An optional of a type, once.
fn optional(of: Type) -> Type {
    match of {
        Type::Optional(_) => of,
        other => Type::optional(other),
    }
}

/// The names of a chain of plain members, joined with dots.
fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::Ident(name) => Some(name.to_string()),
        Kind::Select(select) if select.how == Access::Plain => {
            Some(format!("{}.{}", path(&select.of)?, select.field))
        }
        _ => None,
    }
}
