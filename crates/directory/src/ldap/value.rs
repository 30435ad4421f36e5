//! Values in the forms that directories have for times and unique ids.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::hash::hexadecimal;

/// A generalized time (RFC 4517 §3.3.13), such as `20260301120000Z`, as an instant.
pub(super) fn generalized_time(text: &str) -> Option<Timestamp> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(10..=14).contains(&digits) || digits % 2 == 1 {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize, to: usize, missing: i8| {
        if digits < to {
            Some(missing)
        } else {
            text.get(from..to)?.parse::<i8>().ok()
        }
    };
    let mut rest = text.get(digits..)?;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = fraction.get(length..)?;
    }
    let civil = DateTime::new(
        number(0, 4)?,
        small(4, 6, 1)?,
        small(6, 8, 1)?,
        small(8, 10, 0)?,
        small(10, 12, 0)?,
        small(12, 14, 0)?.min(59),
        0,
    )
    .ok()?;
    offset(rest)?.to_timestamp(civil).ok()
}

fn offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let hours: i32 = text.get(1..3)?.parse().ok()?;
    let minutes: i32 = match text.len() {
        3 => 0,
        5 => text.get(3..5)?.parse().ok()?,
        _ => return None,
    };
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// An instant as a generalized time.
#[cfg(test)]
pub(super) fn to_generalized_time(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// Active Directory's time: tenths of a microsecond since 1601. `None` for its two ways to say never.
pub(super) fn file_time(text: &str) -> Option<Timestamp> {
    const SECONDS_TO_1970: i64 = 11_644_473_600;
    let ticks: i64 = text.parse().ok()?;
    if ticks <= 0 || ticks == i64::MAX {
        return None;
    }
    Timestamp::from_second(ticks / 10_000_000 - SECONDS_TO_1970).ok()
}

/// A key as text: `objectGUID` in Microsoft's way of writing it, other text as it is, other bytes in hexadecimal.
pub(super) fn key(attribute: &str, value: &[u8]) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    if attribute.eq_ignore_ascii_case("objectGUID")
        && let Ok(bytes) = <[u8; 16]>::try_from(value)
    {
        return Some(uuid::Uuid::from_bytes_le(bytes).to_string());
    }
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => {
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        }
        _ => Some(hexadecimal(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generalized_times_become_instants() {
        for (text, expected) in [
            ("20260301120000Z", "2026-03-01T12:00:00Z"),
            ("20260301120000.0Z", "2026-03-01T12:00:00Z"),
            ("20260301120000.123456Z", "2026-03-01T12:00:00Z"),
            ("202603011200+0130", "2026-03-01T10:30:00Z"),
            ("2026030112-05", "2026-03-01T17:00:00Z"),
        ] {
            let found = generalized_time(text).map(|at| at.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        for text in ["20260301120000", "20261301120000Z", "2026", "yesterday", ""] {
            assert_eq!(generalized_time(text), None, "{text}");
        }
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(to_generalized_time(at), "20260301120000Z");
    }

    #[test]
    fn file_times_become_instants_and_never_is_none() {
        let found = file_time("134168256000000000").map(|at| at.to_string());
        assert_eq!(found.as_deref(), Some("2026-03-01T08:00:00Z"));
        assert_eq!(file_time("0"), None);
        assert_eq!(file_time("9223372036854775807"), None);
    }

    #[test]
    fn a_guid_is_written_as_microsoft_writes_it() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(
            key("objectguid", &bytes).as_deref(),
            Some("03020100-0504-0706-0809-0a0b0c0d0e0f")
        );
        assert_eq!(key("entryUUID", b"abc").as_deref(), Some("abc"));
        assert_eq!(key("other", &[0xFF, 0x00]).as_deref(), Some("ff00"));
        assert_eq!(key("other", b" "), None);
    }
}
