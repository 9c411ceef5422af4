//! Field selectors: `metadata.name=a,type!=b`.

use super::{SelectorError, check_length};

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=` or `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The field's path, `metadata.name`. Whether a resource has it is for the resource to say.
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub value: String,
}

/// Which objects are meant, by their fields. All requirements have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector {
    requirements: Vec<FieldRequirement>,
}

impl FieldSelector {
    /// Reads a selector; an empty one selects everything.
    ///
    /// # Errors
    /// With upstream's sentence.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        check_length(text)?;
        let mut requirements = Vec::new();
        for term in terms(text).into_iter().filter(|term| !term.is_empty()) {
            let invalid =
                || SelectorError::new(format!("invalid selector: '{text}'; can't understand '{term}'"));
            let (field, operator, value) = split(term).ok_or_else(invalid)?;
            let value = unescape(value)?;
            requirements.push(FieldRequirement {
                field: field.to_owned(),
                operator,
                value,
            });
        }
        requirements.sort_by(|a, b| a.field.cmp(&b.field));
        Ok(Self { requirements })
    }

    /// The comparisons, by field.
    #[must_use]
    pub fn requirements(&self) -> &[FieldRequirement] {
        &self.requirements
    }

    /// Whether it selects every object.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The value that a field has to have, if there is exactly one.
    #[must_use]
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.requirements
            .iter()
            .find(|requirement| requirement.field == field && requirement.operator == Operator::Equal)
            .map(|requirement| requirement.value.as_str())
    }

    /// Whether an object whose fields `field` looks up is meant; a field that is not there is empty.
    pub fn matches<'a>(&self, field: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let equal = field(&requirement.field).unwrap_or("") == requirement.value;
            equal == (requirement.operator == Operator::Equal)
        })
    }
}

/// The text cut at commas that are not escaped.
fn terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.extend(text.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.extend(text.get(start..));
    terms
}

/// Field, operator and value of a term.
fn split(term: &str) -> Option<(&str, Operator, &str)> {
    term.char_indices().find_map(|(index, _)| {
        let (field, rest) = term.split_at_checked(index)?;
        [
            ("!=", Operator::NotEqual),
            ("==", Operator::Equal),
            ("=", Operator::Equal),
        ]
        .into_iter()
        .find_map(|(sign, operator)| rest.strip_prefix(sign).map(|value| (field, operator, value)))
    })
}

/// Undoes `\\`, `\,` and `\=`; anything else that is special is refused.
fn unescape(value: &str) -> Result<String, SelectorError> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                Some(c) => {
                    return Err(SelectorError::new(format!(
                        "invalid field selector: invalid escape sequence: \\{c}"
                    )));
                }
                None => {
                    return Err(SelectorError::new(
                        "invalid field selector: invalid escape sequence: \\",
                    ));
                }
            },
            // Upstream prints the character's number.
            ',' | '=' => {
                return Err(SelectorError::new(format!(
                    "invalid field selector: unescaped character in value: {}",
                    u32::from(c)
                )));
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_operator_and_escapes() {
        let selector = FieldSelector::parse("metadata.name=a,type!=b\\,c,x==\\=\\\\").unwrap();
        let seen: Vec<_> = selector
            .requirements()
            .iter()
            .map(|r| (r.field.as_str(), r.operator, r.value.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("metadata.name", Operator::Equal, "a"),
                ("type", Operator::NotEqual, "b,c"),
                ("x", Operator::Equal, "=\\"),
            ]
        );
        assert_eq!(selector.exact("metadata.name"), Some("a"));
        assert_eq!(selector.exact("type"), None);
        assert!(FieldSelector::parse("").unwrap().is_everything());
    }

    #[test]
    fn all_requirements_have_to_hold() {
        let selector = FieldSelector::parse("a=1,b!=2").unwrap();
        assert!(selector.matches(|field| (field == "a").then_some("1")));
        assert!(!selector.matches(|field| (field == "a").then_some("2")));
        assert!(!selector.matches(|field| Some(if field == "a" { "1" } else { "2" })));
    }

    #[test]
    fn mistakes_read_as_upstream() {
        let error = |text| FieldSelector::parse(text).unwrap_err().to_string();
        assert_eq!(error("a"), "invalid selector: 'a'; can't understand 'a'");
        assert_eq!(
            error("a=b=c"),
            "invalid field selector: unescaped character in value: 61"
        );
        assert_eq!(
            error("a=\\x"),
            "invalid field selector: invalid escape sequence: \\x"
        );
    }
}
