//! Tokens whose issuers gave them a shape of their own.
//!
//! Sources: the issuers' documentation of their formats, as secret scanners collect it (the rules of gitleaks).

use super::jwt;

/// Which characters follow a prefix.
#[derive(Clone, Copy)]
enum Alphabet {
    /// `[0-9a-f]`
    Hex,
    /// `[A-Za-z0-9]`
    Alphanumeric,
    /// `[A-Za-z0-9_-]`
    Url,
    /// `[A-Za-z0-9_.-]`
    Dotted,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
        }
    }
}

struct Shape {
    prefix: &'static str,
    /// Fewest and most characters after the prefix.
    length: std::ops::RangeInclusive<usize>,
    alphabet: Alphabet,
    what: &'static str,
}

const fn shape(
    prefix: &'static str,
    min: usize,
    max: usize,
    alphabet: Alphabet,
    what: &'static str,
) -> Shape {
    Shape {
        prefix,
        length: min..=max,
        alphabet,
        what,
    }
}

/// No token is longer.
const LONG: usize = 1024;
const AWS: &str = "an AWS access key";
const GITHUB: &str = "a GitHub token";
const GITLAB: &str = "a GitLab token";
const SLACK: &str = "a Slack token";
const STRIPE: &str = "a Stripe key";
const VAULT: &str = "a Vault token";

const SHAPES: &[Shape] = &[
    shape("AKIA", 16, 16, Alphabet::Alphanumeric, AWS),
    shape("ASIA", 16, 16, Alphabet::Alphanumeric, AWS),
    shape("ghp_", 36, 255, Alphabet::Alphanumeric, GITHUB),
    shape("gho_", 36, 255, Alphabet::Alphanumeric, GITHUB),
    shape("ghu_", 36, 255, Alphabet::Alphanumeric, GITHUB),
    shape("ghs_", 36, 255, Alphabet::Dotted, GITHUB),
    shape("ghr_", 36, 255, Alphabet::Alphanumeric, GITHUB),
    shape("github_pat_", 36, 255, Alphabet::Url, GITHUB),
    shape("glpat-", 20, 300, Alphabet::Dotted, GITLAB),
    shape("gldt-", 20, 300, Alphabet::Url, GITLAB),
    shape("glrt-", 20, 300, Alphabet::Dotted, GITLAB),
    shape("glptt-", 40, 40, Alphabet::Hex, GITLAB),
    shape("glcbt-", 20, 300, Alphabet::Url, GITLAB),
    shape("glsoat-", 20, 300, Alphabet::Url, GITLAB),
    shape("xoxb-", 20, LONG, Alphabet::Url, SLACK),
    shape("xoxp-", 20, LONG, Alphabet::Url, SLACK),
    shape("xoxa-", 20, LONG, Alphabet::Url, SLACK),
    shape("xoxr-", 20, LONG, Alphabet::Url, SLACK),
    shape("xoxs-", 20, LONG, Alphabet::Url, SLACK),
    shape("xoxe-", 20, LONG, Alphabet::Url, SLACK),
    shape("xoxe.xoxp-", 20, LONG, Alphabet::Url, SLACK),
    shape("xapp-", 20, LONG, Alphabet::Url, SLACK),
    shape("AIza", 35, 35, Alphabet::Url, "a Google API key"),
    shape("GOCSPX-", 28, 28, Alphabet::Url, "a Google OAuth client secret"),
    shape("ya29.", 30, LONG, Alphabet::Dotted, "a Google OAuth token"),
    shape("sk_live_", 16, 255, Alphabet::Alphanumeric, STRIPE),
    shape("sk_test_", 16, 255, Alphabet::Alphanumeric, STRIPE),
    shape("rk_live_", 16, 255, Alphabet::Alphanumeric, STRIPE),
    shape("rk_test_", 16, 255, Alphabet::Alphanumeric, STRIPE),
    shape("whsec_", 32, 64, Alphabet::Alphanumeric, STRIPE),
    shape("npm_", 36, 36, Alphabet::Alphanumeric, "an npm token"),
    shape("pypi-AgE", 50, LONG, Alphabet::Url, "a PyPI token"),
    shape(
        "AGE-SECRET-KEY-1",
        58,
        58,
        Alphabet::Alphanumeric,
        "an age secret key",
    ),
    shape("hvs.", 24, 300, Alphabet::Url, VAULT),
    shape("hvb.", 24, 300, Alphabet::Url, VAULT),
    shape("hvr.", 24, 300, Alphabet::Url, VAULT),
    shape("dop_v1_", 64, 64, Alphabet::Hex, "a DigitalOcean token"),
    shape("SG.", 60, 80, Alphabet::Dotted, "a SendGrid key"),
    shape("dckr_pat_", 20, 64, Alphabet::Url, "a Docker Hub token"),
    shape("hf_", 34, 40, Alphabet::Alphanumeric, "a Hugging Face token"),
    shape("sk-ant-", 32, 255, Alphabet::Url, "an Anthropic key"),
    shape("sk-proj-", 32, 255, Alphabet::Url, "an OpenAI key"),
    shape("shpat_", 32, 32, Alphabet::Hex, "a Shopify token"),
    shape("dapi", 32, 34, Alphabet::Hex, "a Databricks token"),
];

/// The first token in `line` by its shape.
pub(super) fn token(line: &str) -> Option<&'static str> {
    words(line).find_map(|word| {
        let shape = SHAPES.iter().find(|shape| is_shaped(word, shape));
        shape
            .map(|shape| shape.what)
            .or_else(|| jwt::is_jwt(word).then_some("a JSON Web Token"))
    })
}

/// Runs of characters that tokens are made of.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .filter(|word| word.len() > 16)
}

fn is_shaped(word: &str, shape: &Shape) -> bool {
    let Some(tail) = word.strip_prefix(shape.prefix) else {
        return false;
    };
    let tail = tail.trim_end_matches(['.', '-']);
    shape.length.contains(&tail.len()) && tail.bytes().all(|byte| shape.alphabet.has(byte)) && varied(tail)
}

/// Examples in documentation repeat themselves (`ghp_xxxxxxxx…`).
fn varied(tail: &str) -> bool {
    const DIFFERENT_MIN: usize = 6;
    let mut seen = [false; 256];
    for byte in tail.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    seen.iter().filter(|slot| **slot).count() >= DIFFERENT_MIN
}
