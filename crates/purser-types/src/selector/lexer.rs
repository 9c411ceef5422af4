//! Tokens of a label selector.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
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
            Some(_) => self.special().unwrap_or_else(|| {
                let word = self.take(|c| !is_special(c) && !matches!(c, ' ' | '\t' | '\r' | '\n' | '\0'));
                (keyword(word).unwrap_or(Token::Identifier), word.to_owned())
            }),
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// The longest operator that the text starts with: each special character is one, and a few pairs are.
    fn special(&mut self) -> Option<(Token, String)> {
        [2, 1].into_iter().find_map(|length| {
            let (literal, rest) = self.rest.split_at_checked(length)?;
            let token = keyword(literal).filter(|_| literal.starts_with(is_special))?;
            self.rest = rest;
            Some((token, literal.to_owned()))
        })
    }
}

fn is_special(c: char) -> bool {
    matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}
