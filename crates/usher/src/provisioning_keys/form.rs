//! Text forms that several settings share.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use usher_model::AttributeName;
use usher_plan::MappingSource;

use crate::config::suggest::nearest;

/// One of `words` as the value it stands for. A dash may stand for an underscore.
pub fn word<T: DeserializeOwned>(text: &str, words: &[&str]) -> Result<T, String> {
    let folded = text.trim().to_lowercase().replace('-', "_");
    if words.contains(&folded.as_str())
        && let Ok(value) = serde_json::from_value(Value::String(folded))
    {
        return Ok(value);
    }
    let list = words.join(", ");
    Err(match nearest(text, words.iter().copied()) {
        Some(near) => format!("it must be one of {list}; did you mean `{near}`?"),
        None => format!("it must be one of {list}"),
    })
}

/// The word of a value.
pub fn worded(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A whole number within the type's range.
pub fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.trim()
        .parse()
        .map_err(|_| "it is not a whole number in range".to_owned())
}

/// A percentage, with or without its sign.
pub fn percent(text: &str) -> Result<u8, String> {
    let number: u8 = number(text.trim().trim_end_matches('%'))?;
    if number > 100 {
        return Err("it is more than 100 per cent".to_owned());
    }
    Ok(number)
}

/// A number of days, or `never`.
pub fn days(text: &str) -> Result<Option<u32>, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    number(text.trim_end_matches('d'))
        .map(Some)
        .map_err(|_| "it must be a number of days, or never".to_owned())
}

/// A number of days as text.
pub fn days_text(days: Option<u32>) -> String {
    days.map_or_else(|| "never".to_owned(), |days| days.to_string())
}

/// A mapping's source: an attribute's name, `constant:TEXT`, `expression:TEXT`, or `none`.
pub fn source_from_text(text: &str) -> Result<MappingSource, String> {
    let text = text.trim();
    Ok(match text.split_once(':') {
        Some(("direct", name)) => MappingSource::Direct(AttributeName::new(name)),
        Some(("constant", value)) => MappingSource::Constant(value.to_owned()),
        Some(("expression", code)) => MappingSource::Expression(code.to_owned()),
        _ if text.eq_ignore_ascii_case("none") => MappingSource::None,
        _ if is_name(text) => MappingSource::Direct(AttributeName::new(text)),
        _ => {
            return Err(
                "it is no attribute's name; write constant:TEXT or expression:TEXT".to_owned(),
            );
        }
    })
}

/// A mapping's source as text.
pub fn source_text(source: &MappingSource) -> String {
    match source {
        MappingSource::Direct(name) => name.to_string(),
        MappingSource::Constant(text) => format!("constant:{text}"),
        MappingSource::Expression(code) => format!("expression:{code}"),
        MappingSource::None => "none".to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
    !text.is_empty() && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_reads_back_from_its_text() {
        for text in [
            "department",
            "manager.displayName",
            "constant:Full: yes",
            "expression:lower(person.email)",
            "none",
        ] {
            assert_eq!(source_text(&source_from_text(text).unwrap()), text);
        }
        assert!(source_from_text("lower(person.email)").is_err());
    }

    #[test]
    fn days_are_a_number_or_never() {
        assert_eq!(days("30"), Ok(Some(30)));
        assert_eq!(days("30d"), Ok(Some(30)));
        assert_eq!(days("never"), Ok(None));
        assert!(days("soon").is_err());
    }
}
