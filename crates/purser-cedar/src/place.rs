//! Places in files, and how a problem with one reads.

use std::fmt;
use std::ops::Range;

/// How many characters of a line are shown.
const EXCERPT_MAX: usize = 160;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// From 1; 0: the file as a whole.
    pub line: usize,
    /// From 1, in characters; 0: the file as a whole.
    pub column: usize,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
    /// What to do about it; empty when there is no telling.
    pub help: String,
    /// The line of it and how many characters are meant, to be shown; `None` for the file as a whole.
    excerpt: Option<(String, usize)>,
}

impl Place {
    /// The file as a whole.
    #[must_use]
    pub fn whole(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
        }
    }

    /// The place of a byte of `text`.
    #[must_use]
    pub fn of(file: &str, text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let begins = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(begins..).unwrap_or_default().chars().count() + 1,
        }
    }
}

impl Problem {
    /// A problem with a file as a whole.
    #[must_use]
    pub fn with_file(file: &str, message: impl Into<String>) -> Self {
        Self::placed(&Place::whole(file), message)
    }

    /// A problem at a place of which nothing is shown.
    #[must_use]
    pub fn placed(place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            message: message.into(),
            help: String::new(),
            excerpt: None,
        }
    }

    /// A problem with some bytes of `text`.
    #[must_use]
    pub fn at(file: &str, text: &str, bytes: Range<usize>, message: impl Into<String>) -> Self {
        let place = Place::of(file, text, bytes.start);
        let line = text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
        let meant = text.get(bytes).unwrap_or_default();
        let meant = meant.lines().next().unwrap_or_default().chars().count();
        Self {
            excerpt: Some((line.to_owned(), meant.max(1))),
            place,
            message: message.into(),
            help: String::new(),
        }
    }

    /// The same, saying what to do about it.
    #[must_use]
    pub fn helped(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some((line, meant)) = &self.excerpt {
            let number = self.place.line.to_string();
            let gap = " ".repeat(number.len());
            let (shown, column) = window(line, self.place.column);
            let under = " ".repeat(column.saturating_sub(1));
            let room = shown.chars().count().saturating_sub(column.saturating_sub(1));
            let mark = "^".repeat((*meant).min(room).max(1));
            write!(f, "\n {gap} |\n {number} | {shown}\n {gap} | {under}{mark}")?;
        }
        if !self.help.is_empty() {
            write!(f, "\n   = help: {}", self.help)?;
        }
        Ok(())
    }
}

/// What is shown of a line, and the column of the place in that. Tabs are one column wide, like everything.
fn window(line: &str, column: usize) -> (String, usize) {
    let line: Vec<char> = line
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    let from = match line.len() > EXCERPT_MAX {
        true => column.saturating_sub(EXCERPT_MAX / 2),
        false => 0,
    };
    let shown = line.iter().skip(from).take(EXCERPT_MAX).collect();
    (shown, column - from.min(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_line() {
        let text = "permit (\n  principal,\n  akshun);\n";
        let at = text.find("akshun").unwrap();
        let problem = Problem::at("a.cedar", text, at..at + 6, "no such word").helped("say action");
        let expected =
            "a.cedar:3:3: no such word\n   |\n 3 |   akshun);\n   |   ^^^^^^\n   = help: say action";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn a_long_line_is_shown_around_its_place() {
        let text = format!("{}x{}", "é".repeat(1_000), "-".repeat(1_000));
        let problem = Problem::at("a", &text, 2_000..2_001, "here").to_string();
        assert!(problem.starts_with("a:1:1001: here"), "{problem}");
        assert!(
            problem.lines().all(|line| line.chars().count() < 200),
            "{problem}"
        );
        let lines: Vec<&str> = problem.lines().collect();
        let marked = lines[3].chars().position(|char| char == '^');
        assert_eq!(marked, lines[2].chars().position(|char| char == 'x'));
    }

    #[test]
    fn places_outside_the_text_are_no_trouble() {
        for bytes in [5..9, 1..2, 0..0] {
            Problem::at("a", "é", bytes, "x").to_string();
        }
    }
}
