//! The one table from the errors of the other crates to exit codes and hints.

use usher_baton::c1z::C1zError;
use usher_directory::{DirectoryError, ErrorKind as DirectoryErrorKind};
use usher_engine::{EngineError, ErrorClass, Refused};
use usher_miro::{ErrorKind, MiroError};
use usher_sandbox::SandboxError;
use usher_server::{Problem, ProblemType};
use usher_store::StoreError;

use crate::exit::Exit;
use crate::failure::Failure;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::InvalidUrl { .. }
            | StoreError::NoSuchSync(_)
            | StoreError::NoSuchSource(_)
            | StoreError::NoSuchPlan(_)
            | StoreError::NoSuchAdministrator(_)
            | StoreError::AdministratorThere(_)
            | StoreError::LastSuperAdministrator
            | StoreError::LinkTaken { .. } => Exit::Usage,
            StoreError::WrongPlanState { .. }
            | StoreError::SettingsMoved { .. }
            | StoreError::AdministratorMoved(_) => Exit::Outdated,
            StoreError::BackupUnusable { .. } | StoreError::BackupUnwritable { .. } => Exit::File,
            StoreError::ConnectorBusy { .. }
            | StoreError::WorkLost { .. }
            | StoreError::DirectoryMoved => Exit::Busy,
            _ => Exit::Database,
        };
        let is_unexplained = matches!(error, StoreError::Database { .. });
        let failure = with_hint_from_message(exit, error);
        if is_unexplained {
            return failure.hint("check the disk under the database and the space left on it; what was stored before is intact");
        }
        failure
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let exit = match problem.kind() {
            ProblemType::Bug => Exit::Failure,
            ProblemType::Unavailable => Exit::Upstream,
            _ => Exit::Usage,
        };
        let hint = problem.remedy().map(str::to_owned);
        Self::new(exit, problem.detail()).maybe_hint(hint)
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        let exit = match error.kind() {
            DirectoryErrorKind::Settings | DirectoryErrorKind::Unreadable => Exit::Usage,
            DirectoryErrorKind::File => Exit::File,
            DirectoryErrorKind::BadCredentials | DirectoryErrorKind::Forbidden => Exit::Credentials,
            _ => Exit::Upstream,
        };
        let hint = error.hint().map(str::to_owned);
        let failure = Self::new(exit, error.to_string()).because_of_source(&error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure.hint("check the settings of the source with `usher people sources --columns name,settings --json`"),
        }
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let exit = match &error {
            SandboxError::File { .. } | SandboxError::StateFile { .. } => Exit::File,
            SandboxError::MakeCertificate { .. } => Exit::Failure,
            _ => Exit::Usage,
        };
        with_hint_from_message(exit, error)
    }
}

impl From<C1zError> for Failure {
    fn from(error: C1zError) -> Self {
        let failure = with_hint_from_message(Exit::File, error);
        if failure.hints().is_empty() {
            return failure.hint("check the path, its permissions and the space left");
        }
        failure
    }
}

/// The stores' messages end in "; what to do next", which belongs on a line of its own here.
fn with_hint_from_message(
    exit: Exit,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Failure {
    let message = error.to_string();
    let (message, hint) = match message.rsplit_once("; ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (message, None),
    };
    Failure::new(exit, message)
        .because_of_source(&error)
        .maybe_hint(hint)
}

impl From<MiroError> for Failure {
    fn from(error: MiroError) -> Self {
        Self::new(miro_exit(&error), error.to_string())
            .because_of_source(&error)
            .hint(error.hint())
    }
}

fn miro_exit(error: &MiroError) -> Exit {
    match error.kind() {
        ErrorKind::BadCredentials
        | ErrorKind::MissingScope(_)
        | ErrorKind::Forbidden
        | ErrorKind::ScimDisabled => Exit::Credentials,
        ErrorKind::Settings => Exit::Usage,
        _ => Exit::Upstream,
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let error = match error {
            EngineError::Store(store) => return store.into(),
            EngineError::Builtin(problem) => return with_hint_from_message(Exit::Usage, problem),
            error => error,
        };
        let exit = engine_exit(&error);
        let hint = error.hint();
        Self::new(exit, error.to_string())
            .because_of_source(&error)
            .maybe_hint(hint)
    }
}

fn engine_exit(error: &EngineError) -> Exit {
    match error {
        EngineError::NoToken | EngineError::OtherOrganization { .. } => return Exit::Credentials,
        EngineError::Miro { source, .. } => return miro_exit(source),
        EngineError::Refused(refused) => return refused_exit(refused),
        _ => {}
    }
    match error.class() {
        ErrorClass::Invalid | ErrorClass::NotFound => Exit::Usage,
        ErrorClass::Forbidden => Exit::Credentials,
        ErrorClass::Unavailable { .. } => Exit::Upstream,
        ErrorClass::Database | ErrorClass::Conflict => Exit::Database,
        ErrorClass::File => Exit::File,
        ErrorClass::Bug => Exit::Failure,
    }
}

/// What the state of things does not allow.
fn refused_exit(refused: &Refused) -> Exit {
    match refused {
        Refused::Inactive(_) | Refused::SwitchedOff(_) | Refused::InQuarantine { .. } => {
            Exit::NotReady
        }
        Refused::NeedsApproval { .. } => Exit::Held,
        Refused::Rejected { .. }
        | Refused::Over { .. }
        | Refused::RejectedSince { .. }
        | Refused::InventoryStale { .. }
        | Refused::WorldMoved { .. } => Exit::Outdated,
        Refused::SnapshotSuspect { .. } => Exit::Suspect,
        Refused::TokensDisagree(_) => Exit::Credentials,
        Refused::NotInQuarantine(_) | Refused::WhichPerson { .. } => Exit::Usage,
        _ => Exit::Failure,
    }
}
