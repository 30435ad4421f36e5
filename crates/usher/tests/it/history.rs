//! What was, and what changed.

use usher_engine::sync::SyncEvent as _Event;

use crate::support::{Home, Miro, assert_transcript};
