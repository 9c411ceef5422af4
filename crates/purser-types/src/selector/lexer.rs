//! Tokens of a label selector.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Error,
    End,
    Close,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    Greater,
    Identifier,
    In,
    Less,
    NotEquals,
    NotIn,
    Open,
}

/// The tokens of a text with their literals, `End` the last.
pub(super) fn tokens(text: &str) -> Vec<(Token, String)> {
    let mut lexer = Lexer { rest: text };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        let end = token.0 == Token::End;
        tokens.push(token);
        if end {
            return tokens;
        }
    }
}

fn keyword(literal: &str) -> Option<Token> {
    Some(match literal {
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEquals,
        "=" => Token::Equals,
        ">" => Token::Greater,
        "in" => Token::In,
        "<" => Token::Less,
        "!=" => Token::NotEquals,
        "notin" => Token::NotIn,
        "(" => Token::Open,
        _ => return None,
    })
}

struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> (Token, String) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        match self.rest.chars().next() {
            // Upstream's reader takes a NUL for the end of the text.
            None | Some('\0') => (Token::End, String::new()),
            Some(c) if is_special(c) => self.special(),
            Some(_) => {
                let word = self.take(|c| !is_special(c) && !matches!(c, ' ' | '\t' | '\r' | '\n' | '\0'));
                (keyword(word).unwrap_or(Token::Identifier), word.to_owned())
            }
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// The longest operator that the text starts with. A run of special characters that is none, as `!!`, ends
    /// before the character that broke it, as upstream's reader does.
    fn special(&mut self) -> (Token, String) {
        let run = self.rest.find(|c| !is_special(c)).unwrap_or(self.rest.len());
        let mut last = None;
        for end in 1..=run {
            let literal = self.rest.get(..end).unwrap_or_default();
            match keyword(literal) {
                Some(token) => last = Some((token, end)),
                None if last.is_some() => break,
                None => {}
            }
        }
        let (token, end) = last.unwrap_or((Token::Error, run));
        let (literal, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        if token == Token::Error {
            return (token, format!("error expected: keyword found '{literal}'"));
        }
        (token, literal.to_owned())
    }
}

fn is_special(c: char) -> bool {
    matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}
