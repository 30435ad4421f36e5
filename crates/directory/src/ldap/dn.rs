//! Distinguished names as something that can be compared.

/// A name without what makes no difference: case, spaces around separators, ways to escape.
pub(super) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for (at, part) in split(name, ',').into_iter().enumerate() {
        if at > 0 {
            folded.push(',');
        }
        // A part may have several attributes: `cn=a+uid=b`.
        for (at, pair) in split(part, '+').into_iter().enumerate() {
            if at > 0 {
                folded.push('+');
            }
            let (kind, value) = pair.split_once('=').unwrap_or(("", pair));
            folded.push_str(&kind.trim().to_lowercase());
            folded.push('=');
            folded.push_str(&canonical(&unescape(trimmed(value)).to_lowercase()));
        }
    }
    folded
}

/// The value of the first part: the entry's own name.
pub(super) fn first_value(name: &str) -> String {
    let first = split(name, ',').into_iter().next().unwrap_or(name);
    let (_, value) = first.split_once('=').unwrap_or(("", first));
    unescape(trimmed(value))
}

/// Without surrounding spaces, but with a last one that is escaped.
fn trimmed(value: &str) -> &str {
    let start = value.trim_start();
    let end = start.trim_end();
    if end.ends_with('\\') && end.len() < start.len() {
        start.get(..=end.len()).unwrap_or(end)
    } else {
        end
    }
}

/// Pieces between separators that are not escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                parts.extend(text.get(start..at));
                start = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

fn unescape(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (byte, hex) {
            (b'\\', Some(value)) => {
                plain.push(value);
                at += 3;
            }
            (b'\\', None) => {
                plain.extend(bytes.get(at + 1));
                at += 2;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The one way in which folded names write what has a meaning.
fn canonical(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace(',', "\\,")
        .replace('+', "\\+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_the_same_are_the_same() {
        let name = fold("CN=Doe\\, Jane,OU=Staff,DC=example,DC=com");
        assert_eq!(name, "cn=doe\\, jane,ou=staff,dc=example,dc=com");
        assert_eq!(
            fold("cn = Doe\\2C Jane , ou=STAFF, dc=Example,dc=com"),
            name
        );
        assert_ne!(fold("cn=Doe,cn=Jane,ou=staff,dc=example,dc=com"), name);
        assert_eq!(fold("uid=b + cn=A,dc=x"), "uid=b+cn=a,dc=x");
        assert_eq!(fold("cn=Zo\\C3\\AB,dc=x"), fold("cn=Zoë,dc=x"));
    }

    #[test]
    fn the_first_value_is_the_entrys_name() {
        assert_eq!(first_value("CN=Doe\\, Jane,OU=Staff"), "Doe, Jane");
        assert_eq!(first_value("plain"), "plain");
    }
}
