//! Rules about names and e-mail addresses.

use smol_str::SmolStr;

use crate::world::refusal::Refusal;

/// The longest full name, group name and team name, in characters.
pub(crate) const NAME_LIMIT: usize = 60;

/// Text for comparing without case.
pub(crate) fn fold(text: &str) -> SmolStr {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text.into();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Cuts a text at a number of characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    text.char_indices()
        .nth(limit)
        .map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// Cuts a name as Miro does with names of user groups.
pub(crate) fn cut_name(name: &str) -> &str {
    cut(name, NAME_LIMIT)
}

/// Refuses a text that is longer than its attribute allows.
pub(crate) fn check_length(
    attribute: &'static str,
    text: &str,
    limit: usize,
) -> Result<(), Refusal> {
    if text.chars().nth(limit).is_none() {
        return Ok(());
    }
    Err(Refusal::invalid(
        attribute,
        format!("at most {limit} characters are allowed"),
    ))
}

/// Refuses what is no e-mail address: one `@` with something on both sides, a dot in the domain, no spaces.
pub(crate) fn check_address(address: &str) -> Result<(), Refusal> {
    let refused = || Refusal::invalid("userName", format!("'{address}' is not an e-mail address"));
    let (local, domain) = address.split_once('@').ok_or_else(refused)?;
    let plain = |text: &str| {
        !text.is_empty()
            && !text.contains(['@', ',', ';', '<', '>', '"'])
            && !text.contains(char::is_whitespace)
    };
    let dotted = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
    if plain(local) && plain(domain) && dotted && address.len() <= 254 {
        return Ok(());
    }
    Err(refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_one_at_sign_and_a_dotted_domain() {
        assert!(check_address("jane.doe+x@example.co.uk").is_ok());
        for wrong in [
            "jane",
            "@x.com",
            "jane@",
            "jane@x",
            "a b@x.com",
            "a@b@x.com",
            "a@x..com",
        ] {
            assert!(check_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_cut_and_measured_in_characters() {
        assert_eq!(cut("äöüß", 3), "äöü");
        assert_eq!(cut("ab", 3), "ab");
        assert!(check_length("displayName", &"ä".repeat(60), 60).is_ok());
        assert!(check_length("displayName", &"ä".repeat(61), 60).is_err());
    }
}
