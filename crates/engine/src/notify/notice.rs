//! What people are told. Pure.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use usher_model::{OrganizationId, Timestamp};

/// What a notice is about. Each kind can be switched off on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A cycle failed.
    CycleFailed,
    /// A plan waits for somebody's yes.
    PlanAwaitingApproval,
    /// A connector was quarantined.
    Quarantined,
    /// A connector was released from quarantine.
    Released,
    /// A directory source came back empty or shrunk, and was not believed.
    SuspectSource,
    /// Somebody wants to know whether notifications arrive.
    Test,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CycleFailed,
        Self::PlanAwaitingApproval,
        Self::Quarantined,
        Self::Released,
        Self::SuspectSource,
        Self::Test,
    ];

    /// The kind as one word, as settings and the audit log spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CycleFailed => "cycle_failed",
            Self::PlanAwaitingApproval => "plan_awaiting_approval",
            Self::Quarantined => "quarantined",
            Self::Released => "released",
            Self::SuspectSource => "suspect_source",
            Self::Test => "test",
        }
    }

    /// The kind as webhooks spell it: what it is about, a dot, and what happened to it.
    pub fn event_type(self) -> &'static str {
        match self {
            Self::CycleFailed => "cycle.failed",
            Self::PlanAwaitingApproval => "plan.awaiting_approval",
            Self::Quarantined => "connector.quarantined",
            Self::Released => "connector.released",
            Self::SuspectSource => "source.suspect",
            Self::Test => "notification.test",
        }
    }
}

/// Something that people are told. Never a secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// Names the notice; the same however often it is sent, so that a receiver can drop doubles.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What it is about.
    pub kind: NoticeKind,
    /// The organization; none for a directory source, which may serve several.
    pub organization: Option<OrganizationId>,
    /// What happened, in one line without full stop.
    pub headline: String,
    /// The particulars, a paragraph each.
    pub details: Vec<String>,
    /// What to do now.
    pub next: String,
    /// The particulars for programs.
    pub facts: Value,
    /// What makes it the same as one that was sent before, whatever its words; none for one that is always sent.
    #[serde(skip)]
    pub mark: Option<String>,
}

impl Notice {
    /// The e-mail's subject.
    pub fn subject(&self) -> String {
        match &self.organization {
            Some(organization) => {
                format!("Usher, Miro organization {organization}: {}", self.headline)
            }
            None => format!("Usher: {}", self.headline),
        }
    }

    /// The e-mail's text.
    pub fn text(&self) -> String {
        let mut text = format!("{}.\n", self.headline);
        for detail in &self.details {
            let _ = write!(text, "\n{detail}\n");
        }
        let _ = write!(text, "\nWhat to do: {}\n", self.next);
        let _ = write!(text, "\nAt {:.0}, notice {}.\n", self.at, self.id);
        text.push_str("Which notices are sent is set under [notify] in usher.toml.\n");
        text
    }

    /// The webhook's body.
    pub fn payload(&self) -> Value {
        json!({
            "type": self.kind.event_type(),
            "timestamp": self.at,
            "data": {
                "organization": self.organization,
                "headline": self.headline,
                "details": self.details,
                "next": self.next,
                "facts": self.facts,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            id: "n1".into(),
            at: Timestamp::from_second(1_700_000_000).unwrap(),
            kind: NoticeKind::Quarantined,
            organization: Some(OrganizationId::new("7")),
            headline: "provisioning is in quarantine".into(),
            details: vec!["Miro does not accept the SCIM token.".into()],
            next: "set a new token, then `usher connector release`".into(),
            facts: json!({"attempts": 1}),
            mark: None,
        }
    }

    #[test]
    fn an_e_mail_says_what_happened_and_what_to_do() {
        let notice = notice();
        assert_eq!(
            notice.subject(),
            "Usher, Miro organization 7: provisioning is in quarantine"
        );
        let text = notice.text();
        assert!(text.contains("does not accept the SCIM token"), "{text}");
        assert!(text.contains("What to do: set a new token"), "{text}");
    }

    #[test]
    fn a_webhook_says_the_same_to_programs() {
        let payload = notice().payload();
        assert_eq!(payload["type"], "connector.quarantined");
        assert_eq!(payload["data"]["facts"]["attempts"], 1);
        assert_eq!(payload["timestamp"], "2023-11-14T22:13:20Z");
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> =
            NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(words.len(), NoticeKind::ALL.len());
        for kind in NoticeKind::ALL {
            let read: NoticeKind = serde_json::from_value(kind.as_str().into()).unwrap();
            assert_eq!(read, kind);
        }
    }
}
