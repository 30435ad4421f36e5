//! Miro's own audit log.

use usher_miro_wire::AuditEvent;
use usher_model::Timestamp;

use super::{ListQuery, Rest};
use crate::PageStream;
use crate::route;

/// In which order to read the audit log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditOrder {
    /// Oldest first.
    #[default]
    OldestFirst,
    /// Newest first.
    NewestFirst,
}

/// Which part of the audit log to read. Miro keeps 90 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only later events.
    pub created_after: Timestamp,
    /// Only earlier events.
    pub created_before: Timestamp,
    /// Where to go on; `None` begins at the beginning.
    pub start_cursor: Option<String>,
    /// Events per page, 1–100.
    pub limit: u32,
    /// In which order.
    pub order: AuditOrder,
}

impl AuditQuery {
    /// All events between two points in time, oldest first, 100 to a page.
    pub fn between(created_after: Timestamp, created_before: Timestamp) -> Self {
        let order = AuditOrder::OldestFirst;
        Self {
            created_after,
            created_before,
            start_cursor: None,
            limit: 100,
            order,
        }
    }
}

impl Rest {
    /// `GET /v2/audit/logs`: 100 credits a page.
    pub fn audit_logs(&self, query: AuditQuery) -> PageStream<AuditEvent> {
        // Miro's docs ask for milliseconds and a Z.
        let written = |time: Timestamp| format!("{time:.3}");
        let order = match query.order {
            AuditOrder::OldestFirst => "ASC",
            AuditOrder::NewestFirst => "DESC",
        };
        let list = ListQuery::new(query.start_cursor, query.limit)
            .filter("createdAfter", Some(written(query.created_after)))
            .filter("createdBefore", Some(written(query.created_before)))
            .filter("sorting", Some(order.to_owned()));
        self.pages(&route::AUDIT_LOGS, &[], list)
    }
}
