//! From tokens to the tree, by recursive descent and precedences.
//!
//! Source: the CEL specification, langdef.md, "Syntax"; places of nodes as cel-go, parser/parser.go.

use std::sync::Arc;

use crate::ast::{Access, Call, Choice, Entry, Expr, Index, Item, Kind, Select};
use crate::bounds::{MAX_BRACKETS, MAX_NESTING};
use crate::issue::Issue;
use crate::lexer::{self, Placed};
use crate::macros;
use crate::token::Token;
use crate::value::Value;

const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Operators of two, with their precedence and the name of their function.
const OPERATORS: &[(&str, u8, &str)] = &[
    ("||", 1, ""),
    ("&&", 2, ""),
    ("==", 3, "_==_"),
    ("!=", 3, "_!=_"),
    ("<", 3, "_<_"),
    ("<=", 3, "_<=_"),
    (">", 3, "_>_"),
    (">=", 3, "_>=_"),
    ("in", 3, "@in"),
    ("+", 4, "_+_"),
    ("-", 4, "_-_"),
    ("*", 5, "_*_"),
    ("/", 5, "_/_"),
    ("%", 5, "_%_"),
];

/// The tree of a text. The first error ends it.
pub(crate) fn parse(source: &[char]) -> Result<Expr, Issue> {
    let tokens = lexer::tokens(source)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        level: 0,
    };
    let expr = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    next: usize,
    /// How many expressions are within each other here.
    level: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn place(&self) -> usize {
        self.tokens
            .get(self.next)
            .or(self.tokens.last())
            .map_or(0, |(_, at)| *at)
    }

    fn is(&self, mark: &str) -> bool {
        matches!(self.peek(), Token::Mark(found) if *found == mark)
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<usize, Issue> {
        let at = self.place();
        if self.takes(mark) {
            Ok(at)
        } else {
            Err(self.unexpected(&format!("'{mark}'")))
        }
    }

    fn unexpected(&self, wanted: &str) -> Issue {
        let found = match self.peek() {
            Token::End => "<EOF>".to_owned(),
            Token::Mark(mark) => (*mark).to_owned(),
            Token::Ident(name) => name.to_string(),
            _ => "a literal".to_owned(),
        };
        Issue::syntax(
            self.place(),
            format_args!("mismatched input '{found}' expecting {wanted}"),
        )
    }

    /// INVARIANT: every node of the tree comes through here, so that none is deeper than the bound.
    fn node(at: usize, kind: Kind) -> Result<Expr, Issue> {
        Self::bounded(Expr::new(at, kind))
    }

    fn bounded(expr: Expr) -> Result<Expr, Issue> {
        if expr.depth > MAX_NESTING {
            Err(too_deep(expr.at, MAX_NESTING))
        } else {
            Ok(expr)
        }
    }

    fn expression(&mut self) -> Result<Expr, Issue> {
        if self.level >= MAX_BRACKETS {
            return Err(too_deep(self.place(), MAX_BRACKETS));
        }
        self.level += 1;
        let asked = self.operators(1)?;
        let at = self.place();
        let expr = if self.takes("?") {
            let then = self.operators(1)?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            Self::node(
                at,
                Kind::Choice(Box::new(Choice {
                    asked,
                    then,
                    otherwise,
                })),
            )
        } else {
            Ok(asked)
        };
        self.level -= 1;
        expr
    }

    fn operator(&self) -> Option<&'static (&'static str, u8, &'static str)> {
        let found = match self.peek() {
            Token::Mark(mark) => mark,
            Token::Ident(name) if &**name == "in" => "in",
            _ => return None,
        };
        OPERATORS.iter().find(|(mark, ..)| *mark == found)
    }

    /// An expression of operators that bind at least as strongly as this precedence. At most five of these are
    /// within each other, one a precedence.
    fn operators(&mut self, at_least: u8) -> Result<Expr, Issue> {
        let mut left = self.unary()?;
        while let Some((mark, precedence, name)) = self.operator().filter(|(_, level, _)| *level >= at_least)
        {
            let at = self.place();
            left = match *mark {
                "||" => Self::node(at, Kind::Or(self.chain(left, mark, *precedence)?))?,
                "&&" => Self::node(at, Kind::And(self.chain(left, mark, *precedence)?))?,
                _ => {
                    self.next += 1;
                    let right = self.operators(precedence + 1)?;
                    Self::bounded(Expr::call(at, name, vec![left, right]))?
                }
            };
        }
        Ok(left)
    }

    /// The operands of a chain of one operator, flat: a thousand are no deeper than two.
    fn chain(&mut self, first: Expr, mark: &str, precedence: u8) -> Result<Vec<Expr>, Issue> {
        let mut parts = vec![first];
        while self.takes(mark) {
            parts.push(self.operators(precedence + 1)?);
        }
        Ok(parts)
    }

    fn unary(&mut self) -> Result<Expr, Issue> {
        let (at, mark, name) = match self.peek() {
            Token::Mark("!") => (self.place(), "!", "!_"),
            Token::Mark("-") => (self.place(), "-", "-_"),
            _ => return self.member(),
        };
        let mut odd = false;
        while self.takes(mark) {
            odd = !odd;
        }
        let negated = match self.peek() {
            Token::Int(number) if odd && mark == "-" => 0i64.checked_sub_unsigned(*number).map(Value::Int),
            Token::Double(number) if odd && mark == "-" => Some(Value::Double(-number)),
            _ => None,
        };
        if let Some(value) = negated {
            self.next += 1;
            let literal = Self::node(at, Kind::Literal(value))?;
            return self.members(literal);
        }
        let operand = self.member()?;
        if odd {
            Self::bounded(Expr::call(at, name, vec![operand]))
        } else {
            Ok(operand)
        }
    }

    fn member(&mut self) -> Result<Expr, Issue> {
        let first = self.primary()?;
        self.members(first)
    }

    fn members(&mut self, first: Expr) -> Result<Expr, Issue> {
        let mut expr = first;
        loop {
            let at = self.place();
            if self.takes(".") {
                let how = if self.takes("?") {
                    Access::Optional
                } else {
                    Access::Plain
                };
                let field = self.name()?;
                let open = self.place();
                expr = if how == Access::Plain && self.takes("(") {
                    let args = self.arguments(")")?;
                    Self::bounded(member_call(open, expr, field, args)?)?
                } else {
                    Self::node(at, Kind::Select(Box::new(Select { of: expr, field, how })))?
                };
            } else if self.takes("[") {
                let optional = self.takes("?");
                let key = self.expression()?;
                self.expect("]")?;
                expr = Self::node(
                    at,
                    Kind::Index(Box::new(Index {
                        of: expr,
                        key,
                        optional,
                    })),
                )?;
            } else if self.is("{") && is_path(&expr) {
                return Err(Issue::syntax(at, "messages cannot be made here"));
            } else {
                return Ok(expr);
            }
        }
    }

    /// The name of a member; words that are reserved elsewhere may stand here.
    fn name(&mut self) -> Result<Arc<str>, Issue> {
        match self.peek() {
            Token::Ident(name) if !matches!(&**name, "in" | "true" | "false" | "null") => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("an identifier")),
        }
    }

    fn primary(&mut self) -> Result<Expr, Issue> {
        let (token, at) = (self.peek().clone(), self.place());
        let value = match token {
            Token::Mark(mark) => return self.enclosed(mark),
            Token::Ident(name) => match &*name {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => return self.identifier(),
            },
            Token::Int(number) => match i64::try_from(number) {
                Ok(number) => Value::Int(number),
                Err(_) => return Err(Issue::new(at, "invalid int literal")),
            },
            Token::Uint(number) => Value::Uint(number),
            Token::Double(number) => Value::Double(number),
            Token::String(text) => Value::String(text),
            Token::Bytes(bytes) => Value::Bytes(bytes),
            Token::End => return Err(self.unexpected("an expression")),
        };
        self.next += 1;
        Self::node(at, Kind::Literal(value))
    }

    fn identifier(&mut self) -> Result<Expr, Issue> {
        let at = self.place();
        let name = self.name()?;
        if RESERVED.contains(&&*name) {
            return Err(Issue::syntax(at, format_args!("reserved identifier: {name}")));
        }
        let open = self.place();
        if !self.takes("(") {
            return Self::node(at, Kind::Ident(name));
        }
        let args = self.arguments(")")?;
        if &*name == "has" {
            return Self::bounded(macros::has(open, args)?);
        }
        Self::bounded(Expr::call(open, &name, args))
    }

    fn enclosed(&mut self, mark: &str) -> Result<Expr, Issue> {
        let at = self.place();
        match mark {
            "(" => {
                self.next += 1;
                let expr = self.expression()?;
                self.expect(")")?;
                Ok(expr)
            }
            "[" => {
                self.next += 1;
                self.list(at)
            }
            "{" => {
                self.next += 1;
                self.map(at)
            }
            // An identifier of the outermost scope: there is only one.
            "." => {
                self.next += 1;
                self.identifier()
            }
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn arguments(&mut self, close: &str) -> Result<Vec<Expr>, Issue> {
        let mut args = Vec::new();
        if self.takes(close) {
            return Ok(args);
        }
        loop {
            args.push(self.expression()?);
            if !self.takes(",") {
                self.expect(close)?;
                return Ok(args);
            }
        }
    }

    fn list(&mut self, at: usize) -> Result<Expr, Issue> {
        let mut items = Vec::new();
        while !self.takes("]") {
            let optional = self.takes("?");
            items.push(Item {
                optional,
                value: self.expression()?,
            });
            if !self.takes(",") {
                self.expect("]")?;
                break;
            }
        }
        Self::node(at, Kind::List(items))
    }

    fn map(&mut self, at: usize) -> Result<Expr, Issue> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            let optional = self.takes("?");
            let key = self.expression()?;
            self.expect(":")?;
            entries.push(Entry {
                optional,
                key,
                value: self.expression()?,
            });
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        Self::node(at, Kind::Map(entries))
    }
}

fn too_deep(at: usize, bound: usize) -> Issue {
    Issue::new(at, format!("expression recursion limit exceeded: {bound}"))
}

fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Ident(_) => true,
        Kind::Select(select) => select.how == Access::Plain && is_path(&select.of),
        _ => false,
    }
}

fn member_call(at: usize, target: Expr, name: Arc<str>, args: Vec<Expr>) -> Result<Expr, Issue> {
    if let Some(what) = macros::named(&name, args.len()) {
        return macros::over(at, &what, target, args);
    }
    let args = std::iter::once(target).chain(args).collect();
    Ok(Expr::new(
        at,
        Kind::Call(Box::new(Call {
            name,
            member: true,
            args,
            function: None,
        })),
    ))
}
