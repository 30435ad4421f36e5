//! The log of events.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{
    AccountId, Actor, AdministratorId, ChainedEvent, EventKind, Origin, PersonId, PlanId, Right,
};
use usher_store::{Direction, EventFilter};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Parameters;
use super::super::inventory::{all, one_of};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use crate::problem::Problem;

/// The log of events.
pub const OPERATION: Operation = Operation::reads(
    "events.list",
    "/events",
    Access::Right(Right::EventsRead),
    || routes!(list_events),
);

/// Which events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Those of these kinds, with commas between them.
    kind: Option<String>,
    /// Those with this subject, such as `plan:ID`.
    subject: Option<String>,
    /// Those by this administrator or service account: its id.
    administrator: Option<String>,
    /// Those that came in this way: `command_line`, `schedule`, `directory` or `http`.
    #[param(value_type = Option<String>)]
    origin: Option<Origin>,
    /// Those at this time or later.
    since: Option<Timestamp>,
    /// Those before this time.
    until: Option<Timestamp>,
    /// Those about this person.
    person: Option<String>,
    /// Those about this account.
    account: Option<String>,
    /// Those about this plan.
    plan: Option<String>,
    /// `sequence`: in the order in which they happened; `-sequence`: newest first.
    sort: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// Its place in the log, from 1.
    sequence: u64,
    /// Its id.
    id: String,
    /// When.
    at: Timestamp,
    /// Who: `type` says what else there is.
    #[schema(value_type = Object)]
    actor: Actor,
    /// By which way.
    #[schema(value_type = String)]
    origin: Origin,
    /// What.
    #[schema(value_type = String)]
    kind: EventKind,
    /// To what.
    subject: String,
    /// Further facts.
    #[schema(value_type = Object)]
    data: Value,
    /// The link that binds it to everything before it.
    hash: String,
}

impl From<ChainedEvent> for EventView {
    fn from(chained: ChainedEvent) -> Self {
        let event = chained.event;
        Self {
            sequence: chained.sequence,
            id: event.id.to_string(),
            at: event.at,
            actor: event.actor,
            origin: event.origin,
            kind: event.kind,
            subject: event.subject,
            data: event.data,
            hash: chained.hash.to_string(),
        }
    }
}

const ORDERS: &[(&str, Direction)] = &[
    ("sequence", Direction::Ascending),
    ("-sequence", Direction::Descending),
];

/// List events
///
/// In the order in which they happened, unless sorted otherwise.
#[utoipa::path(get, path = "/events", params(Wanted), responses((status = 200, body = Page<EventView>)))]
pub async fn list_events(
    call: Call,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<EventView>>, Problem> {
    let limit = limit(wanted.limit)?;
    let sort = wanted.sort.as_deref().unwrap_or("sequence");
    let direction = one_of(sort, ORDERS, "sort")?;
    let place: Option<u64> = read_cursor(wanted.cursor.as_deref())?;
    let (after, before) = match direction {
        Direction::Ascending => (place, None),
        Direction::Descending => (None, place),
    };
    let filter = EventFilter {
        after,
        before,
        direction,
        limit: Some(limit + 1),
        ..filter(wanted)?
    };
    let rows = all(call.store().find_events(&filter)).await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.sequence,
        EventView::from,
    )))
}

fn filter(wanted: Wanted) -> Result<EventFilter, Problem> {
    let kinds = wanted.kind.as_deref().unwrap_or_default();
    let kinds = kinds
        .split(',')
        .map(str::trim)
        .filter(|kind| !kind.is_empty());
    let kinds = kinds.map(|kind| {
        let parsed = kind.parse::<EventKind>();
        parsed.map_err(|why| Problem::invalid(why.to_string()).at("kind"))
    });
    Ok(EventFilter {
        kinds: kinds.collect::<Result<_, _>>()?,
        subject: wanted.subject,
        administrator: wanted.administrator.map(AdministratorId::from),
        origin: wanted.origin,
        since: wanted.since,
        until: wanted.until,
        person: wanted.person.map(PersonId::from),
        account: wanted.account.map(AccountId::from),
        plan: wanted.plan.map(PlanId::from),
        ..EventFilter::default()
    })
}
