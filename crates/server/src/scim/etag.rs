//! Versions of resources as entity tags (RFC 7644 §3.14).

use axum::http::{HeaderMap, HeaderName, header};

use super::answer::Refusal;

/// The tag of a version. It is weak: which attributes a body shows does not change it.
pub fn tag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The tags that a client names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tags {
    /// None at all.
    #[default]
    Unsaid,
    /// Whatever there is.
    Any,
    /// These.
    These(Vec<String>),
}

impl Tags {
    /// `If-Match`: what the resource must be for the change to count.
    pub fn if_match(headers: &HeaderMap) -> Self {
        Self::read(headers, &header::IF_MATCH)
    }

    /// `If-None-Match`: what the client has already.
    pub fn if_none_match(headers: &HeaderMap) -> Self {
        Self::read(headers, &header::IF_NONE_MATCH)
    }

    /// The one tag that an operation of a bulk request names.
    pub fn of(version: Option<&str>) -> Self {
        version.map_or(Self::Unsaid, Self::parse)
    }

    fn read(headers: &HeaderMap, name: &HeaderName) -> Self {
        let texts: Vec<&str> = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if texts.is_empty() {
            return Self::Unsaid;
        }
        Self::parse(&texts.join(","))
    }

    fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        Self::These(text.split(',').map(|tag| opaque(tag).to_owned()).collect())
    }

    /// Whether a version is among them.
    pub fn name(&self, version: u64) -> bool {
        match self {
            Self::Unsaid => false,
            Self::Any => true,
            Self::These(tags) => tags.contains(&version.to_string()),
        }
    }

    /// Refuses a change of a version that the client does not mean.
    pub fn check(&self, version: u64) -> Result<(), Refusal> {
        if *self == Self::Unsaid || self.name(version) {
            return Ok(());
        }
        let found = tag(version);
        Err(Refusal::new(
            412,
            format!("the resource has changed since it was read: its version is {found}"),
        ))
    }
}

/// A tag without weakness and quotes: versions are compared weakly (RFC 9110 §8.8.3.2).
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_recognized_weak_strong_or_bare_and_among_others() {
        for text in ["W/\"3\"", "\"3\"", "3", "W/\"1\", W/\"3\"", "*"] {
            assert!(Tags::of(Some(text)).name(3), "{text}");
        }
        assert!(!Tags::of(Some("W/\"4\"")).name(3));
        assert!(Tags::of(Some("W/\"4\"")).check(3).is_err());
        assert!(Tags::Unsaid.check(3).is_ok());
    }
}
