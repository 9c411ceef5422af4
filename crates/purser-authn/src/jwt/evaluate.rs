//! Expressions over claims and users, evaluated.

use purser_cel::{Bindings, EvaluationError, Key, Map as CelMap, Value as Cel};
use purser_types::{Map, User, Value};

use super::refused::JwtRefused;
use crate::configuration::{Expression, Rule};

/// Evaluates expressions over what one variable holds.
pub(super) struct Evaluator(Bindings);

impl Evaluator {
    /// Over the claims of a token.
    pub(super) fn of_claims(claims: &Map) -> Result<Self, JwtRefused> {
        Self::of("claims", "claim", object(claims))
    }

    /// Over a user.
    pub(super) fn of_user(user: &User) -> Result<Self, JwtRefused> {
        let extra = user.extra.iter().map(|(key, values)| (&**key, list(values)));
        let members = [
            ("username", Ok(Cel::from(&*user.name))),
            ("uid", Ok(Cel::from(&*user.uid))),
            ("groups", list(&user.groups)),
            ("extra", map(extra)),
        ];
        Self::of("user", "user info", map(members))
    }

    fn of(variable: &'static str, what: &'static str, value: Seen) -> Result<Self, JwtRefused> {
        let value = value.map_err(|error| JwtRefused::Expression {
            what,
            why: error.to_string(),
        })?;
        Ok(Self(Bindings::new().with(variable, value)))
    }

    fn evaluate(&self, what: &'static str, expression: &Expression) -> Result<Cel, JwtRefused> {
        let result = expression.program().evaluate(&self.0);
        result.map_err(|error| JwtRefused::Expression {
            what,
            why: format!("expression '{}' resulted in error: {error}", expression.source()),
        })
    }

    /// What has to be a text.
    pub(super) fn text(&self, what: &'static str, expression: &Expression) -> Result<String, JwtRefused> {
        let result = self.evaluate(what, expression)?;
        let text = result.as_str().map(str::to_owned);
        text.ok_or_else(|| JwtRefused::Expression {
            what,
            why: format!("{what} expression must return a string"),
        })
    }

    /// What has to be a text or a list of texts; empty texts and `null` are none.
    pub(super) fn texts(
        &self,
        what: &'static str,
        expression: &Expression,
    ) -> Result<Vec<String>, JwtRefused> {
        let result = self.evaluate(what, expression)?;
        let texts = match &result {
            Cel::Null => Some(Vec::new()),
            Cel::String(_) => result.as_str().map(|text| vec![text]),
            Cel::List(list) => list.items().iter().map(Cel::as_str).collect(),
            _ => None,
        };
        let texts = texts.ok_or_else(|| JwtRefused::Expression {
            what,
            why: "expression must return a string or a list of strings".to_owned(),
        })?;
        Ok(texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// What has to be true.
    pub(super) fn check(&self, what: &'static str, rules: &[Rule]) -> Result<(), JwtRefused> {
        for rule in rules {
            let result = self.evaluate(what, &rule.expression)?;
            if result.as_bool() != Some(true) {
                return Err(JwtRefused::Rule {
                    what,
                    expression: rule.expression.source().to_owned(),
                    message: rule.message.clone(),
                });
            }
        }
        Ok(())
    }
}

/// What an expression may see.
type Seen = Result<Cel, EvaluationError>;

fn object(members: &Map) -> Seen {
    map(members.iter().map(|(key, value)| (&**key, seen(value))))
}

/// The same value. Claims come from JSON, so that there are no bytes among them, and no depth that JSON may not have.
fn seen(value: &Value) -> Seen {
    Ok(match value {
        Value::Null | Value::Bytes(_) => Cel::Null,
        Value::Bool(truth) => Cel::Bool(*truth),
        Value::Int(number) => Cel::Int(*number),
        Value::Float(number) => Cel::Double(*number),
        Value::String(text) => Cel::from(text.expose()),
        Value::List(items) => Cel::list(items.iter().map(seen).collect::<Result<_, _>>()?)?,
        Value::Map(members) => object(members)?,
    })
}

fn list(texts: &[String]) -> Seen {
    Cel::list(texts.iter().map(|text| Cel::from(&**text)).collect())
}

fn map<'m>(members: impl IntoIterator<Item = (&'m str, Seen)>) -> Seen {
    let members = members.into_iter();
    let entries: Result<_, EvaluationError> = members
        .map(|(key, value)| Ok((Key::String(key.into()), value?)))
        .collect();
    CelMap::new(entries?).map(Cel::Map)
}
