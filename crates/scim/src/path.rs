//! Paths: how filters, PATCH operations and query parameters name attributes (RFC 7644 §3.10, §3.5.2).

use std::{fmt, str::FromStr};

use crate::{
    ScimError,
    filter::Filter,
    syntax::{Cursor, Problem, SyntaxError},
};

/// The name of an attribute: `userName`, `name.givenName`, or with its schema's URN in front,
/// `urn:ietf:params:scim:schemas:core:2.0:User:userName` (RFC 7644 §3.10).
///
/// Names are kept as written; [`crate::schema::ResourceSchema::find`] compares them without case. A
/// schema's URN alone parses too, with the URN's last part as `name`: only a schema can tell the two
/// apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// The schema's URN, without the colon before the name.
    pub urn: Option<String>,
    /// The attribute.
    pub name: String,
    /// The sub-attribute after the dot.
    pub sub: Option<String>,
}

impl AttributePath {
    /// A path without URN and sub-attribute.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            urn: None,
            name: name.into(),
            sub: None,
        }
    }

    /// The same path down to a sub-attribute.
    pub fn with_sub(self, sub: impl Into<String>) -> Self {
        Self {
            sub: Some(sub.into()),
            ..self
        }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// What was expected at which byte, when the text is no attribute path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut cursor = Cursor::new(text)?;
        let path = attribute_path(&mut cursor)?;
        cursor.expect_end("the end of the attribute path")?;
        Ok(path)
    }

    /// Whether the path is the given plain name, compared without case.
    pub fn is(&self, name: &str) -> bool {
        self.urn.is_none() && self.sub.is_none() && self.name.eq_ignore_ascii_case(name)
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl FromStr for AttributePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

/// The target of a PATCH operation: an attribute, or with a filter some of its values, or a
/// sub-attribute of those (RFC 7644 §3.5.2, figure 7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PatchPath {
    /// The attribute; its `sub` is set only where no filter follows.
    pub attribute: AttributePath,
    /// Which of the attribute's values are meant.
    pub value_filter: Option<Filter>,
    /// The sub-attribute after the filter's closing bracket.
    pub sub: Option<String>,
}

impl PatchPath {
    /// Reads a path.
    ///
    /// # Errors
    /// What was expected at which byte, when the text is no PATCH path or exceeds a filter's limits.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut cursor = Cursor::new(text)?;
        let path = patch_path(&mut cursor)?;
        cursor.expect_end("the end of the path")?;
        Ok(path)
    }
}

impl From<AttributePath> for PatchPath {
    fn from(attribute: AttributePath) -> Self {
        Self {
            attribute,
            value_filter: None,
            sub: None,
        }
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attribute)?;
        if let Some(filter) = &self.value_filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl FromStr for PatchPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

/// A path that cannot be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path is not valid at byte {position}: {problem}")]
pub struct PathError {
    /// The offset of the offending byte in the text.
    pub position: usize,
    /// What was expected, or which limit was exceeded.
    pub problem: Problem,
}

impl From<SyntaxError> for PathError {
    fn from(SyntaxError { position, problem }: SyntaxError) -> Self {
        Self { position, problem }
    }
}

impl From<PathError> for ScimError {
    fn from(error: PathError) -> Self {
        Self::invalid_path(error.to_string())
    }
}

/// Reads an attribute path at the cursor; URN and name are one run of characters, split at the last colon.
pub(crate) fn attribute_path(cursor: &mut Cursor<'_>) -> Result<AttributePath, SyntaxError> {
    let start = cursor.position();
    let run = cursor.take_while(is_path_byte);
    let (urn, local, local_start) = match run.rfind(':') {
        Some(colon) => {
            let (urn, local) = (run.get(..colon), run.get(colon + 1..));
            (urn, local.unwrap_or_default(), start + colon + 1)
        }
        None => (None, run, start),
    };
    if let Some(urn) = urn
        && !is_urn(urn)
    {
        return Err(cursor.error_at(start, "a URN such as urn:ietf:params:… before the colon"));
    }
    let (name, sub) = match local.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (local, None),
    };
    check_name(cursor, name, local_start)?;
    if let Some(sub) = sub {
        check_name(cursor, sub, local_start + name.len() + 1)?;
    }
    Ok(AttributePath {
        urn: urn.map(str::to_owned),
        name: name.to_owned(),
        sub: sub.map(str::to_owned),
    })
}

fn patch_path(cursor: &mut Cursor<'_>) -> Result<PatchPath, SyntaxError> {
    let attribute = attribute_path(cursor)?;
    if cursor.peek() != Some(b'[') {
        return Ok(attribute.into());
    }
    if attribute.sub.is_some() {
        return Err(cursor.error("the end of the path, as a sub-attribute has no values to select"));
    }
    let filter = crate::filter::parser::bracketed(cursor)?;
    let sub = if cursor.eat(b'.') {
        Some(sub_attribute(cursor)?)
    } else {
        None
    };
    Ok(PatchPath {
        attribute,
        value_filter: Some(filter),
        sub,
    })
}

/// Reads the name after `].`.
pub(crate) fn sub_attribute(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    let start = cursor.position();
    let name = cursor.take_while(|byte| is_path_byte(byte) && !matches!(byte, b':' | b'.'));
    check_name(cursor, name, start)?;
    Ok(name.to_owned())
}

/// ATTRNAME of RFC 7644 figure 1, and `$ref`, which RFC 7643 §2.4 defines and the grammar forgets.
fn check_name(cursor: &Cursor<'_>, name: &str, start: usize) -> Result<(), SyntaxError> {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'$');
    let rest =
        bytes.position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    match (first, rest) {
        (true, None) if name != "$" => Ok(()),
        (true, Some(offset)) => Err(cursor.error_at(start + 1 + offset, "an attribute name")),
        _ => Err(cursor.error_at(start, "an attribute name")),
    }
}

fn is_urn(text: &str) -> bool {
    text.get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("urn:"))
        && text.split(':').all(|part| !part.is_empty())
        && !text.contains('$')
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$' | b':' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> usize {
        PatchPath::parse(text).unwrap_err().position
    }

    #[test]
    fn an_attribute_path_has_urn_name_and_sub_attribute() {
        let path = AttributePath::parse(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
        )
        .unwrap();
        assert_eq!(path.urn.as_deref(), Some(crate::urn::ENTERPRISE_USER));
        assert_eq!(path.name, "manager");
        assert_eq!(path.sub.as_deref(), Some("displayName"));
    }

    #[test]
    fn the_paths_of_the_rfc_print_as_they_were_written() {
        for text in [
            "members",
            "name.familyName",
            "addresses[type eq \"work\"]",
            "members[value eq \"2819c223-7f76-453a-919d-413861904646\"]",
            "members[value eq \"2819c223\"].displayName",
            "members[value eq 3074457364022187294]",
            "members.$ref",
            "emails[type eq \"work\" and value co \"@x\"].value",
            "roles[primary eq \"True\"].value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        ] {
            assert_eq!(PatchPath::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_path_is_refused_with_the_byte_where_it_goes_wrong() {
        assert_eq!(at(""), 0);
        assert_eq!(at("1abc"), 0);
        assert_eq!(at("name."), 5);
        assert_eq!(at("name.given.Name"), 10);
        assert_eq!(at("emails[type eq \"work\""), 21);
        assert_eq!(at("emails[type eq \"work\"]value"), 22);
        assert_eq!(at("emails[type eq \"work\"]."), 23);
        assert_eq!(at("emails[]"), 7);
        assert_eq!(at("name.first[a eq 1]"), 10);
        assert_eq!(at("http:x"), 0);
        assert_eq!(at("user name"), 4);
    }
}
