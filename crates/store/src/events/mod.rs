//! The log of what happened, as a hash chain.

mod filter;

use futures::TryStreamExt;
use usher_boxed::boxed;
use usher_model::{BrokenChain, ChainHash, ChainedEvent, Event, Timestamp, verify_chain};

use crate::database::{Durability, Insert, Tx};
use crate::row::Columns;
use crate::statement::{Value, clean, json, sql, word};
use crate::{Rows, Store, StoreError, jobs};

pub use filter::EventFilter;

impl Store {
    /// Appends events that record no change of the store's own state, such as an export.
    #[boxed]
    pub async fn append_events(&self, events: &[Event]) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The events after the one numbered `after` (0: from the first), in order.
    pub fn events(&self, after: u64, limit: Option<u64>) -> Rows<ChainedEvent> {
        self.find_events(&EventFilter {
            after: Some(after),
            limit,
            ..EventFilter::default()
        })
    }

    /// Checks the whole chain and returns how many events it has. Fails with
    /// [`StoreError::BrokenEvents`] where one was changed, removed or cut off the end.
    #[boxed]
    pub async fn verify_events(&self) -> Result<u64, StoreError> {
        // The head is read first: events that are appended meanwhile are no reason to complain.
        let row = self.db.one(sql(HEAD)).await?;
        let expected = head(&mut row.columns(&self.db.name))?;
        let broken = |source| StoreError::BrokenEvents {
            database: self.db.name.to_string(),
            source,
        };
        let mut link = (0, ChainHash::GENESIS);
        let mut at_head = None;
        let mut events = self.events(0, None);
        while let Some(event) = events.try_next().await? {
            link = verify_chain(link, [&event]).map_err(broken)?;
            if link.0 == expected.0 {
                at_head = Some(link.1);
            }
        }
        if link.0 < expected.0 {
            return Err(broken(BrokenChain::Gap {
                expected: link.0 + 1,
                found: expected.0 + 1,
            }));
        }
        if expected.0 > 0 && at_head != Some(expected.1) {
            return Err(broken(BrokenChain::Altered {
                sequence: expected.0,
            }));
        }
        Ok(link.0)
    }
}

const COLUMNS: &str =
    "SELECT sequence, id, at, actor, origin, kind, subject, data, hash FROM events";

const HEAD: &str = "SELECT sequence, hash FROM event_head";

type Head = (u64, ChainHash);

fn head(columns: &mut Columns<'_>) -> Result<Head, StoreError> {
    Ok((columns.count()?, hash(columns)?))
}

fn hash(columns: &mut Columns<'_>) -> Result<ChainHash, StoreError> {
    let text = columns.text()?;
    ChainHash::from_hex(&text).ok_or_else(|| columns.unreadable("it is no SHA-256 hash"))
}

/// Appends events to the chain, and makes the jobs that follow from them, as the last thing before the transaction
/// commits: on PostgreSQL others that append wait from here on.
pub(crate) async fn append(tx: &mut Tx, events: &[Event]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    // Before the head is held, as by everybody who holds a job and appends.
    jobs::follow(tx, events).await?;
    let mut statement = sql(HEAD);
    statement.push(tx.for_update());
    let row = tx.one(statement).await?;
    let (mut sequence, mut hash) = head(&mut row.columns(&tx.db.name))?;
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let event = storable(event);
        sequence += 1;
        hash = hash.link(sequence, &event);
        rows.push(values(sequence, &event, hash));
    }
    tx.insert(&EVENTS, rows).await?;
    let update = sql("UPDATE event_head SET sequence = $1, hash = $2");
    tx.execute(update.bind(sequence).bind(hash.to_string()))
        .await?;
    Ok(())
}

/// The event as it will be read back: the hash is over what the database holds.
fn storable(event: &Event) -> Event {
    Event {
        id: clean(event.id.to_string()).into(),
        at: Timestamp::from_millisecond(event.at.as_millisecond()).unwrap_or(event.at),
        subject: clean(event.subject.clone()),
        ..event.clone()
    }
}

const EVENTS: Insert = Insert {
    before: "INSERT INTO events (sequence, id, at, actor, origin, kind, subject, data, hash, person, account, plan) VALUES",
    after: "",
};

fn values(sequence: u64, event: &Event, hash: ChainHash) -> Vec<Value> {
    vec![
        sequence.into(),
        event.id.as_str().into(),
        event.at.into(),
        json(&event.actor).into(),
        word(&event.origin).into(),
        event.kind.as_str().into(),
        event.subject.as_str().into(),
        json(&event.data).into(),
        hash.to_string().into(),
        event.mentions("person").into(),
        event.mentions("account").into(),
        event.mentions("plan").into(),
    ]
}

fn chained(columns: &mut Columns<'_>) -> Result<ChainedEvent, StoreError> {
    let sequence = columns.count()?;
    let event = Event {
        id: columns.text()?.into(),
        at: columns.time()?,
        actor: columns.json()?,
        origin: columns.word()?,
        kind: columns.word()?,
        subject: columns.text()?,
        data: columns.json()?,
    };
    let hash = hash(columns)?;
    Ok(ChainedEvent {
        sequence,
        event,
        hash,
    })
}
