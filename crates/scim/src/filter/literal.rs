//! The right-hand side of a comparison.

use std::fmt;

/// A literal of a filter: JSON's scalars (RFC 7644 §3.4.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// A quoted string.
    Text(String),
    /// A number, with its text kept: ids of 19 digits must not lose any.
    Number(Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`: the attribute has no value.
    Null,
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Number(number) => f.write_str(number.as_str()),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Literal {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<i64> for Literal {
    fn from(number: i64) -> Self {
        Self::Number(Number(number.to_string()))
    }
}

impl From<u64> for Literal {
    fn from(number: u64) -> Self {
        Self::Number(Number(number.to_string()))
    }
}

/// A JSON number as it was written. Two numbers are equal when their texts are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    /// The number, if the whole text is one by JSON's grammar.
    pub fn parse(text: &str) -> Option<Self> {
        (number_length(text) == Some(text.len())).then(|| Self(text.to_owned()))
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many bytes of the text's beginning are a JSON number.
pub(super) fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| -> usize {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut end = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(end);
    if whole == 0 || (whole > 1 && bytes.get(end) == Some(&b'0')) {
        return None;
    }
    end += whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == 0 {
            return None;
        }
        end += 1 + sign + exponent;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_json_calls_one() {
        for text in [
            "0",
            "-1",
            "10",
            "1.5",
            "1e3",
            "-0.5E-10",
            "3074457364022187294",
        ] {
            assert_eq!(Number::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "", "-", "01", "1.", ".5", "1e", "1e+", "1 ", "+1", "NaN", "0x1",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_printed_as_a_json_string() {
        assert_eq!(
            Literal::from("say \"hi\"\\\n").to_string(),
            r#""say \"hi\"\\\n""#
        );
    }
}
