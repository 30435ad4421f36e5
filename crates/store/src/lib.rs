//! Persistence: what Usher knows, and what it did, on SQLite or PostgreSQL behind one interface.
//!
//! A synchronization goes through three layers of tables:
//!
//! ```text
//!   Miro's pages ──stage_page──▶ staged_*  ──(engine merges)──merge──▶ merged_*  ──publish──▶ accounts,
//!                                per part, with cursors:               one row per thing      account_activity,
//!                                what a killed sync goes on from       that was seen          teams, user_groups, grants
//! ```
//!
//! The last are *temporal*: a row is true from `valid_from` until just before `valid_to`, and a row that
//! still holds has no `valid_to`. [`Store::publish`] compares the merged rows with the current ones and
//! writes the differences only, in one transaction, so a reader sees the inventory of one
//! synchronization or of the next, and never something between; and a process that is killed leaves the
//! last good one. What a synchronization could not see ([`usher_model::Coverage`], or
//! [`usher_model::Known::Unknown`] in one row) stays as it was.
//!
//! Between synchronizations, [`Store::observe`] writes what was learned of single accounts, teams and user groups into
//! the same tables.
//!
//! Provisioning goes round these:
//!
//! ```text
//!   directory (sources, people, groups) ─┐
//!   desired (assignments, holds, links) ─┼─(engine plans)─▶ plans ─(engine applies)─▶ journal ─▶ inventory, links,
//!   inventory ───────────────────────────┘                  one row per change        intend, settle     ledger, events
//! ```
//!
//! Identity providers push into the directory: a push ([`Pushing`]) stores what came and, as far as few rows follow from
//! it, the people and groups too.
//!
//! One process at a time works on a connector: a cycle or the application of a plan holds its lease, and whoever lost
//! the lease can write nothing more. Everything that is written comes with its events in one transaction.
//!
//! Times are stored in milliseconds; finer parts are cut off. Text is stored without NUL characters,
//! which PostgreSQL cannot hold: they become U+FFFD.

mod accounts;
mod administrators;
mod backup;
mod connector;
mod cycles;
mod database;
mod desired;
mod diff;
mod directory;
mod error;
mod events;
mod gauges;
mod grants;
mod ids;
mod jobs;
mod journal;
mod keyset;
mod lane_shares;
mod loading;
mod merging;
mod miro_audit;
mod observing;
mod organizations;
mod plans;
#[cfg(feature = "test-support")]
pub mod postgres_for_tests;
mod publish;
mod row;
mod schema;
mod scim;
mod secrets;
mod settings;
mod snapshot;
mod staging;
mod statement;
mod store;
mod summary;
mod syncs;
mod teams;
mod tls_files;
mod trouble;
mod url;

pub use accounts::{AccountFilter, AccountOrder, AccountRow, Population};
pub use administrators::{
    AdministratorFilter, AdministratorKind, AdministratorRecord, AdministratorState, Attempt,
    Counted, Credentials, IdempotentAnswer, Identity, IdentityRecord, Invitation,
    InvitationPurpose, KeptSeed, KeyedRequest, Limit, NewAdministrator, NewInvitation, NewSession,
    NewToken, ProvedSeed, ProvenFlow, ProviderSession, Reserved, SealedSeed, SessionLimits,
    SessionRecord, SignInFlow, SignInMethod, Tied, TokenFilter, TokenRecord,
};
pub use backup::{BackupFile, BackupSummary, Overwrite, RestoredTokens, Restoring};
pub use connector::{
    ConnectorRecord, Lifecycle, OpenPlans, ProvisioningStatus, Quarantine, QuarantineCause, Signal,
    StoppedWork, WorkLease,
};
pub use cycles::{CycleEnd, CycleKind, CycleRecord, CycleState, NewCycle, RunningCycle};
pub use diff::{AccessChange, AccountAttribute, Change, ChangeClass};
pub use directory::{
    DirectoryKey, DirectoryOutcome, DirectoryWrite, EntryKey, EntryKind, GroupSummary,
    PersonDetails, PersonFilter, ReadingKind, ReadingRecord, ReadingState, Replace, SourceCounts,
    SourceDefinition, SourceEntry, SourceRecord, SourceWrite,
};
pub use error::{Cause, StoreError};
pub use events::EventFilter;
pub use gauges::{Gauges, PoolUse};
pub use grants::{EntitlementRow, GrantFilter, GrantOrder, GrantRow};
pub use jobs::{
    JobCause, JobEnd, JobFilter, JobKind, JobRecord, JobState, JobTask, NewSchedule, RunningJob,
    ScheduleRecord,
};
pub use journal::{
    ApplyEnd, Ceiling, FailureClass, FailureFilter, FailureRecord, JournalCounts, JournalEntry,
    JournalRow, JournalState, JournalStatus, Outcome, RecentRemovalCounts, Resolution,
    RunningApply, Settled, Settlement, ShowFailures, Under, next_try,
};
pub use keyset::After;
pub use lane_shares::LaneClaim;
pub use loading::{LoadedInventory, LoadedTeam, LoadedUserGroup};
pub use merging::Merged;
pub use miro_audit::{MiroAuditEntry, MiroAuditFilter};
pub use observing::Observation;
pub use plans::{
    ChangeFilter, Decision, NewPlan, Over, PlanRecord, PlanState, PlanStep, PlannedChange, Removes,
    Supersedes, Undo, Verdict,
};
pub use publish::{Delta, Finish, PublishOutcome};
pub use scim::{
    MatchValue, NeighbourEntry, NewSourceToken, PushedColumn, PushedComparison, PushedCondition,
    PushedGroupName, PushedIndex, PushedMember, PushedOrder, PushedQuery, PushedResource, Pushing,
    SourceToken, SourceTokenState,
};
pub use secrets::{Sealed, SecretKeyRecord, SecretLabel, StoredSecret};
pub use settings::{SettingsOf, SettingsVersion};
pub use staging::{
    MemberGroup, Part, PartKey, StagedMember, StagedOutcome, StagedPage, StagedRows, StagedView,
    View,
};
pub use store::{Check, Store, StoreOptions};
pub use summary::{InventoryCounts, LicenseCount, Summary};
pub use syncs::{Lease, LeaseOwner, NewSync, RunningSync, SyncRecord, SyncState};
pub use teams::{TeamFilter, TeamOrder, TeamRow, UserGroupRow};
pub use url::{DatabaseUrl, Engine};

/// Rows as they come from the database; nothing is held in memory but the row in hand. A stream keeps a
/// connection until it is dropped.
pub type Rows<T> = futures::stream::BoxStream<'static, Result<T, StoreError>>;

/// In which direction a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}
