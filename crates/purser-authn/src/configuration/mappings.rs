//! How claims make a user.

use std::collections::BTreeSet;

use super::checked::{Mapped, Rule};
use super::expression::Expression;
use super::extra_key;
use super::settings::{ExtraMapping, Mapping, Mappings};
use purser_types::problems::Problems;

/// Why both cannot be there.
const BOTH: &str = "claim and expression can't both be set";

/// Where the parts of a user come from.
pub(super) struct CheckedMappings {
    pub(super) username: Option<Mapped>,
    pub(super) groups: Option<Mapped>,
    pub(super) uid: Option<Mapped>,
    pub(super) extra: Vec<(String, Expression)>,
}

/// Checks how claims make a user; `rules` are those about the claims.
pub(super) fn check(
    field: &str,
    settings: &Mappings,
    rules: &[Rule],
    problems: &mut Problems,
) -> CheckedMappings {
    let username = prefixed(&format!("{field}.username"), &settings.username, true, problems);
    let groups = prefixed(&format!("{field}.groups"), &settings.groups, false, problems);
    let uid = uid(&format!("{field}.uid"), &settings.uid, problems);
    let extra = extra(&format!("{field}.extra"), &settings.extra, problems);
    let mapping = match &username {
        Some(Mapped::Expression(expression)) => Some(expression),
        _ => None,
    };
    let verified = |expression: &Expression| expression.program().selects("claims", "email_verified");
    if let Some(mapping) = mapping
        && mapping.program().selects("claims", "email")
        && !verified(mapping)
        && !rules.iter().any(|rule| verified(&rule.expression))
        && !extra.iter().any(|(_, expression)| verified(expression))
    {
        let why = "claims.email_verified must be used in claimMappings.username.expression or \
                   claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is \
                   used in claimMappings.username.expression";
        problems.invalid(&format!("{field}.username.expression"), mapping.source(), why);
    }
    CheckedMappings {
        username,
        groups,
        uid,
        extra,
    }
}

/// A claim that is put behind a prefix, or an expression.
fn prefixed(field: &str, mapping: &Mapping, needed: bool, problems: &mut Problems) -> Option<Mapped> {
    match (mapping.claim.as_str(), mapping.expression.as_str()) {
        ("", "") => {
            if needed {
                problems.required(field, "claim or expression is required");
            }
            None
        }
        ("", expression) => {
            if let Some(prefix) = &mapping.prefix {
                let why = "may not be specified when expression is set";
                problems.invalid(&format!("{field}.prefix"), prefix, why);
            }
            let expression = compile(&format!("{field}.expression"), expression, problems)?;
            mapping.prefix.is_none().then_some(Mapped::Expression(expression))
        }
        (claim, "") => {
            if mapping.prefix.is_none() {
                let why = "prefix is required when claim is set. It can be set to an empty string to disable prefixing";
                problems.required(&format!("{field}.prefix"), why);
            }
            Some(Mapped::Claim {
                name: claim.to_owned(),
                prefix: mapping.prefix.clone().unwrap_or_default(),
            })
        }
        _ => {
            problems.invalid(field, "", BOTH);
            None
        }
    }
}

fn uid(field: &str, mapping: &Mapping, problems: &mut Problems) -> Option<Mapped> {
    match (mapping.claim.as_str(), mapping.expression.as_str()) {
        ("", "") => None,
        ("", expression) => {
            compile(&format!("{field}.expression"), expression, problems).map(Mapped::Expression)
        }
        (claim, "") => Some(Mapped::Claim {
            name: claim.to_owned(),
            prefix: String::new(),
        }),
        _ => {
            problems.invalid(field, "", BOTH);
            None
        }
    }
}

fn extra(field: &str, mappings: &[ExtraMapping], problems: &mut Problems) -> Vec<(String, Expression)> {
    let mut checked = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, mapping) in mappings.iter().enumerate() {
        let (key, value) = (
            format!("{field}[{at}].key"),
            format!("{field}[{at}].valueExpression"),
        );
        extra_key::check(&key, &mapping.key, problems);
        if !seen.insert(&mapping.key) {
            problems.duplicate(&key, &mapping.key);
            continue;
        }
        if mapping.value_expression.is_empty() {
            problems.required(&value, "");
            continue;
        }
        if let Some(expression) = compile(&value, &mapping.value_expression, problems) {
            checked.push((mapping.key.clone(), expression));
        }
    }
    checked
}

fn compile(field: &str, source: &str, problems: &mut Problems) -> Option<Expression> {
    match Expression::mapping(source) {
        Ok(expression) => Some(expression),
        Err(why) => {
            problems.invalid(field, source, &why.to_string());
            None
        }
    }
}
