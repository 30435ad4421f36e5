//! Notifications: to a receiver of webhooks, to a plain SMTP server, and to one that nobody here wrote.

mod email;
mod plain_smtp;
pub mod receiver;
mod webhooks;

use std::collections::BTreeSet;

use serde_json::json;
use usher_engine::Acting;
use usher_engine::notify::{Notice, NoticeKind, NotifySettings};
use usher_model::{Actor, Clock, OrganizationId, Origin, SystemClock};
use usher_store::Store;

/// A database to write down in what became of notices.
pub struct Desk {
    pub store: Store,
    pub actor: Actor,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("usher.db").display());
        let clock = std::sync::Arc::new(SystemClock);
        Self {
            store: Store::open(&url.parse().unwrap(), clock).await.unwrap(),
            actor: Actor::System,
            _folder: folder,
        }
    }

    pub fn acting(&self) -> Acting<'_> {
        Acting {
            store: &self.store,
            clock: &SystemClock,
            actor: &self.actor,
            origin: Origin::Schedule,
        }
    }
}

pub fn notice(kind: NoticeKind) -> Notice {
    Notice {
        id: "019ac000-notice".into(),
        at: SystemClock.now(),
        kind,
        organization: Some(OrganizationId::new("3074457345600000001")),
        headline: "provisioning is in quarantine".into(),
        details: vec![
            "Miro does not accept the SCIM token.".into(),
            "Ünïcode, too.".into(),
        ],
        next: "set a new token, then run `usher connector reauthorize`".into(),
        facts: json!({"attempts": 1}),
        mark: None,
    }
}

pub fn only(kinds: &[NoticeKind]) -> NotifySettings {
    NotifySettings {
        kinds: kinds.iter().copied().collect::<BTreeSet<_>>(),
        ..NotifySettings::default()
    }
}
