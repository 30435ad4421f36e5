//! The one classified error that leaves the engine.

use std::time::Duration;

use usher_directory::builtin::BuiltinProblem;
use usher_directory::{DirectoryError, ErrorKind as DirectoryErrorKind};
use usher_miro::MiroError;
use usher_model::{OrganizationId, PlanId, SourceName, SyncId};
use usher_plan::{LintFinding, PlanError};
use usher_store::StoreError;

use crate::notify::NotifyError;
use crate::refused::Refused;
use crate::secrets::SecretError;
use crate::sync::UNNAMED;

/// What kind of failure it was, for whoever has to map it to an exit code or an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// What was asked makes no sense.
    Invalid,
    /// What was asked about does not exist.
    NotFound,
    /// The credentials do not allow it.
    Forbidden,
    /// It contradicts the state of things.
    Conflict,
    /// Miro did not answer, or not usefully; trying again may help.
    Unavailable {
        /// When to try again, if Miro said.
        retry_after: Option<Duration>,
    },
    /// The database failed.
    Database,
    /// A file could not be read or written.
    File,
    /// Usher is at fault.
    Bug,
}

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// There is no token at all.
    #[error("no Miro token is set")]
    NoToken,
    /// The token lacks scopes.
    #[error("{message}")]
    MissingScopes {
        /// Which, and what each is needed for.
        message: String,
    },
    /// Miro did not say which organization the token belongs to.
    #[error("Miro does not say which organization this access token belongs to")]
    NoOrganization,
    /// The token belongs to another organization than the one that was named.
    #[error("the access token belongs to organization {found}, not to {expected}")]
    OtherOrganization {
        /// The organization that was named, or that the database holds.
        expected: OrganizationId,
        /// The organization that answered.
        found: OrganizationId,
    },
    /// The database holds several organizations, or none, and none was named.
    #[error("{0}")]
    WhichOrganization(String),
    /// There is no suspect snapshot to accept.
    #[error("organization {0} has no suspect snapshot")]
    NothingSuspect(OrganizationId),
    /// There is no synchronization of this id or description.
    #[error("there is no synchronization `{0}`")]
    NoSuchSync(String),
    /// Miro refused, failed or did not answer.
    #[error("{doing} failed")]
    Miro {
        /// What was being done.
        doing: String,
        /// What Miro said.
        #[source]
        source: Box<MiroError>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The synchronization went on elsewhere.
    #[error("sync {0} was taken over by another process")]
    TakenOver(SyncId),
    /// It was told to stop, and can go on later.
    #[error("{what} was told to stop")]
    Stopped {
        /// What.
        what: String,
    },
    /// The state of things does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A directory source's settings cannot be used.
    #[error("directory source `{name}` cannot be used")]
    Directory {
        /// The source.
        name: SourceName,
        /// Why.
        #[source]
        source: Box<DirectoryError>,
    },
    /// The built-in directory cannot be changed in this way.
    #[error(transparent)]
    Builtin(#[from] BuiltinProblem),
    /// Stored settings or entries cannot be read.
    #[error("the stored {what} cannot be read: {why}")]
    StoredSettings {
        /// What cannot be read.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The provisioning settings cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A plan breaks a rule that every plan keeps.
    #[error(
        "plan {plan} breaks rules that every plan keeps, and is not stored:\n{}",
        words(findings)
    )]
    Lint {
        /// The plan.
        plan: PlanId,
        /// Which rules, and where.
        findings: Vec<LintFinding>,
    },
    /// The notification settings cannot be used.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// A secret or its key cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Something that cannot be.
    #[error("{0}")]
    Bug(String),
}

fn words(findings: &[LintFinding]) -> String {
    let lines: Vec<_> = findings.iter().take(20).map(ToString::to_string).collect();
    lines.join("\n")
}

impl EngineError {
    /// Wraps what Miro said with what was being done.
    pub(crate) fn miro(doing: impl Into<String>) -> impl FnOnce(MiroError) -> Self {
        let doing = doing.into();
        move |source| Self::Miro {
            doing,
            source: Box::new(source),
        }
    }

    /// The kind of failure.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NoToken
            | Self::WhichOrganization(_)
            | Self::Builtin(_)
            | Self::Plan(_)
            | Self::Notify(_)
            | Self::StoredSettings { .. } => ErrorClass::Invalid,
            Self::MissingScopes { .. } | Self::NoOrganization => ErrorClass::Forbidden,
            Self::NothingSuspect(_)
            | Self::NoSuchSync(_)
            | Self::Refused(Refused::WhichPerson { .. }) => ErrorClass::NotFound,
            Self::OtherOrganization { .. }
            | Self::TakenOver(_)
            | Self::Stopped { .. }
            | Self::Refused(_) => ErrorClass::Conflict,
            Self::Miro { source, .. } => miro_class(source),
            Self::Store(error) => store_class(error),
            Self::Directory { source, .. } => directory_class(source),
            Self::Write { .. } => ErrorClass::File,
            Self::Secret(error) => secret_class(error),
            Self::Bug(_) | Self::Lint { .. } => ErrorClass::Bug,
        }
    }

    /// What to do next, in the user's words.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoToken => {
                "set USHER_ACCESS_TOKEN (an app's OAuth access token) or USHER_SCIM_TOKEN, or both"
            }
            Self::MissingScopes { .. } => {
                "add the scopes to the app in Miro (Settings, Your apps), install it again and use the new token"
            }
            Self::NoOrganization => {
                "install the app in a team of the Enterprise organization and use its token"
            }
            Self::OtherOrganization { expected, .. } if expected.as_str() == UNNAMED => {
                "the database holds an organization that was read with a SCIM token alone; with an access token of the same organization, `usher sync` finds out which one it is"
            }
            Self::OtherOrganization { .. } => {
                "check the token; to keep both organizations in one database, name the other with --organization"
            }
            Self::WhichOrganization(_) => "name one with --organization ID",
            Self::NothingSuspect(_) => {
                "`usher sync` reads the organization; what it does not believe waits to be accepted, and `usher syncs` lists it"
            }
            Self::NoSuchSync(_) => {
                "`usher syncs` lists them; `latest`, `previous` and dates work too"
            }
            Self::Miro { source, .. } => return Some(source.hint()),
            Self::Write { .. } => "check the folder, its permissions and the space left",
            Self::TakenOver(_) => "let the other process go on; `usher syncs` shows how it ended",
            Self::Stopped { .. } => "run it again: it goes on behind what was read",
            Self::Bug(_) | Self::Lint { .. } => {
                "please report this, with the output of --log-level debug"
            }
            Self::Refused(refused) => return Some(refused.hint()),
            Self::Directory { source, .. } => return source.hint().map(ToOwned::to_owned),
            Self::StoredSettings { .. } => {
                "this version of Usher cannot use them; go back to the version that wrote them, or save them anew"
            }
            Self::Notify(_) => "correct [notify] in usher.toml",
            Self::Secret(error) => return Some(error.hint()),
            Self::Store(_) | Self::Builtin(_) | Self::Plan(_) => return None,
        };
        Some(hint.to_owned())
    }
}

fn store_class(error: &StoreError) -> ErrorClass {
    match error {
        StoreError::ConnectorBusy { .. }
        | StoreError::SyncRunning { .. }
        | StoreError::WorkLost { .. }
        | StoreError::LeaseLost { .. }
        | StoreError::WrongPlanState { .. }
        | StoreError::RejectedSince { .. }
        | StoreError::OverCeiling { .. }
        | StoreError::SettingsMoved { .. }
        | StoreError::DirectoryMoved
        | StoreError::AdministratorThere(_)
        | StoreError::AdministratorMoved(_)
        | StoreError::LastSuperAdministrator
        | StoreError::LinkTaken { .. } => ErrorClass::Conflict,
        StoreError::NoSuchPlan(_)
        | StoreError::NoSuchSource(_)
        | StoreError::NoSuchAdministrator(_) => ErrorClass::NotFound,
        _ => ErrorClass::Database,
    }
}

fn secret_class(error: &SecretError) -> ErrorClass {
    match error {
        SecretError::File { .. } | SecretError::Readable { .. } => ErrorClass::File,
        SecretError::Damaged { .. } => ErrorClass::Database,
        SecretError::Overtaken { .. } => ErrorClass::Conflict,
        SecretError::NoRandomness => ErrorClass::Bug,
        _ => ErrorClass::Invalid,
    }
}

fn directory_class(error: &DirectoryError) -> ErrorClass {
    match error.kind() {
        DirectoryErrorKind::Settings | DirectoryErrorKind::Unreadable => ErrorClass::Invalid,
        DirectoryErrorKind::File => ErrorClass::File,
        DirectoryErrorKind::BadCredentials
        | DirectoryErrorKind::Forbidden
        | DirectoryErrorKind::Untrusted => ErrorClass::Forbidden,
        DirectoryErrorKind::Throttled { retry_after } => ErrorClass::Unavailable { retry_after },
        DirectoryErrorKind::Unreachable
        | DirectoryErrorKind::TooMuch
        | DirectoryErrorKind::Server => ErrorClass::Unavailable { retry_after: None },
    }
}

fn miro_class(error: &MiroError) -> ErrorClass {
    use usher_miro::ErrorKind as Kind;
    match error.kind() {
        Kind::BadCredentials | Kind::MissingScope(_) | Kind::Forbidden | Kind::ScimDisabled => {
            ErrorClass::Forbidden
        }
        Kind::RateLimited { retry_after } => ErrorClass::Unavailable {
            retry_after: *retry_after,
        },
        _ => ErrorClass::Unavailable { retry_after: None },
    }
}
