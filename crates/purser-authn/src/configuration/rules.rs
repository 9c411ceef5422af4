//! What has to be true of claims and users.

use std::collections::BTreeSet;

use super::checked::Rule;
use super::expression::Expression;
use super::settings::{ClaimRule, UserRule};
use purser_types::problems::Problems;

/// Rules about claims.
#[derive(Default)]
pub(super) struct ClaimRules {
    /// Claims that have to be there, and their values.
    pub(super) required: Vec<(String, String)>,
    /// What else has to be true.
    pub(super) rules: Vec<Rule>,
}

/// Checks rules about claims.
pub(super) fn check_claims(field: &str, rules: &[ClaimRule], problems: &mut Problems) -> ClaimRules {
    let mut checked = ClaimRules::default();
    let (mut claims, mut expressions) = (BTreeSet::new(), BTreeSet::new());
    for (at, rule) in rules.iter().enumerate() {
        let field = format!("{field}[{at}]");
        match (rule.claim.as_str(), rule.expression.as_str()) {
            ("", "") => problems.required(&field, "claim or expression is required"),
            (claim, "") => {
                if !rule.message.is_empty() {
                    let why = "may not be specified when claim is set";
                    problems.invalid(&format!("{field}.message"), &rule.message, why);
                }
                if !claims.insert(claim) {
                    problems.duplicate(&format!("{field}.claim"), claim);
                }
                checked
                    .required
                    .push((claim.to_owned(), rule.required_value.clone()));
            }
            ("", expression) => {
                if !rule.required_value.is_empty() {
                    let why = "may not be specified when expression is set";
                    problems.invalid(&format!("{field}.requiredValue"), &rule.required_value, why);
                }
                let field = format!("{field}.expression");
                if !expressions.insert(expression) {
                    problems.duplicate(&field, expression);
                    continue;
                }
                match Expression::claim_rule(expression) {
                    Ok(expression) => checked.rules.push(Rule {
                        expression,
                        message: rule.message.clone(),
                    }),
                    Err(why) => problems.invalid(&field, expression, &why.to_string()),
                }
            }
            (claim, _) => problems.invalid(&field, claim, "claim and expression can't both be set"),
        }
    }
    checked
}

/// Checks rules about users.
pub(super) fn check_users(field: &str, rules: &[UserRule], problems: &mut Problems) -> Vec<Rule> {
    let mut checked = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, rule) in rules.iter().enumerate() {
        let field = format!("{field}[{at}].expression");
        let expression = rule.expression.as_str();
        if expression.is_empty() {
            problems.required(&field, "");
            continue;
        }
        if !seen.insert(expression) {
            problems.duplicate(&field, expression);
            continue;
        }
        match Expression::user_rule(expression) {
            Ok(expression) => checked.push(Rule {
                expression,
                message: rule.message.clone(),
            }),
            Err(why) => problems.invalid(&field, expression, &why.to_string()),
        }
    }
    checked
}
