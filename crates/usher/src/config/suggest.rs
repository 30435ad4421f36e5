//! "Did you mean": the nearest known word to a misspelt one.

/// The known word nearest to `text`, if one is near enough to be what was meant.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(text);
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(&folded, &fold(word)), word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_nonsense_finds_none() {
        let known = ["rest_url", "scim_url", "ca_file"];
        assert_eq!(nearest("rest-ulr", known), Some("rest_url"));
        assert_eq!(nearest("cafile", known), Some("ca_file"));
        assert_eq!(nearest("zebra", known), None);
    }
}
