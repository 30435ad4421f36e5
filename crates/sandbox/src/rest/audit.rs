//! `GET /v2/audit/logs`: what was changed through either API, and by whom.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use usher_miro_wire::{AuditEvent, CursorPage, parse_time};

use crate::rest::call::{Answer, Call, ok};
use crate::rest::failure::RestFailure;
use crate::rest::view;

/// How far back the log can be read.
const DAYS: i64 = 90;

/// A page of the log between two times.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = time(call, "createdAfter")?;
    let before = time(call, "createdBefore")?;
    if after > before {
        return Err(RestFailure::invalid(
            "Parameter createdAfter is later than createdBefore",
        ));
    }
    let descending = match call.query("sorting") {
        None | Some("ASC" | "asc") => false,
        Some("DESC" | "desc") => true,
        Some(_) => {
            return Err(RestFailure::invalid(
                "Parameter sorting must be ASC or DESC",
            ));
        }
    };
    let cursor = call.query("cursor").map(sequence_of).transpose()?;
    let oldest = call
        .now
        .saturating_sub(SignedDuration::from_hours(DAYS * 24))
        .unwrap_or(Timestamp::MIN);
    let world = call.state.world.read();
    let log = world.audit();
    let first = log.partition_point(|event| event.at.timestamp() < after.max(oldest));
    let end = log
        .partition_point(|event| event.at.timestamp() <= before)
        .max(first);
    let mut window = log.get(first..end).unwrap_or_default();
    if let Some(seen) = cursor {
        let place = window.partition_point(|event| event.id <= seen);
        window = if descending {
            let place = window.partition_point(|event| event.id < seen);
            window.get(..place).unwrap_or_default()
        } else {
            window.get(place..).unwrap_or_default()
        };
    }
    let more = window.len() > limit;
    let data: Vec<AuditEvent> = if descending {
        window
            .iter()
            .rev()
            .take(limit)
            .map(|event| view::audit_event(&world, event))
            .collect()
    } else {
        window
            .iter()
            .take(limit)
            .map(|event| view::audit_event(&world, event))
            .collect()
    };
    let cursor = data.last().filter(|_| more).map(|event| event.id.clone());
    ok(&CursorPage {
        kind: "cursor-list".to_owned(),
        limit: u32::try_from(limit).ok(),
        size: u32::try_from(data.len()).ok(),
        cursor: Some(cursor.unwrap_or_default()),
        data,
    })
}

fn time(call: &Call<'_>, name: &str) -> Result<Timestamp, RestFailure> {
    let text = call
        .query(name)
        .ok_or_else(|| RestFailure::invalid(format!("Parameter {name} is required")))?;
    parse_time(text).ok_or_else(|| {
        RestFailure::invalid(format!(
            "Parameter {name} must look like 2023-09-01T09:30:10.840Z"
        ))
    })
}

/// The id of an event, which is also the cursor behind it: `2023-09-01T09:30:10.840687Z#1234567890123456789-DDB`.
pub(crate) fn id_of(at: Timestamp, sequence: u64) -> String {
    format!("{at:.6}#{sequence:019}-DDB")
}

fn sequence_of(cursor: &str) -> Result<u64, RestFailure> {
    let parsed = cursor
        .split_once('#')
        .and_then(|(_, rest)| rest.strip_suffix("-DDB")?.parse().ok());
    parsed.ok_or_else(|| RestFailure::invalid("Parameter cursor is not one that a reply gave"))
}

/// A time with an offset that has no colon, as Miro's sample has it: `2023-09-01T09:30:10.840+0000`.
pub(crate) fn created_at(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%z")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_cursors_look_like_those_of_the_published_sample() {
        let at: Timestamp = "2023-09-01T09:30:10.840687Z".parse().unwrap();
        assert_eq!(created_at(at), "2023-09-01T09:30:10.840+0000");
        let id = id_of(at, 1_234_567_890_123_456_789);
        assert_eq!(id, "2023-09-01T09:30:10.840687Z#1234567890123456789-DDB");
        assert_eq!(sequence_of(&id), Ok(1_234_567_890_123_456_789));
        assert!(sequence_of("7").is_err());
    }
}
