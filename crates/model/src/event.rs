//! The audit log: what happened, each entry bound to the one before it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{AdministratorId, EventId, SourceName, TokenId};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// Usher itself, on a timer or by configuration.
    System,
    /// Somebody at the command line, by the name the operating system gives.
    Operator {
        /// The name.
        name: String,
    },
    /// Somebody who uses Usher through its server.
    Administrator {
        /// Who.
        id: AdministratorId,
        /// Their e-mail address at that time.
        email: String,
        /// The API token they used, if they did not come in person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<TokenId>,
        /// The network address they came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
    /// A program that uses Usher through its server.
    ServiceAccount {
        /// Which.
        id: AdministratorId,
        /// Its name at that time.
        name: String,
        /// The API token it used.
        token: TokenId,
        /// The network address it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
    /// Somebody at the server who has not proved who they are.
    Visitor {
        /// The network address they came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
    /// The identity provider that pushes people to a source.
    Source {
        /// The source.
        name: SourceName,
        /// The token of the source that it used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<TokenId>,
        /// The network address it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
}

impl Actor {
    /// The actor in a word or two, for people: a name, an e-mail address, `system`, `source hr`.
    pub fn label(&self) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::Operator { name } | Self::ServiceAccount { name, .. } => name.clone(),
            Self::Administrator { email, .. } => email.clone(),
            Self::Visitor { .. } => "visitor".to_owned(),
            Self::Source { name, .. } => format!("source {name}"),
        }
    }
}

/// Where the action came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// A schedule.
    Schedule,
    /// A directory: a source was read, or an identity provider pushed.
    Directory,
    /// A request to the server.
    Http,
}

/// Defines the kinds of events with their text forms.
macro_rules! event_kinds {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The kind as text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

event_kinds!(
    /// What kind of thing happened. The text forms are part of the interface and never change meaning.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    EventKind {
        /// A synchronization began.
        SyncStarted = "sync_started",
        /// A synchronization that had been interrupted went on.
        SyncResumed = "sync_resumed",
        /// A snapshot became the inventory.
        SyncCompleted = "sync_completed",
        /// A snapshot was stored, and not believed.
        SyncSuspect = "sync_suspect",
        /// Somebody made a suspect snapshot the inventory.
        SyncAccepted = "sync_accepted",
        /// A synchronization ended without a snapshot.
        SyncFailed = "sync_failed",
        /// An organization that had been read with SCIM alone got the id that Miro gives it.
        OrganizationIdentified = "organization_identified",
        /// The inventory was written to a file.
        InventoryExported = "inventory_exported",
        /// A connector was activated: its tokens were proved by a real call.
        IdmIntegrationActivate = "idm_integration_activate",
        /// A connector's settings were changed.
        IdmIntegrationUpdate = "idm_integration_update",
        /// A connector got a new token.
        IdmIntegrationReauth = "idm_integration_reauth",
        /// A connector was deactivated.
        IdmIntegrationDelete = "idm_integration_delete",
        /// An account was created for a person.
        UserCreateProvision = "user_create_provision",
        /// An account's attributes, role, licence or memberships were changed.
        UserUpdateProvision = "user_update_provision",
        /// An account was disabled because its person left.
        UserDeprovision = "user_deprovision",
        /// An account was deleted.
        UserDeleteProvision = "user_delete_provision",
        /// A person was looked for among the accounts that are there.
        UserLookupProvision = "user_lookup_provision",
        /// A team or user group was created for a directory group.
        GroupCreateProvision = "group_create_provision",
        /// A team or user group was renamed, or its members were changed.
        GroupUpdateProvision = "group_update_provision",
        /// A user group was deleted.
        GroupDeleteProvision = "group_delete_provision",
        /// A directory source was configured, or configured anew.
        PersonSourceSaved = "person_source_saved",
        /// A directory source was read, and believed.
        PersonSourceRead = "person_source_read",
        /// A directory source was read, and not believed.
        PersonSourceSuspect = "person_source_suspect",
        /// A directory source was removed.
        PersonSourceRemoved = "person_source_removed",
        /// An identity provider pushed a person or a group.
        PersonSourcePushed = "person_source_pushed",
        /// A token for a pushed source was made.
        SourceTokenCreated = "source_token_created",
        /// A token for a pushed source was revoked.
        SourceTokenRevoked = "source_token_revoked",
        /// People or groups of the directory came, went or are others now.
        PeopleChanged = "people_changed",
        /// An assignment was made, or made anew.
        AssignmentCreated = "assignment_created",
        /// An assignment was taken back.
        AssignmentRemoved = "assignment_removed",
        /// A hold was placed, or placed anew.
        HoldPlaced = "hold_placed",
        /// A hold was released.
        HoldReleased = "hold_released",
        /// A person was tied to an account, or a group to a team or user group.
        LinkCreated = "link_created",
        /// Such a tie was removed.
        LinkRemoved = "link_removed",
        /// The settings of provisioning were changed.
        ProvisioningSettingsSaved = "provisioning_settings_saved",
        /// A plan was made.
        PlanMade = "plan_made",
        /// Somebody approved a plan.
        PlanApproved = "plan_approved",
        /// Somebody rejected a plan.
        PlanRejected = "plan_rejected",
        /// A plan was set aside: another one took its place, or it is not for now any more.
        PlanSuperseded = "plan_superseded",
        /// A plan began to be carried out, or went on to be.
        ApplyStarted = "apply_started",
        /// A plan was carried out; each of its changes has an outcome.
        ApplyFinished = "apply_finished",
        /// Carrying out a plan stopped before its end.
        ApplyInterrupted = "apply_interrupted",
        /// A change of a plan could not be carried out.
        ChangeFailed = "change_failed",
        /// A change of a plan was left out, because it needs one that was not carried out.
        ChangeSkipped = "change_skipped",
        /// Somebody was disabled, and is signed in all the same: the sessions could not be ended.
        SessionsNotEnded = "sessions_not_ended",
        /// A change that had failed was carried out later, or needs to be no longer.
        FailureResolved = "failure_resolved",
        /// Somebody let a change that had failed be tried again at once.
        FailureRetried = "failure_retried",
        /// A provisioning cycle began.
        CycleStarted = "cycle_started",
        /// A provisioning cycle ended as it should.
        CycleFinished = "cycle_finished",
        /// A provisioning cycle ended before it was done.
        CycleFailed = "cycle_failed",
        /// A connector was put in quarantine: it is tried less and less often.
        ConnectorQuarantined = "connector_quarantined",
        /// A connector was let out of quarantine.
        ConnectorReleased = "connector_released",
        /// Somebody set when a job is done again and again.
        ScheduleSet = "schedule_set",
        /// Somebody removed a schedule.
        ScheduleRemoved = "schedule_removed",
        /// Somebody asked for a job to be done now.
        JobRequested = "job_requested",
        /// A job began.
        JobStarted = "job_started",
        /// A job whose process died, or was cut off, went on elsewhere.
        JobTakenOver = "job_taken_over",
        /// A job was done.
        JobFinished = "job_finished",
        /// A job could not be done.
        JobFailed = "job_failed",
        /// A job was given back before its end: its process was stopping, or others were at work.
        JobHandedBack = "job_handed_back",
        /// Secrets are encrypted from now on with another key.
        SecretKeyRotated = "secret_key_rotated",
        /// The database was written to a backup.
        BackupWritten = "backup_written",
        /// The database was made from a backup.
        BackupRestored = "backup_restored",
        /// Somebody was told of something by e-mail or webhook.
        NotificationSent = "notification_sent",
        /// A notification could not be delivered.
        NotificationFailed = "notification_failed",
        /// Somebody or something may use Usher.
        AdministratorAdded = "administrator_added",
        /// An administrator's name, e-mail address or role is another one.
        AdministratorChanged = "administrator_changed",
        /// An administrator may use Usher no longer; their sessions and tokens have ended.
        AdministratorDisabled = "administrator_disabled",
        /// An administrator may use Usher again.
        AdministratorEnabled = "administrator_enabled",
        /// A one-time link was made, with which an administrator sets a password.
        InvitationIssued = "invitation_issued",
        /// An administrator set a password.
        PasswordSet = "password_set",
        /// An administrator needs a second factor from now on.
        SecondFactorAdded = "second_factor_added",
        /// An administrator began to add a second factor.
        SecondFactorBegun = "second_factor_begun",
        /// An administrator needs a second factor no longer.
        SecondFactorRemoved = "second_factor_removed",
        /// Somebody signed in.
        SignedIn = "signed_in",
        /// Somebody tried to sign in, and was refused.
        SignInFailed = "sign_in_failed",
        /// Somebody signed out.
        SignedOut = "signed_out",
        /// A session was ended before its time.
        SessionRevoked = "session_revoked",
        /// An administrator was tied to somebody at an identity provider, who signs in as them from now on.
        IdentityTied = "identity_tied",
        /// An administrator is tied to nobody at an identity provider any more.
        IdentityRemoved = "identity_removed",
        /// An API token was made.
        TokenCreated = "token_created",
        /// An API token was taken back.
        TokenRevoked = "token_revoked",
    }
);

/// A text that is no kind of event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of event")]
pub struct UnknownEventKind(String);

impl FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|kind| kind.as_str() == text);
        found
            .copied()
            .ok_or_else(|| UnknownEventKind(text.to_owned()))
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// By which way.
    pub origin: Origin,
    /// What.
    pub kind: EventKind,
    /// To what: `sync:ID`, `organization:ID`, …
    pub subject: String,
    /// Further facts. Never a secret. The members `person`, `account` and `plan`, where they are texts, are what
    /// the log can be searched by.
    pub data: Value,
}

impl Event {
    /// The id that the event names under `what` (`person`, `account`, `plan`): in its data, or as its subject.
    pub fn mentions(&self, what: &str) -> Option<&str> {
        let named = self.data.get(what).and_then(Value::as_str);
        named.or_else(|| {
            let (kind, id) = self.subject.split_once(':')?;
            (kind == what).then_some(id)
        })
    }
}

/// A link of the chain: SHA-256 over the previous link and the event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What the first event follows.
    pub const GENESIS: Self = Self([0; 32]);

    /// The link of `event`, at position `sequence`, behind `self`.
    ///
    /// The event is hashed in canonical form: JSON with the members of every object in order of their
    /// names, so that a database may give them back in any order.
    pub fn link(self, sequence: u64, event: &Event) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(sequence.to_be_bytes());
        let mut text = String::new();
        write_canonical(
            &serde_json::to_value(event).unwrap_or(Value::Null),
            &mut text,
        );
        hash.update(text.as_bytes());
        Self(hash.finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// An event at its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainedEvent {
    /// Its place, from 1.
    pub sequence: u64,
    /// What happened.
    pub event: Event,
    /// The link that binds it to everything before it.
    pub hash: ChainHash,
}

/// The log was changed after it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A place is empty or taken twice.
    #[error("event {expected} is missing: the next one is numbered {found}")]
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number that was found.
        found: u64,
    },
    /// An event does not match its link.
    #[error("event {sequence} was changed after it was written, or one before it was")]
    Altered {
        /// Where.
        sequence: u64,
    },
}

/// Checks that `events` follow on `from` (the sequence and link of the event before the first) without a
/// gap or a change, and returns the last link.
pub fn verify_chain<'a>(
    from: (u64, ChainHash),
    events: impl IntoIterator<Item = &'a ChainedEvent>,
) -> Result<(u64, ChainHash), BrokenChain> {
    let (mut sequence, mut hash) = from;
    for chained in events {
        if chained.sequence != sequence + 1 {
            return Err(BrokenChain::Gap {
                expected: sequence + 1,
                found: chained.sequence,
            });
        }
        sequence = chained.sequence;
        hash = hash.link(sequence, &chained.event);
        if hash != chained.hash {
            return Err(BrokenChain::Altered { sequence });
        }
    }
    Ok((sequence, hash))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(length: u64) -> Vec<ChainedEvent> {
        let mut hash = ChainHash::GENESIS;
        (1..=length)
            .map(|sequence| {
                let event = Event {
                    id: EventId::new(sequence.to_string()),
                    at: Timestamp::UNIX_EPOCH,
                    actor: Actor::System,
                    origin: Origin::CommandLine,
                    kind: EventKind::SyncCompleted,
                    subject: format!("sync:{sequence}"),
                    data: json!({"b": 1, "a": {"d": [1, 2], "c": null}}),
                };
                hash = hash.link(sequence, &event);
                ChainedEvent {
                    sequence,
                    event,
                    hash,
                }
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_verifies() {
        let events = chain(5);
        let last = events[4].hash;
        assert_eq!(
            verify_chain((0, ChainHash::GENESIS), &events),
            Ok((5, last))
        );
    }

    #[test]
    fn a_changed_event_is_noticed_where_it_stands() {
        let mut events = chain(5);
        events[2].event.subject = "sync:other".into();
        let broken = verify_chain((0, ChainHash::GENESIS), &events);
        assert_eq!(broken, Err(BrokenChain::Altered { sequence: 3 }));
    }

    #[test]
    fn a_missing_event_is_noticed() {
        let mut events = chain(5);
        events.remove(2);
        let broken = verify_chain((0, ChainHash::GENESIS), &events);
        assert_eq!(
            broken,
            Err(BrokenChain::Gap {
                expected: 3,
                found: 4
            })
        );
    }

    #[test]
    fn every_kind_reads_back_from_its_text_which_is_also_its_json_form() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(json!(kind), json!(kind.as_str()));
        }
        assert!("boat_launched".parse::<EventKind>().is_err());
    }

    #[test]
    fn an_event_mentions_what_its_data_or_its_subject_names() {
        let mut event = chain(1).remove(0).event;
        event.subject = "person:7".into();
        event.data = json!({"account": "42", "plan": 1});
        assert_eq!(event.mentions("person"), Some("7"));
        assert_eq!(event.mentions("account"), Some("42"));
        assert_eq!(event.mentions("plan"), None);
    }

    #[test]
    fn the_order_of_members_does_not_matter_to_the_link() {
        let events = chain(1);
        let mut event = events[0].event.clone();
        event.data = json!({"a": {"c": null, "d": [1, 2]}, "b": 1});
        assert_eq!(ChainHash::GENESIS.link(1, &event), events[0].hash);
        assert_eq!(
            ChainHash::from_hex(&events[0].hash.to_string()),
            Some(events[0].hash)
        );
    }
}
