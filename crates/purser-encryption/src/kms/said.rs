//! What somebody else said.

/// The first `most` characters, without what a terminal would obey.
#[must_use]
pub fn said(text: &str, most: usize) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(most)
        .collect()
}
