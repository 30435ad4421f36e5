//! The log of what happened, as a hash chain.

use futures::{StreamExt, TryStreamExt};
use usher_model::{BrokenChain, ChainHash, ChainedEvent, Event, Timestamp, verify_chain};

use crate::database::{Durability, Tx};
use crate::row::Columns;
use crate::statement::{clean, json, sql, word};
use crate::{Rows, Store, StoreError};

impl Store {
    /// Appends events that record no change of the store's own state, such as an export.
    pub async fn append_events(&self, events: &[Event]) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The events after the one numbered `after` (0: from the first), in order.
    pub fn events(&self, after: u64, limit: Option<u64>) -> Rows<ChainedEvent> {
        let mut statement = sql(
            "SELECT sequence, id, at, actor, origin, kind, subject, data, hash FROM events WHERE sequence > ",
        );
        statement.push_bind(after).push(" ORDER BY sequence");
        if let Some(limit) = limit {
            statement.push(" LIMIT ").push_bind(limit);
        }
        let name = self.db.name.clone();
        self.db
            .rows(statement)
            .map(move |row| chained(&mut row?.columns(&name)))
            .boxed()
    }

    /// Checks the whole chain and returns how many events it has. Fails with
    /// [`StoreError::BrokenEvents`] where one was changed, removed or cut off the end.
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

const HEAD: &str = "SELECT sequence, hash FROM event_head";

type Head = (u64, ChainHash);

fn head(columns: &mut Columns<'_>) -> Result<Head, StoreError> {
    Ok((columns.count()?, hash(columns)?))
}

fn hash(columns: &mut Columns<'_>) -> Result<ChainHash, StoreError> {
    let text = columns.text()?;
    ChainHash::from_hex(&text).ok_or_else(|| columns.unreadable("it is no SHA-256 hash"))
}

/// Appends events to the chain, as the last thing before the transaction commits: on PostgreSQL others
/// that append wait from here on.
pub(crate) async fn append(tx: &mut Tx, events: &[Event]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut statement = sql(HEAD);
    statement.push(tx.for_update());
    let row = tx.one(statement).await?;
    let (mut sequence, mut hash) = head(&mut row.columns(&tx.db.name))?;
    for event in events {
        let event = storable(event);
        sequence += 1;
        hash = hash.link(sequence, &event);
        insert(tx, sequence, &event, hash).await?;
    }
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

async fn insert(
    tx: &mut Tx,
    sequence: u64,
    event: &Event,
    hash: ChainHash,
) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO events (sequence, id, at, actor, origin, kind, subject, data, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let statement = statement
        .bind(sequence)
        .bind(event.id.as_str())
        .bind(event.at)
        .bind(json(&event.actor))
        .bind(word(&event.origin))
        .bind(event.kind.as_str())
        .bind(event.subject.as_str())
        .bind(json(&event.data))
        .bind(hash.to_string());
    tx.execute(statement).await?;
    Ok(())
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
