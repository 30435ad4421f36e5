//! What can go wrong, and what to do about it.

use std::error::Error;

use usher_model::{
    AdministratorId, BrokenChain, OrganizationId, PlanId, SourceName, SyncId, Timestamp,
};

/// A cause that comes from the database driver or the operating system.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why the store could not do what it was asked. Every message ends with what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The text is not a database URL.
    #[error(
        "`{url}` is not a database URL: {why}; write sqlite://PATH or postgres://USER@HOST/DATABASE"
    )]
    InvalidUrl {
        /// What was given, without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database file could not be opened or created.
    #[error(
        "cannot open the database file {path}; check that its directory exists and that you may write there"
    )]
    CannotOpen {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// The file is something other than a SQLite database, or damaged beyond reading.
    #[error(
        "{path} is not a database; name another file, or put this one aside and let Usher create a new one"
    )]
    NotADatabase {
        /// The file.
        path: String,
    },
    /// The database belongs to another program.
    #[error(
        "{database} belongs to another program ({why}); give Usher a database of its own, nothing was changed in this one"
    )]
    ForeignDatabase {
        /// The file or the server's database.
        database: String,
        /// How that was noticed.
        why: String,
    },
    /// A newer Usher wrote the database.
    #[error(
        "{database} has schema version {found}, and this program knows versions up to {known}; run a newer Usher"
    )]
    NewerSchema {
        /// The file or the server's database.
        database: String,
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The schema's history is not the one this program has.
    #[error(
        "migration {version} of {database} is not the one this program contains; restore a backup, or use the program that wrote it"
    )]
    AlteredMigration {
        /// The file or the server's database.
        database: String,
        /// Which migration.
        version: i64,
    },
    /// Another program keeps the database locked.
    #[error(
        "{database} is locked by another program; wait until it is done, or end it, and try again"
    )]
    Locked {
        /// The file or the server's database.
        database: String,
    },
    /// No space is left.
    #[error(
        "no space is left for {database}; free some and try again, what was stored before is intact"
    )]
    DiskFull {
        /// The file or the server's database.
        database: String,
    },
    /// The database cannot be written to.
    #[error(
        "{database} is read-only; check the permissions of the file and its directory, or connect to the primary server"
    )]
    ReadOnly {
        /// The file or the server's database.
        database: String,
    },
    /// The database file is damaged.
    #[error("{database} is damaged; put it aside and restore a backup, or synchronize anew")]
    Damaged {
        /// The file or the server's database.
        database: String,
    },
    /// The PostgreSQL server does not answer.
    #[error(
        "cannot reach the PostgreSQL server at {server}; check the address and that the server runs and accepts connections"
    )]
    Unreachable {
        /// Host and port, or the socket's directory.
        server: String,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// The TLS handshake with the PostgreSQL server failed.
    #[error(
        "no TLS connection to the PostgreSQL server at {server}; check sslmode and sslrootcert in the URL, and that the host in it is a name in the server's certificate"
    )]
    Tls {
        /// Host and port.
        server: String,
        /// What the handshake said.
        #[source]
        source: Cause,
    },
    /// The PostgreSQL server refused the user or the password.
    #[error("the PostgreSQL server at {server} refused user `{user}`; check user and password")]
    Refused {
        /// Host and port, or the socket's directory.
        server: String,
        /// The user.
        user: String,
        /// What the server said.
        #[source]
        source: Cause,
    },
    /// The PostgreSQL user may not do what is needed.
    #[error(
        "user of {database} lacks a right; let it own the database, or grant it CREATE on the schema"
    )]
    Forbidden {
        /// The server's database.
        database: String,
        /// What the server said.
        #[source]
        source: Cause,
    },
    /// The PostgreSQL server has no such database.
    #[error(
        "the PostgreSQL server at {server} has no database `{name}`; create it with `createdb {name}`"
    )]
    NoSuchDatabase {
        /// Host and port, or the socket's directory.
        server: String,
        /// The database.
        name: String,
    },
    /// Another process is synchronizing the organization.
    #[error(
        "organization {organization} is being synchronized by {owner} (sync {sync}); wait for it to end, or until {until} if it was killed"
    )]
    SyncRunning {
        /// The organization.
        organization: OrganizationId,
        /// The other synchronization.
        sync: SyncId,
        /// Who runs it.
        owner: String,
        /// When its lease ends unless it is renewed.
        until: Timestamp,
    },
    /// Another process took the synchronization over because the lease had ended.
    #[error("sync {sync} was taken over by another process; let that one go on")]
    LeaseLost {
        /// The synchronization.
        sync: SyncId,
    },
    /// There is no such synchronization.
    #[error("there is no sync {0}; `usher syncs` lists them")]
    NoSuchSync(SyncId),
    /// The synchronization is not in the state that the operation needs.
    #[error(
        "sync {sync} is {state}, so it cannot be {operation}; `usher syncs` shows how it ended"
    )]
    WrongState {
        /// The synchronization.
        sync: SyncId,
        /// Its state.
        state: crate::SyncState,
        /// What was asked: "accepted", "resumed", "published".
        operation: &'static str,
    },
    /// There is no such directory source.
    #[error("there is no directory source `{0}`; `usher people sources` lists them")]
    NoSuchSource(SourceName),
    /// Somebody else wrote to the directory while this process was merging what its sources say.
    #[error(
        "the directory was changed by another process while its sources were being merged; wait until it is done, then run `usher people source read`"
    )]
    DirectoryMoved,
    /// There is no such plan.
    #[error("there is no plan {0}; `usher plan list` lists them")]
    NoSuchPlan(PlanId),
    /// The plan is not in the state that the operation needs.
    #[error(
        "plan {plan} is {state}, so it cannot be {operation}; make a new plan, or look at this one's state"
    )]
    WrongPlanState {
        /// The plan.
        plan: PlanId,
        /// Its state.
        state: crate::PlanState,
        /// What was asked: "approved", "applied", "finished".
        operation: &'static str,
    },
    /// Somebody rejected changes of the plan, in this plan or another, after it was made or approved.
    #[error(
        "{changes} changes of plan {plan} were rejected since; make a new plan, and approve it if they are wanted"
    )]
    RejectedSince {
        /// The plan.
        plan: PlanId,
        /// How many.
        changes: u64,
    },
    /// Nobody approved the plan, and it would take away more than may be taken away without that.
    #[error(
        "plan {plan} would make it {counted} {what} within 24 hours, and {allowed} are allowed without approval; approve it, or make a new plan"
    )]
    OverCeiling {
        /// The plan.
        plan: PlanId,
        /// What is counted: "removals", "changes that cannot be undone".
        what: &'static str,
        /// How many there would be.
        counted: u64,
        /// How many are allowed.
        allowed: u64,
    },
    /// Somebody else saved the settings meanwhile.
    #[error(
        "the {name} settings are at version {found} and no longer at {expected}; look at them again, and save anew"
    )]
    SettingsMoved {
        /// Which settings.
        name: &'static str,
        /// The version that the change was made from; 0: none.
        expected: u64,
        /// The version that is there.
        found: u64,
    },
    /// The backup could not be written.
    #[error(
        "the backup could not be written; check the folder, its permissions and the space left"
    )]
    BackupUnwritable {
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// The file is no backup that can be used.
    #[error("{path} cannot be used as a backup: {why}")]
    BackupUnusable {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something is in the database that a restore would lose.
    #[error(
        "{database} is not empty, and nothing was changed; name an empty one, or say --replace to lose what is in it"
    )]
    NotEmpty {
        /// The file or the server's database.
        database: String,
    },
    /// Another version of the key is the current one by now.
    #[error("key {version} is not the current one any more; seal the secret anew")]
    SecretKeyMoved {
        /// The version it was sealed with.
        version: u32,
    },
    /// An account can be tied to one person, a team or user group to one directory group.
    #[error("{target} is linked to {holder} already; remove that link first")]
    LinkTaken {
        /// The account, team or user group.
        target: String,
        /// The person or group it is tied to.
        holder: String,
    },
    /// There is no such administrator.
    #[error("there is no administrator {0}; `usher administrators list` lists them")]
    NoSuchAdministrator(AdministratorId),
    /// Somebody has the e-mail address.
    #[error("an administrator with the e-mail address {0} is there already; change that one")]
    AdministratorThere(String),
    /// Somebody else changed the administrator meanwhile.
    #[error(
        "administrator {0} was changed by somebody else meanwhile; look at them again, and change them anew"
    )]
    AdministratorMoved(AdministratorId),
    /// Nobody would be left who can say who uses Usher.
    #[error("this is the last active Super Administrator; make somebody else one first")]
    LastSuperAdministrator,
    /// Another process works on the connector.
    #[error(
        "organization {organization} is being worked on by {owner} ({work}); wait for it to end, or until {until} if it was killed"
    )]
    ConnectorBusy {
        /// The organization.
        organization: OrganizationId,
        /// What is being done: `cycle:ID`, `apply:PLAN`, `settle:PLAN`.
        work: String,
        /// Who does it.
        owner: String,
        /// When the lease ends unless it is renewed.
        until: Timestamp,
    },
    /// Another process took the work over because the lease had ended.
    #[error("{work} was taken over by another process; let that one go on")]
    WorkLost {
        /// What was being done.
        work: String,
    },
    /// The change's place in the journal does not allow this.
    #[error(
        "change {number} of plan {plan} is {state}, so it cannot be {operation}; read the journal again"
    )]
    WrongJournalState {
        /// The plan.
        plan: PlanId,
        /// The change's number.
        number: u32,
        /// What the journal says of it.
        state: crate::JournalState,
        /// What was asked: "intended", "settled".
        operation: &'static str,
    },
    /// Changes of the plan have no outcome yet.
    #[error(
        "{open} changes of plan {plan} have no outcome; settle or skip them before the plan is called applied"
    )]
    Unsettled {
        /// The plan.
        plan: PlanId,
        /// How many.
        open: u64,
    },
    /// A stored value cannot be read.
    #[error(
        "{database} holds something in {column} that Usher did not write: {why}; restore a backup"
    )]
    Unreadable {
        /// The file or the server's database.
        database: String,
        /// Table and column.
        column: String,
        /// What is wrong.
        why: String,
    },
    /// The event log was tampered with.
    #[error("the event log of {database} is broken; keep it as evidence and restore a backup")]
    BrokenEvents {
        /// The file or the server's database.
        database: String,
        /// Where.
        #[source]
        source: BrokenChain,
    },
    /// Something else went wrong in the database.
    #[error("{database} failed to {operation}")]
    Database {
        /// The file or the server's database.
        database: String,
        /// What was being done.
        operation: &'static str,
        /// What the driver said.
        #[source]
        source: Cause,
    },
}

impl StoreError {
    /// Whether the same may work in a moment: another program has the database, or nobody reaches it now.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Unreachable { .. })
    }
}
