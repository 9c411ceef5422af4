//! Label selectors: `a=b,c in (d,e),!f,g>3`.

use super::lexer::{Token, tokens};
use super::{SelectorError, check_length};
use crate::names::{label_value, qualified_name};
use crate::quote::quote;

/// Which objects are meant, by their labels. All requirements have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

/// What is asked of a label. Values are sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads a selector; an empty one selects everything.
    ///
    /// # Errors
    /// With upstream's sentence.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        check_length(text)?;
        let mut requirements = Parser {
            tokens: tokens(text),
            position: 0,
        }
        .selector()?;
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { requirements })
    }

    /// Whether an object whose labels `label` looks up is meant.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.test.holds(label(&requirement.key)))
    }

    /// Whether it selects every object.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// What is asked of which label: the key, the operator as the API writes it, and the values, by key. Comparisons
    /// of numbers are none of the API's and left out.
    pub fn written(&self) -> impl Iterator<Item = (&str, &'static str, &[String])> {
        self.requirements.iter().filter_map(|requirement| {
            let (operator, values) = match &requirement.test {
                Test::Exists => ("Exists", &[][..]),
                Test::Missing => ("DoesNotExist", &[][..]),
                Test::In(values) => ("In", values.as_slice()),
                Test::NotIn(values) => ("NotIn", values.as_slice()),
                Test::Greater(_) | Test::Less(_) => return None,
            };
            Some((requirement.key.as_str(), operator, values))
        })
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::In(values) => value.is_some_and(|value| has(values, value)),
            Self::NotIn(values) => !value.is_some_and(|value| has(values, value)),
            Self::Greater(least) => number().is_some_and(|number| number > *least),
            Self::Less(most) => number().is_some_and(|number| number < *most),
        }
    }
}

fn has(sorted: &[String], value: &str) -> bool {
    sorted.binary_search_by(|one| one.as_str().cmp(value)).is_ok()
}

/// The operators as upstream lists them.
const BINARY: &str = "in, notin, =, ==, !=, gt, lt";

struct Parser {
    tokens: Vec<(Token, String)>,
    position: usize,
}

impl Parser {
    /// The next token where a key or a value may stand: `in` and `notin` are names there.
    fn look(&self) -> (Token, &str) {
        match self.tokens.get(self.position) {
            Some((Token::In | Token::NotIn, literal)) => (Token::Identifier, literal),
            Some((token, literal)) => (*token, literal),
            None => (Token::End, ""),
        }
    }

    fn take(&mut self) -> (Token, String) {
        let (token, literal) = self.look();
        let taken = (token, literal.to_owned());
        self.position += 1;
        taken
    }

    fn selector(&mut self) -> Result<Vec<Requirement>, SelectorError> {
        let mut requirements = Vec::new();
        loop {
            match self.look() {
                (Token::Identifier | Token::Not, _) => {}
                (Token::End, _) => return Ok(requirements),
                (_, literal) => {
                    return Err(expected(literal, "!, identifier, or 'end of string'"));
                }
            }
            let requirement = self.requirement();
            requirements.push(
                requirement
                    .map_err(|error| SelectorError::new(format!("unable to parse requirement: {error}")))?,
            );
            match self.take() {
                (Token::End, _) => return Ok(requirements),
                (Token::Comma, _) => match self.look() {
                    (Token::Identifier | Token::Not, _) => {}
                    (_, literal) => return Err(expected(literal, "identifier after ','")),
                },
                (_, literal) => return Err(expected(&literal, "',' or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let (mut token, mut key) = self.take();
        let negated = token == Token::Not;
        if negated {
            (token, key) = self.take();
        }
        if token != Token::Identifier {
            return Err(expected(&key, "identifier"));
        }
        check(None, &key, &qualified_name(&key))?;
        if negated {
            return Ok(Requirement {
                key,
                test: Test::Missing,
            });
        }
        if matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(Requirement {
                key,
                test: Test::Exists,
            });
        }
        let operator = self.operator()?;
        let mut values = match operator {
            Token::In | Token::NotIn => self.values()?,
            _ => vec![self.exact()?],
        };
        values.sort();
        values.dedup();
        test(operator, &key, values).map(|test| Requirement { key, test })
    }

    fn operator(&mut self) -> Result<Token, SelectorError> {
        let (token, literal) = self
            .tokens
            .get(self.position)
            .cloned()
            .unwrap_or((Token::End, String::new()));
        self.position += 1;
        match token {
            Token::In
            | Token::NotIn
            | Token::Equals
            | Token::DoubleEquals
            | Token::NotEquals
            | Token::Greater
            | Token::Less => Ok(token),
            _ => Err(expected(&literal, BINARY)),
        }
    }

    /// `(a,b)`; empty places are empty values.
    fn values(&mut self) -> Result<Vec<String>, SelectorError> {
        let (token, literal) = self.take();
        if token != Token::Open {
            return Err(SelectorError::new(format!("found '{literal}' expected: '('")));
        }
        match self.look() {
            (Token::Identifier | Token::Comma, _) => {}
            (Token::Close, _) => {
                self.position += 1;
                return Ok(vec![String::new()]);
            }
            (_, literal) => return Err(expected(literal, "',', ')' or identifier")),
        }
        let values = self.identifiers()?;
        self.position += 1;
        Ok(values)
    }

    /// Up to, not including, the closing parenthesis.
    fn identifiers(&mut self) -> Result<Vec<String>, SelectorError> {
        let mut values = Vec::new();
        loop {
            match self.take() {
                (Token::Identifier, literal) => {
                    values.push(literal);
                    match self.look() {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => return Ok(values),
                        (_, literal) => return Err(expected(literal, "',' or ')'")),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    match self.look().0 {
                        Token::Close => {
                            values.push(String::new());
                            return Ok(values);
                        }
                        Token::Comma => {
                            self.position += 1;
                            values.push(String::new());
                        }
                        _ => {}
                    }
                }
                (_, literal) => return Err(expected(&literal, "',', or identifier")),
            }
        }
    }

    fn exact(&mut self) -> Result<String, SelectorError> {
        if matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.take() {
            (Token::Identifier, literal) => Ok(literal),
            (_, literal) => Err(expected(&literal, "identifier")),
        }
    }
}

fn test(operator: Token, key: &str, values: Vec<String>) -> Result<Test, SelectorError> {
    let mut problems = Vec::new();
    let number = match (operator, values.as_slice()) {
        (Token::Greater | Token::Less, [value]) => value.parse::<i64>().ok().or_else(|| {
            problems.push(format!(
                "values[0]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
                quote(value)
            ));
            None
        }),
        _ => None,
    };
    for (index, value) in values.iter().enumerate() {
        let errors = label_value(value);
        if !errors.is_empty() {
            problems.push(format!(
                "values[{index}][{key}]: Invalid value: {}: {}",
                quote(value),
                errors.join("; ")
            ));
        }
    }
    match problems.as_slice() {
        [] => {}
        [one] => return Err(SelectorError::new(one.clone())),
        many => return Err(SelectorError::new(format!("[{}]", many.join(", ")))),
    }
    Ok(match (operator, number) {
        (Token::Greater, Some(number)) => Test::Greater(number),
        (Token::Less, Some(number)) => Test::Less(number),
        (Token::NotIn | Token::NotEquals, _) => Test::NotIn(values),
        _ => Test::In(values),
    })
}

fn expected(found: &str, wanted: &str) -> SelectorError {
    SelectorError::new(format!("found '{found}', expected: {wanted}"))
}

/// A `field.Error`, whose path is `<nil>` where upstream has none.
fn check(path: Option<&str>, value: &str, errors: &[String]) -> Result<(), SelectorError> {
    if errors.is_empty() {
        return Ok(());
    }
    let path = path.unwrap_or("<nil>");
    Err(SelectorError::new(format!(
        "{path}: Invalid value: {}: {}",
        quote(value),
        errors.join("; ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selector: &str, labels: &[(&str, &str)]) -> bool {
        let find = |key: &str| {
            labels
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value)
        };
        LabelSelector::parse(selector).unwrap().matches(find)
    }

    fn error(selector: &str) -> String {
        LabelSelector::parse(selector).unwrap_err().to_string()
    }

    #[test]
    fn each_operator_selects_what_it_says() {
        let labels = [("a", "1"), ("b", "x"), ("e", ""), ("instance", "int")];
        for yes in [
            "",
            "a",
            "!c",
            "a=1",
            "a==1",
            "a!=2",
            "c!=2",
            "a in (1,2)",
            "a notin (3)",
            "c notin (3)",
            "a>0",
            "a<2",
            "a,b,!c",
            " a = 1 , b in ( x ) ",
            "e=",
            "e",
            "e in ()",
            "e in (,x)",
            "a in (in,1,notin)",
            "e in (x,,y)",
            "instance=int,instance in(int)",
        ] {
            assert!(selects(yes, &labels), "{yes}");
        }
        for no in [
            "c",
            "!a",
            "a=2",
            "a!=1",
            "c=1",
            "a in (2)",
            "c in (1)",
            "a notin (1)",
            "a>1",
            "b>0",
            "c>0",
            "a,c",
        ] {
            assert!(!selects(no, &labels), "{no}");
        }
        assert!(LabelSelector::parse("").unwrap().is_everything());
        assert!(!LabelSelector::parse("a").unwrap().is_everything());
    }

    #[test]
    fn mistakes_read_as_upstream() {
        let requirement = |rest: &str| format!("unable to parse requirement: {rest}");
        assert_eq!(
            error("=="),
            "found '==', expected: !, identifier, or 'end of string'"
        );
        assert_eq!(
            error("="),
            "found '=', expected: !, identifier, or 'end of string'"
        );
        assert_eq!(
            error("a in ("),
            requirement("found '', expected: ',', ')' or identifier")
        );
        assert_eq!(error("a,"), "found '', expected: identifier after ','");
        assert_eq!(error("a=b c"), "found 'c', expected: ',' or 'end of string'");
        assert_eq!(
            error("a b"),
            requirement("found 'b', expected: in, notin, =, ==, !=, gt, lt")
        );
        assert_eq!(error("a in b"), requirement("found 'b' expected: '('"));
        assert_eq!(error("a in (b"), requirement("found '', expected: ',' or ')'"));
        assert_eq!(error("!"), requirement("found '', expected: identifier"));
        assert_eq!(error("!a=b"), "found '=', expected: ',' or 'end of string'");
        assert!(
            error("a*b")
                .starts_with("unable to parse requirement: <nil>: Invalid value: \"a*b\": name part must")
        );
        assert!(
            error("a=b*").starts_with(
                "unable to parse requirement: values[0][a]: Invalid value: \"b*\": a valid label"
            )
        );
        assert_eq!(
            error("a>x"),
            requirement(
                "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"
            )
        );
        assert!(LabelSelector::parse(&"a".repeat(crate::selector::MAX_SELECTOR + 1)).is_err());
    }

    #[test]
    fn a_long_run_of_operators_is_read_in_one_pass() {
        let begun = std::time::Instant::now();
        let run = "(".repeat(crate::selector::MAX_SELECTOR);
        assert_eq!(
            error(&run),
            "found '(', expected: !, identifier, or 'end of string'"
        );
        // A pass for each operator takes a hundred times as long, unoptimised too.
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}
