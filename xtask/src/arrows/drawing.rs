//! The drawing of the arrows: one column a crate, hanging from its own row; a mark where another row is named.

use std::fmt::Write as _;

use super::listed::Listed;

const BEGIN: &str = "<!-- arrows:begin -->";
const END: &str = "<!-- arrows:end -->";

/// Draws the list.
pub(crate) fn draw(listed: &Listed) -> String {
    let widest = listed.names().map(str::len).max().unwrap_or(0);
    let lanes = listed.crates().len() * 2;
    let mut text = String::from("```\n");
    for (row, one) in listed.crates().iter().enumerate() {
        let mut marks = String::new();
        for above in listed.crates().iter().take(row) {
            marks.push_str(if listed.allows(&above.name, &one.name) {
                "● "
            } else if listed.allows_tests(&above.name, &one.name) {
                "○ "
            } else {
                "· "
            });
        }
        marks.push('┐');
        let padding = lanes.saturating_sub(marks.chars().count());
        let _ = writeln!(text, "{:widest$}  {marks}{:padding$}{}", one.name, "", one.job);
    }
    text.push_str("\n● in a crate's row: the crate at the head of that column (┐) may name it; ○: its tests only.\n```\n");
    text
}

/// The document with the drawing between its marks.
///
/// # Errors
///
/// A sentence when the marks are not there, in order, once.
pub(crate) fn renew(document: &str, drawing: &str) -> Result<String, String> {
    let missing = || format!("ARCHITECTURE.md needs a line `{BEGIN}` and below it a line `{END}`");
    let (before, rest) = document.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n{drawing}{END}{after}"))
}
