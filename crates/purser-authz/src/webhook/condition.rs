//! When a webhook is asked at all.
//!
//! Source: `k8s.io/apiserver/pkg/authorization/cel`.

use std::fmt;
use std::sync::LazyLock;

use purser_cel::{Bindings, CompileError, Environment, Program, Value};

/// What conditions may name, and result in.
static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(Environment::subject_access_review);

/// An expression in CEL over `request`.
pub struct Condition {
    expression: String,
    program: Program,
}

impl Condition {
    /// Compiles it.
    ///
    /// # Errors
    /// With upstream's sentence.
    pub fn compile(expression: &str) -> Result<Self, CompileError> {
        Ok(Self {
            expression: expression.to_owned(),
            program: Program::compile(expression, &ENVIRONMENT)?,
        })
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.expression).finish()
    }
}

/// Whether all conditions hold. One that does not settles it, whatever the others are.
///
/// # Errors
/// What went wrong, when no condition is false.
pub(super) fn all_hold(conditions: &[Condition], spec: &serde_json::Value) -> Result<bool, String> {
    let request = Value::try_from(spec).map_err(|error| error.to_string())?;
    let bindings = Bindings::new().with("request", request);
    let mut errors = Vec::new();
    for condition in conditions {
        let holds = condition.program.evaluate(&bindings);
        match holds.as_ref().map(Value::as_bool) {
            Ok(Some(true)) => {}
            Ok(Some(false)) => return Ok(false),
            Ok(None) => errors.push(told(condition, "it is no bool")),
            Err(error) => errors.push(told(condition, &error.to_string())),
        }
    }
    match crate::decision::aggregate(errors) {
        None => Ok(true),
        Some(errors) => Err(errors),
    }
}

fn told(condition: &Condition, error: &str) -> String {
    let expression = &condition.expression;
    format!("cel evaluation error: expression '{expression}' resulted in error: {error}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hold(expressions: &[&str]) -> Result<bool, String> {
        let conditions: Vec<Condition> = expressions
            .iter()
            .map(|expression| Condition::compile(expression).unwrap())
            .collect();
        let spec = json!({
            "user": "jane", "groups": ["devs"], "uid": "", "extra": {},
            "resourceAttributes": {"namespace": "rec", "verb": "get", "resource": "secrets"},
        });
        all_hold(&conditions, &spec)
    }

    #[test]
    fn one_that_is_false_settles_it_and_errors_count_otherwise() {
        let fails = "request.nonResourceAttributes.path == '/'";
        assert_eq!(hold(&[]), Ok(true));
        assert_eq!(
            hold(&["request.user == 'jane'", "'devs' in request.groups"]),
            Ok(true)
        );
        assert_eq!(
            hold(&["request.resourceAttributes.namespace == 'other'"]),
            Ok(false)
        );
        assert_eq!(hold(&[fails, "request.user == 'john'"]), Ok(false));
        let error = hold(&[fails, "request.user == 'jane'"]).unwrap_err();
        assert!(
            error.starts_with("cel evaluation error: expression 'request.nonResourceAttributes.path == '/'' resulted in error: "),
            "{error}"
        );
        assert_eq!(hold(&["!has(request.nonResourceAttributes)"]), Ok(true));
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for expression in [
            "request.user",
            "request.nope == 'x'",
            "nope",
            "request.user == 'jane' &&",
        ] {
            assert!(Condition::compile(expression).is_err(), "{expression}");
        }
    }
}
