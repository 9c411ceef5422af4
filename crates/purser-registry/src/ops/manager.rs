//! Under which name a write is recorded in `metadata.managedFields`.

use crate::options::WriteOptions;
use crate::validate::MANAGER_MAX;

/// What a writer without any name is called.
const UNKNOWN: &str = "unknown";

/// The `fieldManager` that was asked for, or the user agent up to its first slash.
///
/// Source: `managerOrUserAgent` in `k8s.io/apiserver/pkg/endpoints/handlers/create.go`.
#[must_use]
pub fn manager(options: &WriteOptions) -> String {
    if !options.field_manager.is_empty() {
        return options.field_manager.clone();
    }
    let agent = options.user_agent.split('/').next().unwrap_or_default();
    let mut name = String::new();
    for letter in agent.chars().filter(|letter| !letter.is_control()) {
        if name.len() + letter.len_utf8() > MANAGER_MAX {
            break;
        }
        name.push(letter);
    }
    if name.is_empty() { UNKNOWN.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_stands_in_for_a_manager() {
        let of = |field_manager: &str, user_agent: &str| {
            let (field_manager, user_agent) = (field_manager.to_owned(), user_agent.to_owned());
            manager(&WriteOptions {
                field_manager,
                user_agent,
                ..WriteOptions::default()
            })
        };
        assert_eq!(of("me", "kubectl/v1"), "me");
        assert_eq!(of("", "kubectl/v1.36 (linux)"), "kubectl");
        assert_eq!(of("", ""), "unknown");
        assert_eq!(of("", &"x".repeat(200)).len(), MANAGER_MAX);
    }
}
