//! The dates Miro writes.

use jiff::Timestamp;
use jiff::fmt::strtime;

/// Reads a date and time as Miro writes them: RFC 3339, or with an offset without colon
/// (`2023-09-01T09:30:10.840+0000`, seen in audit events).
///
/// An empty text means *never* in Miro's members list and gives `None`, as does anything unreadable.
///
/// ```
/// use usher_miro_wire::parse_time;
/// let event = parse_time("2023-09-01T11:30:10.840+0200");
/// assert_eq!(event, parse_time("2023-09-01T09:30:10.840Z"));
/// assert!(event.is_some());
/// assert_eq!(parse_time(""), None);
/// ```
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    text.parse().ok().or_else(|| {
        strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
            .ok()?
            .to_timestamp()
            .ok()
    })
}
