//! Texts within the lengths that Baton's readers check.

/// Longest name of anything, in bytes.
const NAME_LIMIT: usize = 1024;
/// Longest description of a resource, in bytes.
const DESCRIPTION_LIMIT: usize = 2048;
/// Longest part of an id that comes from a name, in bytes: the ids of entitlements and grants repeat it
/// and have 1024 bytes themselves.
const ID_PART_LIMIT: usize = 896;

/// A name, cut to what readers accept.
pub(crate) fn name(text: &str) -> String {
    cut(text, NAME_LIMIT).to_owned()
}

/// A description, cut to what readers accept.
pub(crate) fn description(text: &str) -> String {
    cut(text, DESCRIPTION_LIMIT).to_owned()
}

/// Part of an id: never empty, never too long.
pub(crate) fn id_part(text: &str) -> &str {
    if text.is_empty() {
        "unknown"
    } else {
        cut(text, ID_PART_LIMIT)
    }
}

fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_letters() {
        assert_eq!(name(&"é".repeat(600)).len(), 1024);
        assert_eq!(name(&format!("a{}", "é".repeat(600))).len(), 1023);
        assert_eq!(name("short"), "short");
    }

    #[test]
    fn an_id_is_never_empty() {
        assert_eq!(id_part(""), "unknown");
    }
}
