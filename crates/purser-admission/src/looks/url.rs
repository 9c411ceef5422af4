//! URLs that carry a password.

/// Schemes are short words.
const SCHEME_MAX: usize = 24;

/// `scheme://user:password@host`, the password being one, or a webhook whose path is the secret.
pub(super) fn with_password(line: &str) -> Option<&'static str> {
    line.match_indices("://").find_map(|(at, separator)| {
        let before = line.get(..at).unwrap_or_default();
        let scheme = before.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
        let rest = line.get(at.saturating_add(separator.len())..).unwrap_or_default();
        if !(1..=SCHEME_MAX).contains(&scheme) {
            return None;
        }
        if is_slack_webhook(rest) {
            return Some("a Slack webhook");
        }
        password(rest)
            .filter(|password| !is_placeholder(password))
            .map(|_| "a URL with a password")
    })
}

fn password(rest: &str) -> Option<&str> {
    let end =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | ',' | ')'));
    let authority = end.map_or(Some(rest), |end| rest.get(..end))?;
    let (login, _host) = authority.rsplit_once('@')?;
    let (_user, password) = login.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

fn is_slack_webhook(rest: &str) -> bool {
    const PATH_MIN: usize = 40;
    rest.strip_prefix("hooks.slack.com/services/")
        .is_some_and(|path| {
            path.starts_with('T')
                && path
                    .bytes()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'/')
                    .count()
                    >= PATH_MIN
        })
}

/// What stands for a password in templates and documentation.
pub(super) fn is_placeholder(value: &str) -> bool {
    let opens = value.starts_with(['$', '<', '{', '%', '[']);
    let masked = value
        .bytes()
        .all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_'));
    let told = [
        "password",
        "passwd",
        "pass",
        "changeme",
        "change-me",
        "redacted",
        "example",
        "placeholder",
    ];
    opens || masked || told.iter().any(|word| value.eq_ignore_ascii_case(word))
}
