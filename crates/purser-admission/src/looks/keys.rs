//! Which keys say that their value is a credential.

/// Words that say so.
const TELLING: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "clientsecret",
    "authtoken",
    "credential",
    "credentials",
    "signingkey",
    "encryptionkey",
    "masterkey",
];
/// Two words that say so together.
const PAIRS: &[(&str, &str)] = &[
    ("api", "key"),
    ("access", "key"),
    ("private", "key"),
    ("secret", "key"),
    ("signing", "key"),
    ("encryption", "key"),
    ("master", "key"),
    ("account", "key"),
    ("auth", "key"),
];
/// Words that say that the value is about a credential, or what a reader may see.
const HARMLESS: &[&str] = &[
    "existing",
    "file",
    "path",
    "dir",
    "name",
    "names",
    "ref",
    "id",
    "arn",
    "url",
    "uri",
    "endpoint",
    "host",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "lifetime",
    "length",
    "size",
    "type",
    "algorithm",
    "alg",
    "policy",
    "count",
    "max",
    "min",
    "hash",
    "checksum",
    "digest",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "fingerprint",
    "public",
    "issuer",
    "audience",
    "header",
    "prefix",
    "suffix",
    "version",
    "enabled",
    "namespace",
    "mount",
    "store",
    "provider",
    "env",
    "var",
    "regex",
    "pattern",
    "template",
    "limit",
    "limits",
    "budget",
    "tokens",
    "tokenizer",
    "usage",
    "help",
    "hint",
    "label",
    "placeholder",
    "description",
    "date",
    "time",
    "timestamp",
    "annotation",
];

/// Whether what is kept under `key` is, by its name, a credential.
pub(super) fn is_telling(key: &str) -> bool {
    const KEY_MAX: usize = 128;
    if key.len() > KEY_MAX {
        return false;
    }
    let words = words(key);
    if words.iter().any(|word| HARMLESS.contains(&word.as_str())) {
        return false;
    }
    let pair = |(first, second): &(&str, &str)| {
        words
            .windows(2)
            .any(|two| two.iter().map(String::as_str).eq([*first, *second]))
    };
    words.iter().any(|word| TELLING.contains(&word.as_str())) || PAIRS.iter().any(pair)
}

/// The words of a key, in lower case: `DB_apiKey` is `db`, `api`, `key`.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in key.chars() {
        if !c.is_ascii_alphanumeric() {
            words.push(String::new());
            lower_before = false;
            continue;
        }
        if c.is_ascii_uppercase() && lower_before {
            words.push(String::new());
        }
        lower_before = c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_word_by_word() {
        for key in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "api-key",
            "apiKey",
            "AWS_SECRET_ACCESS_KEY",
            "auth.token",
        ] {
            assert!(is_telling(key), "{key}");
        }
        for key in [
            "secretName",
            "TOKEN_TTL",
            "password-file",
            "keyboard",
            "tokenizer",
            "max_tokens",
            "publicKey",
            "monkey",
        ] {
            assert!(!is_telling(key), "{key}");
        }
    }
}
