//! The cursor under the filter and path parsers, and what they say when they stop.

use std::fmt;

/// The longest filter or path that is read, in bytes.
pub const MAX_LENGTH: usize = 65_536;
/// The most comparisons that one filter may have.
pub const MAX_TERMS: usize = 1_024;
/// How deep brackets, parentheses and `not` may nest.
pub const MAX_DEPTH: usize = 50;

/// What stopped a parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Something else stands where the grammar wants this.
    Expected {
        /// What the grammar allows at this point.
        what: &'static str,
        /// What stands there, shortened; empty at the end of the text.
        found: String,
    },
    /// The text is longer than [`MAX_LENGTH`].
    TooLong,
    /// The filter has more comparisons than [`MAX_TERMS`].
    TooManyTerms,
    /// The filter nests deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected { what, found } if found.is_empty() => {
                write!(f, "expected {what}, found the end of the text")
            }
            Self::Expected { what, found } => write!(f, "expected {what}, found `{found}`"),
            Self::TooLong => write!(f, "longer than {MAX_LENGTH} bytes"),
            Self::TooManyTerms => write!(f, "more than {MAX_TERMS} comparisons"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

/// A problem and its place, before it becomes the error of a filter or of a path.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub position: usize,
    pub problem: Problem,
}

/// A place in a text, and how much of the limits is used up there.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
    terms: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        if text.len() > MAX_LENGTH {
            return Err(SyntaxError {
                position: MAX_LENGTH,
                problem: Problem::TooLong,
            });
        }
        Ok(Self {
            text,
            position: 0,
            depth: 0,
            terms: 0,
        })
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// Moves on by a number of bytes that the caller has looked at.
    pub fn advance(&mut self, bytes: usize) {
        self.position += bytes;
    }

    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.position += 1;
        }
        found
    }

    /// The longest run of ASCII bytes that satisfy the test.
    pub fn take_while(&mut self, test: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest
            .bytes()
            .position(|byte| !byte.is_ascii() || !test(byte))
            .unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    pub fn skip_spaces(&mut self) {
        self.take_while(|byte| byte.is_ascii_whitespace());
    }

    pub fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), SyntaxError> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(self.error(what))
        }
    }

    pub fn expect_end(&self, what: &'static str) -> Result<(), SyntaxError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error(what)),
        }
    }

    pub fn error(&self, what: &'static str) -> SyntaxError {
        self.error_at(self.position, what)
    }

    pub fn error_at(&self, position: usize, what: &'static str) -> SyntaxError {
        let rest = self.text.get(position..).unwrap_or_default();
        let found = rest
            .chars()
            .enumerate()
            .take_while(|(index, char)| *index == 0 || (*index < 20 && !char.is_whitespace()))
            .map(|(_, char)| char)
            .collect();
        SyntaxError {
            position,
            problem: Problem::Expected { what, found },
        }
    }

    /// Runs a part of the grammar one level deeper.
    pub fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.limit(Problem::TooDeep));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Counts one comparison.
    pub fn count_term(&mut self) -> Result<(), SyntaxError> {
        if self.terms == MAX_TERMS {
            return Err(self.limit(Problem::TooManyTerms));
        }
        self.terms += 1;
        Ok(())
    }

    fn limit(&self, problem: Problem) -> SyntaxError {
        SyntaxError {
            position: self.position,
            problem,
        }
    }
}
