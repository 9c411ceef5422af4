//! What is said about a file that was not understood, without the keys that may stand where a name should.

use purser_types::configuration::ConfigurationError;

use super::keys::REDACTED;

/// The fewest characters of a key: 16 bytes in base64 have 22 besides what fills them up.
const SHORTEST: usize = 22;

/// Unknown and repeated fields are named by what stands in the file, which is a key when somebody left a space out:
/// `{name: a, secret:c2Vj…}` has a field of that name.
pub(super) fn without_keys(error: ConfigurationError) -> ConfigurationError {
    match error {
        ConfigurationError::Strict(said) => ConfigurationError::Strict(without(&said)),
        other => other,
    }
}

/// Puts something else in place of whatever may be a key.
fn without(said: &str) -> String {
    let mut out = String::with_capacity(said.len());
    let mut rest = said;
    while !rest.is_empty() {
        let end = rest.find(|c| !of_a_key(c)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        out.push_str(if run.len() < SHORTEST { run } else { REDACTED });
        let mut between = behind.chars();
        out.extend(between.next());
        rest = between.as_str();
    }
    out
}

/// Characters of base64, in both alphabets.
fn of_a_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '-' | '_' | '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_and_keys_go() {
        for (said, without_it) in [
            ("", ""),
            (r#"unknown field "a[0].nope""#, r#"unknown field "a[0].nope""#),
            (
                r#"field "a[0].secret:AAECAwQFBgcICQoLDA0ODw==""#,
                r#"field "a[0].secret:REDACTED""#,
            ),
            ("key \"AAECAwQFBgcICQoLDA0ODw\" is", "key \"REDACTED\" is"),
            ("é AAECAwQFBgcICQoLDA0ODw+/ é", "é REDACTED é"),
        ] {
            assert_eq!(without(said), without_it);
        }
    }
}
