//! Whether a search filter (RFC 4515) is well formed, and where it is not.

use crate::DirectoryError;
use crate::hash::hexadecimal;
use crate::settings::refuse;

/// Refuses a malformed filter with the place of the mistake.
pub(crate) fn check(field: &str, text: &str) -> Result<(), DirectoryError> {
    let mut parser = Parser {
        bytes: text.as_bytes(),
        at: 0,
        depth: 0,
    };
    parser.whole().map_err(|why| {
        let before = text.get(..parser.at).unwrap_or(text);
        let position = before.chars().count() + 1;
        refuse(field, format!("{why} at character {position} of `{text}`"))
            .with_hint("a filter looks like (&(objectClass=user)(!(department=Guests)))")
    })
}

/// A value as it may stand in a filter.
pub(super) fn escape(value: &str) -> String {
    let special = |character: &char| "*()\\\0".contains(*character);
    value.chars().fold(String::new(), |mut escaped, character| {
        if special(&character) {
            escaped.push('\\');
            // All of them are ASCII.
            escaped.push_str(&hexadecimal(&[u8::try_from(character).unwrap_or_default()]));
        } else {
            escaped.push(character);
        }
        escaped
    })
}

/// Deeper filters are refused.
const DEPTH: usize = 100;

struct Parser<'t> {
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(format!("`{}` is missing", char::from(byte))),
            None => Err(format!(
                "the filter ends where `{}` is missing",
                char::from(byte)
            )),
        }
    }

    fn whole(&mut self) -> Result<(), String> {
        self.filter()?;
        match self.peek() {
            None => Ok(()),
            Some(_) => Err("there is something behind the filter's end".to_owned()),
        }
    }

    fn filter(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("filters are nested too deeply".to_owned());
        }
        self.expect(b'(')?;
        match self.peek() {
            Some(b'&' | b'|') => {
                self.at += 1;
                while self.peek() == Some(b'(') {
                    self.filter()?;
                }
            }
            Some(b'!') => {
                self.at += 1;
                self.filter()?;
            }
            _ => self.item()?,
        }
        self.expect(b')')?;
        self.depth -= 1;
        Ok(())
    }

    fn item(&mut self) -> Result<(), String> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-.;_:".contains(&byte))
        {
            self.at += 1;
        }
        if self.at == start {
            return Err("an attribute's name is missing".to_owned());
        }
        match (self.peek(), self.bytes.get(self.at + 1)) {
            (Some(b'='), _) => self.at += 1,
            (Some(b'<' | b'>' | b'~'), Some(b'=')) => self.at += 2,
            _ => return Err("one of =, >=, <= or ~= is missing".to_owned()),
        }
        self.value()
    }

    fn value(&mut self) -> Result<(), String> {
        loop {
            match self.peek() {
                None | Some(b')') => return Ok(()),
                Some(b'(') => {
                    return Err(
                        "`(` in a value must be written \\28, or `)` is missing,".to_owned()
                    );
                }
                Some(b'\\') => {
                    let digits = self.bytes.get(self.at + 1..self.at + 3).unwrap_or_default();
                    if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
                        return Err("`\\` must be followed by two hexadecimal digits".to_owned());
                    }
                    self.at += 3;
                }
                Some(_) => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_filters_pass() {
        for filter in [
            "(objectClass=*)",
            "(&(objectClass=user)(!(objectClass=computer))(|(a>=1)(b<=2)(c~=d)))",
            "(memberOf:1.2.840.113556.1.4.1941:=cn=x,dc=y)",
            "(cn=a\\28b\\29*)",
            "(cn=Zoë)",
            "(cn=)",
        ] {
            assert!(check("filter", filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (filter, message) in [
            ("objectClass=user", "`(` is missing at character 1"),
            (
                "(&(objectClass=user)",
                "the filter ends where `)` is missing at character 21",
            ),
            (
                "(objectClass user)",
                "one of =, >=, <= or ~= is missing at character 13",
            ),
            ("(cn=Zoë\\2x)", "two hexadecimal digits at character 8"),
            (
                "(cn=a)(cn=b)",
                "something behind the filter's end at character 7",
            ),
            ("(=x)", "an attribute's name is missing at character 2"),
            (
                "(cn=a(b)",
                "must be written \\28, or `)` is missing, at character 6",
            ),
        ] {
            let error = check("filter", filter).unwrap_err().to_string();
            assert!(error.contains(message), "{filter}: {error}");
        }
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(escape("a*(b)\\"), "a\\2a\\28b\\29\\5c");
    }
}
