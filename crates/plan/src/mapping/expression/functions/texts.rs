//! Functions that look at text.

use unicode_normalization::UnicodeNormalization;

use super::{Result, count, text};
use crate::mapping::expression::Value;
use crate::mapping::expression::evaluate::LARGEST;
use crate::mapping::rules::cut;

pub(super) fn lower(arguments: &[Value]) -> Result {
    Ok(Value::from(text(arguments, 0)?.to_lowercase()))
}

pub(super) fn upper(arguments: &[Value]) -> Result {
    Ok(Value::from(text(arguments, 0)?.to_uppercase()))
}

/// Each word begins with a capital letter; words end at spaces, hyphens and apostrophes.
pub(super) fn capitalize(arguments: &[Value]) -> Result {
    let text = text(arguments, 0)?;
    let mut capitalized = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            capitalized.extend(c.to_uppercase());
        } else {
            capitalized.extend(c.to_lowercase());
        }
        begins = c.is_whitespace() || matches!(c, '-' | '\'' | '’');
    }
    Ok(Value::from(capitalized))
}

pub(super) fn trim(arguments: &[Value]) -> Result {
    Ok(Value::text(text(arguments, 0)?.trim()))
}

pub(super) fn left(arguments: &[Value]) -> Result {
    Ok(Value::text(cut(&text(arguments, 0)?, count(arguments, 1)?)))
}

pub(super) fn right(arguments: &[Value]) -> Result {
    let text = text(arguments, 0)?;
    let skipped = text.chars().count().saturating_sub(count(arguments, 1)?);
    Ok(Value::from(text.chars().skip(skipped).collect::<String>()))
}

pub(super) fn initial(arguments: &[Value]) -> Result {
    Ok(Value::text(cut(text(arguments, 0)?.trim_start(), 1)))
}

/// From `start`, counted from nought, to just before `end`.
pub(super) fn substring(arguments: &[Value]) -> Result {
    let text = text(arguments, 0)?;
    let start = count(arguments, 1)?;
    let end = match arguments.get(2) {
        Some(_) => count(arguments, 2)?,
        None => usize::MAX,
    };
    let part = text.chars().skip(start).take(end.saturating_sub(start));
    Ok(Value::from(part.collect::<String>()))
}

pub(super) fn replace(arguments: &[Value]) -> Result {
    let (whole, what, with) = (
        text(arguments, 0)?,
        text(arguments, 1)?,
        text(arguments, 2)?,
    );
    if what.is_empty() {
        return Ok(Value::text(whole));
    }
    // Measured first, as the result may be far larger than what goes in.
    let found = whole.matches(what.as_ref()).count();
    if whole.len() + found * with.len() > LARGEST {
        return Err(format!(
            "the text gets larger than {LARGEST} bytes; make it smaller"
        ));
    }
    Ok(Value::from(whole.replace(what.as_ref(), &with)))
}

/// Letters without accents, and the usual two letters for those that have none without.
pub(super) fn normalize_diacritics(arguments: &[Value]) -> Result {
    let text = text(arguments, 0)?;
    if text.is_ascii() {
        return Ok(Value::text(text));
    }
    let mut plain = String::with_capacity(text.len());
    // The marks of Latin, Greek and Cyrillic letters only: elsewhere marks make other letters.
    let bare = text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    for c in bare.nfc() {
        match spelled_out(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    Ok(Value::from(plain))
}

fn spelled_out(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ı' => "i",
        'ħ' => "h",
        'Ħ' => "H",
        _ => return None,
    })
}

pub(super) fn starts_with(arguments: &[Value]) -> Result {
    let start = text(arguments, 1)?;
    Ok(Value::Bool(text(arguments, 0)?.starts_with(start.as_ref())))
}

pub(super) fn ends_with(arguments: &[Value]) -> Result {
    let end = text(arguments, 1)?;
    Ok(Value::Bool(text(arguments, 0)?.ends_with(end.as_ref())))
}

/// A part of a text, or a value of a list.
pub(super) fn contains(arguments: &[Value]) -> Result {
    if let [Value::List(values), wanted] = arguments {
        return Ok(Value::Bool(values.iter().any(|value| value.equals(wanted))));
    }
    let part = text(arguments, 1)?;
    Ok(Value::Bool(text(arguments, 0)?.contains(part.as_ref())))
}

pub(super) fn string(arguments: &[Value]) -> Result {
    Ok(Value::text(text(arguments, 0)?))
}

pub(super) fn int(arguments: &[Value]) -> Result {
    match arguments {
        [value] if value.is_blank() => Ok(Value::Empty),
        [value] => value
            .as_number()
            .map(Value::Number)
            .ok_or_else(|| format!("`{value}` is no whole number")),
        _ => Ok(Value::Empty),
    }
}
