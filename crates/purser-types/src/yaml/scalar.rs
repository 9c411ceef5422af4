//! How a string is written: which style it can have, and each style's text.
//!
//! Source: `analyze_scalar`, `select_scalar_style` and the writers of `goyaml.v2`'s emitter, which are libyaml's.

use super::resolve::{Resolved, is_base_60_float, resolve};

/// The column after which text folds at the next space.
pub(super) const WIDTH: usize = 80;

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The style of a string in block context; a key can be no literal.
pub(super) fn style(text: &str, is_key: bool) -> Style {
    let analysis = analyze(text);
    if text.contains('\n') {
        return if analysis.literal && !is_key {
            Style::Literal
        } else {
            Style::DoubleQuoted
        };
    }
    if resolve(text) != Resolved::Text || is_base_60_float(text) {
        return Style::DoubleQuoted;
    }
    if analysis.plain {
        Style::Plain
    } else if analysis.single {
        Style::SingleQuoted
    } else {
        Style::DoubleQuoted
    }
}

/// What styles the characters of a string allow.
struct Analysis {
    plain: bool,
    single: bool,
    literal: bool,
}

fn analyze(text: &str) -> Analysis {
    let chars: Vec<char> = text.chars().collect();
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut breaks, mut special, mut break_space, mut space_break) = (false, false, false, false);
    let (mut previous_space, mut previous_break, mut after_blank) = (false, false, true);
    for (index, &c) in chars.iter().enumerate() {
        let next = chars.get(index + 1).copied();
        let before_blank = next.is_none_or(is_blank);
        indicators |= if index == 0 {
            matches!(
                c,
                '#' | ','
                    | '['
                    | ']'
                    | '{'
                    | '}'
                    | '&'
                    | '*'
                    | '!'
                    | '|'
                    | '>'
                    | '\''
                    | '"'
                    | '%'
                    | '@'
                    | '`'
            ) || (matches!(c, '?' | ':' | '-') && before_blank)
        } else {
            (c == ':' && before_blank) || (c == '#' && after_blank)
        };
        special |= !is_printable(c);
        if c == ' ' {
            break_space |= previous_break;
        } else if is_break(c) {
            breaks = true;
            space_break |= previous_space;
        }
        (previous_space, previous_break) = (c == ' ', is_break(c));
        after_blank = is_blank(c);
    }
    let edge = |c: Option<&char>| c.is_some_and(|&c| c == ' ' || is_break(c));
    let bare_edges = !edge(chars.first()) && !edge(chars.last());
    let clean = !space_break && !special;
    Analysis {
        plain: !text.is_empty() && bare_edges && !break_space && clean && !breaks && !indicators,
        single: !break_space && clean,
        literal: !text.is_empty() && chars.last() != Some(&' ') && clean,
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t' || is_break(c)
}

/// Whether the emitter writes a character as it is. Characters beyond U+FFFF it escapes.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// Appends a plain or single quoted string. Where `folds`, single spaces beyond [`WIDTH`] become line breaks.
pub(super) fn write_flow(text: &str, quoted: bool, folds: bool, indent: usize, out: &mut String) {
    if quoted {
        out.push('\'');
    }
    let mut line = Line::at_end_of(out);
    let mut after_space = false;
    let mut chars = text.chars().enumerate().peekable();
    let last = text.chars().count().saturating_sub(1);
    while let Some((index, c)) = chars.next() {
        if c == ' ' {
            let inside = !quoted || (index > 0 && index < last);
            let single = chars.peek().is_none_or(|(_, next)| *next != ' ');
            if folds && !after_space && line.column > WIDTH && inside && single {
                line.fold(indent, out);
            } else {
                line.push(c, out);
            }
            after_space = true;
        } else {
            if quoted && c == '\'' {
                line.push('\'', out);
            }
            line.push(c, out);
            after_space = false;
        }
    }
    if quoted {
        out.push('\'');
    }
}

/// Appends a double quoted string.
pub(super) fn write_double_quoted(text: &str, folds: bool, indent: usize, out: &mut String) {
    out.push('"');
    let mut line = Line::at_end_of(out);
    let mut after_space = false;
    let last = text.chars().count().saturating_sub(1);
    let mut chars = text.chars().enumerate().peekable();
    while let Some((index, c)) = chars.next() {
        if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
            for c in escape(c).chars() {
                line.push(c, out);
            }
            after_space = false;
        } else if c == ' ' {
            if folds && !after_space && line.column > WIDTH && index > 0 && index < last {
                line.fold(indent, out);
                if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                    line.push('\\', out);
                }
            } else {
                line.push(c, out);
            }
            after_space = true;
        } else {
            line.push(c, out);
            after_space = false;
        }
    }
    out.push('"');
}

fn escape(c: char) -> String {
    match c {
        '\0' => "\\0".to_owned(),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\u{1b}' => "\\e".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{a0}' => "\\_".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        c if u32::from(c) <= 0xff => format!("\\x{:02X}", u32::from(c)),
        c if u32::from(c) <= 0xffff => format!("\\u{:04X}", u32::from(c)),
        c => format!("\\U{:08X}", u32::from(c)),
    }
}

/// Appends a literal block whose lines are indented by `indent`.
pub(super) fn write_literal(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let mut ends = text.chars().rev();
    match (ends.next(), ends.next()) {
        (Some(last), _) if !is_break(last) => out.push('-'),
        (_, None) => out.push('+'),
        (_, Some(before)) if is_break(before) => out.push('+'),
        _ => {}
    }
    out.push('\n');
    for line in text.split_inclusive('\n') {
        if line != "\n" {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str(line);
    }
    if text.ends_with('\n') {
        // What follows starts its own line.
        out.pop();
    }
}

/// The line being written.
struct Line {
    column: usize,
}

impl Line {
    fn at_end_of(out: &str) -> Self {
        Self {
            column: out.chars().rev().take_while(|&c| c != '\n').count(),
        }
    }

    fn push(&mut self, c: char, out: &mut String) {
        out.push(c);
        self.column += 1;
    }

    fn fold(&mut self, indent: usize, out: &mut String) {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }
}
