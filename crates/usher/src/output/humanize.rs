//! Numbers, times and lengths of time as people say them.

use std::time::Duration;

use jiff::Timestamp;

/// A whole number with its thousands set apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun, in the plural unless it is one.
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    let number = count(number);
    match noun.strip_suffix("person") {
        Some(before) => format!("{number} {before}people"),
        None => match noun
            .strip_suffix("ty")
            .zip(Some("ties"))
            .or(noun.strip_suffix("ry").zip(Some("ries")))
        {
            Some((stem, end)) => format!("{number} {stem}{end}"),
            None => format!("{number} {noun}s"),
        },
    }
}

/// A number of people.
pub fn people(number: u64) -> String {
    counted(number, "person")
}

/// A length of time in at most two units.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{:.1} s", length.as_secs_f64()),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A time, seen from now: "3 days ago", "in 2 hours".
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    let length = match seconds.unsigned_abs() {
        0..45 => return "just now".to_owned(),
        s @ 45..3_600 => unit(s.div_ceil(60), "minute"),
        s @ 3_600..172_800 => unit(s / 3_600, "hour"),
        s @ 172_800..5_184_000 => unit(s / 86_400, "day"),
        s @ 5_184_000..63_072_000 => unit(s / 2_592_000, "month"),
        s => unit(s / 31_536_000, "year"),
    };
    if seconds > 0 {
        format!("{length} ago")
    } else {
        format!("in {length}")
    }
}

fn unit(number: u64, noun: &str) -> String {
    counted(number, noun)
}

/// A day, in UTC.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// A time to the second, in UTC.
pub fn exact(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "team"), "1 team");
        assert_eq!(counted(0, "team"), "0 teams");
        assert_eq!(counted(2, "matching property"), "2 matching properties");
        assert_eq!(counted(1_000, "person"), "1,000 people");
    }

    #[test]
    fn times_are_seen_from_now() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let seen = |text: &str| relative(text.parse().unwrap(), now);
        assert_eq!(seen("2026-06-01T11:59:50Z"), "just now");
        assert_eq!(seen("2026-06-01T11:30:00Z"), "30 minutes ago");
        assert_eq!(seen("2026-05-31T12:00:00Z"), "24 hours ago");
        assert_eq!(seen("2026-05-25T12:00:00Z"), "7 days ago");
        assert_eq!(seen("2026-01-01T12:00:00Z"), "5 months ago");
        assert_eq!(seen("2020-01-01T12:00:00Z"), "6 years ago");
        assert_eq!(seen("2026-06-01T14:00:00Z"), "in 2 hours");
    }

    #[test]
    fn lengths_have_at_most_two_units() {
        assert_eq!(duration(Duration::from_millis(250)), "250 ms");
        assert_eq!(duration(Duration::from_millis(2_500)), "2.5 s");
        assert_eq!(duration(Duration::from_secs(75)), "1 min 15 s");
        assert_eq!(duration(Duration::from_secs(7_500)), "2 h 5 min");
    }
}
