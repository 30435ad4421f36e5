//! Jobs: what is to be done, by whichever process comes first.
//!
//! ```text
//!   a schedule is due ─┐
//!   somebody asks ─────┼─▶ waiting ──claim──▶ running ──end──▶ done, failed, refused
//!   something changed ─┘      ▲                  │
//!                             └───hand back──────┘  (the process stops, or others are at work on the same)
//! ```
//!
//! Of each [`JobTask`] one job waits at most, and one runs. A job runs under a lease: a process that died, or was cut off,
//! loses it, and another one takes the job over. A job takes nothing with it but its task: what there is to do is in the
//! database.

mod asking;
mod claiming;
mod ending;
mod reading;
mod schedules;

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::{JobId, OrganizationId, SourceName, Timestamp};

use crate::Lease;

pub(crate) use asking::follow;
pub use ending::JobEnd;
pub use reading::JobFilter;
pub use schedules::{NewSchedule, ScheduleRecord};

/// What kind of thing a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Reading an organization into the inventory.
    Sync,
    /// A provisioning cycle.
    Cycle,
    /// Reading a directory source.
    SourceRead,
}

impl JobKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Cycle => "cycle",
            Self::SourceRead => "source_read",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a job does, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobTask {
    /// Reads an organization into the inventory.
    Sync {
        /// The organization.
        organization: OrganizationId,
    },
    /// Runs a provisioning cycle.
    Cycle {
        /// The organization.
        organization: OrganizationId,
    },
    /// Reads a directory source.
    SourceRead {
        /// The source.
        source: SourceName,
    },
}

impl JobTask {
    /// What kind of thing it is.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Sync { .. } => JobKind::Sync,
            Self::Cycle { .. } => JobKind::Cycle,
            Self::SourceRead { .. } => JobKind::SourceRead,
        }
    }

    /// The organization it is for, unless it is for all.
    pub fn organization(&self) -> Option<&OrganizationId> {
        match self {
            Self::Sync { organization } | Self::Cycle { organization } => Some(organization),
            Self::SourceRead { .. } => None,
        }
    }

    /// The directory source it reads, if that is what it does.
    pub fn source(&self) -> Option<&SourceName> {
        match self {
            Self::SourceRead { source } => Some(source),
            Self::Sync { .. } | Self::Cycle { .. } => None,
        }
    }

    /// Of these three columns, if they make sense together.
    fn of(kind: JobKind, organization: Option<String>, source: &str) -> Option<Self> {
        match (kind, organization) {
            (JobKind::Sync, Some(id)) => Some(Self::Sync {
                organization: id.into(),
            }),
            (JobKind::Cycle, Some(id)) => Some(Self::Cycle {
                organization: id.into(),
            }),
            (JobKind::SourceRead, None) => Some(Self::SourceRead {
                source: source.into(),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for JobTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sync { organization } => write!(f, "sync of organization {organization}"),
            Self::Cycle { organization } => write!(f, "cycle of organization {organization}"),
            Self::SourceRead { source } => write!(f, "reading of source {source}"),
        }
    }
}

/// Why there is a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobCause {
    /// A schedule was due.
    Schedule,
    /// Somebody asked for it.
    Request,
    /// Something was decided that it has to act on.
    Decision,
}

impl JobCause {
    /// The cause as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Request => "request",
            Self::Decision => "decision",
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is to be done, from when it is due.
    Waiting,
    /// A process does it, or did until it died and nobody has noticed yet.
    Running,
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// How things stand did not allow it: the connector is off, say.
    Refused,
}

impl JobState {
    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A job, as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub task: JobTask,
    /// Why there is one.
    pub cause: JobCause,
    /// Where it stands.
    pub state: JobState,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it may be done.
    pub due_at: Timestamp,
    /// How often it began: more than once when a process died over it.
    pub attempts: u32,
    /// Who does it, or did it last.
    pub owner: Option<String>,
    /// Until when whoever does it has to show that they live, by the database's clock.
    pub lease_until: Option<Timestamp>,
    /// When it began for the first time.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What came of it, in words.
    pub outcome: Option<String>,
}

/// A job that this process does.
#[derive(Clone, Debug)]
pub struct RunningJob {
    /// The job.
    pub record: JobRecord,
    /// Who does it, and for how long it is theirs.
    pub lease: Lease,
    fence: i64,
}
