//! The tokens of a text.
//!
//! Source: the CEL specification, langdef.md, "Syntax".

use crate::issue::Issue;
use crate::literal::{self, Chars};
use crate::token::Token;

/// Longest first.
const MARKS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "-", "+", "*", "/", "%", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}",
];

/// A token and the character where it starts.
pub(crate) type Placed = (Token, usize);

/// The tokens of a text, the last of them [`Token::End`].
pub(crate) fn tokens(source: &[char]) -> Result<Vec<Placed>, Issue> {
    let mut lexer = Lexer { source, at: 0 };
    let mut found = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let token = lexer.token()?;
        let last = token == Token::End;
        found.push((token, start));
        if last {
            return Ok(found);
        }
    }
}

struct Lexer<'a> {
    source: &'a [char],
    at: usize,
}

impl Chars for Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at.saturating_add(ahead)).copied()
    }

    fn take(&mut self) -> Option<char> {
        let char = self.peek(0)?;
        self.at += 1;
        Some(char)
    }

    fn place(&self) -> usize {
        self.at
    }
}

impl Lexer<'_> {
    fn starts_with(&self, mark: &str) -> bool {
        mark.chars()
            .enumerate()
            .all(|(ahead, char)| self.peek(ahead) == Some(char))
    }

    fn take_while(&mut self, holds: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(char) = self.peek(0).filter(|char| holds(*char)) {
            taken.push(char);
            self.at += 1;
        }
        taken
    }

    fn skip_space(&mut self) {
        loop {
            self.take_while(|char| matches!(char, ' ' | '\t' | '\r' | '\n' | '\u{c}'));
            if !self.starts_with("//") {
                return;
            }
            self.take_while(|char| char != '\n');
        }
    }

    fn token(&mut self) -> Result<Token, Issue> {
        let Some(first) = self.peek(0) else {
            return Ok(Token::End);
        };
        if first.is_ascii_digit() || (first == '.' && self.peek(1).is_some_and(|next| next.is_ascii_digit()))
        {
            return self.number();
        }
        if let Some(quoted) = literal::quoted(self)? {
            return Ok(quoted);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take_while(|char| char.is_ascii_alphanumeric() || char == '_');
            return Ok(Token::Ident(name.into()));
        }
        match MARKS.iter().find(|mark| self.starts_with(mark)) {
            Some(mark) => {
                self.at += mark.len();
                Ok(Token::Mark(mark))
            }
            None => Err(Issue::syntax(
                self.at,
                format_args!("token recognition error at: '{first}'"),
            )),
        }
    }

    fn number(&mut self) -> Result<Token, Issue> {
        let start = self.at;
        if self.starts_with("0x") && self.peek(2).is_some_and(|digit| digit.is_ascii_hexdigit()) {
            self.at += 2;
            let digits = self.take_while(|char| char.is_ascii_hexdigit());
            return self.whole(u64::from_str_radix(&digits, 16).ok(), start);
        }
        let mut digits = self.take_while(|char| char.is_ascii_digit());
        let fraction = self.peek(0) == Some('.') && self.peek(1).is_some_and(|digit| digit.is_ascii_digit());
        if fraction {
            self.at += 1;
            digits.push('.');
            digits.push_str(&self.take_while(|char| char.is_ascii_digit()));
        }
        let exponent = self.exponent();
        if !fraction && exponent.is_empty() {
            return self.whole(digits.parse().ok(), start);
        }
        digits.push_str(&exponent);
        match digits.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => Ok(Token::Double(number)),
            None => Err(Issue::new(start, "invalid double literal")),
        }
    }

    fn exponent(&mut self) -> String {
        let sign = usize::from(matches!(self.peek(1), Some('+' | '-')));
        let is_one = matches!(self.peek(0), Some('e' | 'E'))
            && self.peek(1 + sign).is_some_and(|digit| digit.is_ascii_digit());
        if !is_one {
            return String::new();
        }
        let mut exponent: String = self.source.iter().skip(self.at).take(1 + sign).collect();
        self.at += 1 + sign;
        exponent.push_str(&self.take_while(|char| char.is_ascii_digit()));
        exponent
    }

    fn whole(&mut self, number: Option<u64>, start: usize) -> Result<Token, Issue> {
        let unsigned = matches!(self.peek(0), Some('u' | 'U'));
        if unsigned {
            self.at += 1;
        }
        match number {
            Some(number) if unsigned => Ok(Token::Uint(number)),
            Some(number) if number <= i64::MAX.unsigned_abs() + 1 => Ok(Token::Int(number)),
            _ if unsigned => Err(Issue::new(start, "invalid uint literal")),
            _ => Err(Issue::new(start, "invalid int literal")),
        }
    }
}
