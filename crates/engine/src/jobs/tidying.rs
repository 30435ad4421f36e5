//! Taking rows away that mean nothing any more, so that nobody fills the database by asking.

use std::time::Duration;

use usher_boxed::boxed;
use usher_model::Clock;
use usher_store::{SessionLimits, Store, StoreError};

/// How often.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// How long jobs that have ended are remembered.
const MEMORY: Duration = Duration::from_secs(90 * 24 * 3600);

/// Takes away jobs that ended long ago, and sessions, links, attempts and idempotency keys that are over, again and again
/// without an end. Several processes may do so at once.
pub async fn keep_tidy(store: &Store, clock: &dyn Clock, sessions: SessionLimits) {
    loop {
        if let Err(error) = tidy(store, clock, sessions).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is over could not be taken away"
            );
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Takes it away once.
#[boxed]
pub async fn tidy(
    store: &Store,
    clock: &dyn Clock,
    sessions: SessionLimits,
) -> Result<(), StoreError> {
    let now = clock.now();
    let before = now.checked_sub(MEMORY).unwrap_or(now);
    store.forget_jobs(before).await?;
    store.tidy_administrators(sessions).await
}
