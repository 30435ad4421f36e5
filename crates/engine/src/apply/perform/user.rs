//! Changes of accounts.

use usher_miro::{
    ConflictKind, ErrorKind, Priority, Scim, ScimUser, ScimUserDraft, Scope, with_request_id,
};
use usher_model::AccountId;

use super::{Hands, failed, may_have_worked};
use crate::apply::classify::{Failure, FailureKind, classify};
use crate::apply::job::{Came, Sessions, UserJob, Whence};
use crate::apply::writing::UserCall;

impl Hands {
    pub(super) async fn user(&self, job: UserJob) -> Result<Came, Failure> {
        let scim = self.scim(job.priority)?;
        let account = job.account.clone();
        match (&job.call, account) {
            (UserCall::Create(draft), _) => Ok(create(&scim, draft).await),
            (_, None) => Err(Failure::new(
                FailureKind::Permanent,
                "the account that is to be changed is not known",
                "plan again",
            )),
            (UserCall::Delete, Some(account)) => Ok(delete(&scim, &account).await),
            (UserCall::Patch(_), Some(account)) => self.change(&scim, &job, &account).await,
        }
    }

    async fn change(
        &self,
        scim: &Scim,
        job: &UserJob,
        account: &AccountId,
    ) -> Result<Came, Failure> {
        let UserCall::Patch(patch) = &job.call else {
            return Ok(Came::Unsent);
        };
        let user = match scim.patch_user(account, patch).await {
            Ok(user) => user,
            Err(error) if may_have_worked(&error) => {
                let shows_it = |user: &ScimUser| {
                    job.expected
                        .iter()
                        .all(|expected| expected.mismatch(user).is_none())
                };
                match scim.user(account).await {
                    Ok(user) if !job.expected.is_empty() && shows_it(&user) => user,
                    _ => return Ok(failed(&error)),
                }
            }
            Err(error) => return Ok(failed(&error)),
        };
        let whence = self.sign_out(&user, job.sessions).await;
        Ok(Came::User(Box::new(user), whence))
    }

    /// Ends the sessions of somebody who is disabled now, if that is wanted.
    pub(super) async fn sign_out(&self, user: &ScimUser, sessions: Sessions) -> Whence {
        if sessions == Sessions::Leave {
            return Whence::Changed;
        }
        // The id of this request is not the change's.
        let (ended, _) = Box::pin(with_request_id(self.end_sessions(&user.user_name))).await;
        match ended {
            Ok(()) => Whence::SignedOut,
            Err(why) => {
                tracing::warn!(%why, "the sessions of a disabled user were not ended");
                Whence::StillSignedIn(why)
            }
        }
    }

    async fn end_sessions(&self, email: &str) -> Result<(), String> {
        if !self.tools.may(Scope::SessionsDelete) {
            return Err("there is no access token with the scope sessions:delete".to_owned());
        }
        let rest = self
            .rest(Priority::Urgent)
            .map_err(|failure| failure.words)?;
        let ended = rest.reset_sessions(email).await;
        ended.map_err(|error| error.to_string())
    }
}

/// A creation is sent once. What became of it, if that is not known, is found out by looking the address up.
async fn create(scim: &Scim, draft: &ScimUserDraft) -> Came {
    let error = match scim.create_user(draft).await {
        Ok(user) => return Came::User(Box::new(user), Whence::Created),
        Err(error) => error,
    };
    let whence = match error.kind() {
        ErrorKind::Ambiguous => Whence::Created,
        ErrorKind::NotUnique
        | ErrorKind::Conflict(
            ConflictKind::Other | ConflictKind::NotOursAlone | ConflictKind::Inactive,
        ) => Whence::Found,
        _ => return failed(&error),
    };
    match scim.user_by_name(&draft.user_name).await {
        Ok(Some(user)) => Came::User(Box::new(user), whence),
        Ok(None) if whence == Whence::Created => Came::Failed(Failure {
            words: format!("{error}; the account was looked for and is not there"),
            remedy: "the next plan creates it".to_owned(),
            ..classify(&error)
        }),
        Ok(None) => failed(&error),
        Err(unread) => Came::Failed(Failure {
            words: format!("{error}; the account could not be looked for either: {unread}"),
            remedy: "the next plan looks for it and links or creates it".to_owned(),
            ..classify(&error)
        }),
    }
}

async fn delete(scim: &Scim, account: &AccountId) -> Came {
    let error = match scim.delete_user(account).await {
        Ok(()) => return Came::Gone,
        Err(error) => error,
    };
    if may_have_worked(&error) && is_gone(scim, account).await {
        return Came::Gone;
    }
    failed(&error)
}

async fn is_gone(scim: &Scim, account: &AccountId) -> bool {
    let found = scim.user(account).await;
    found.is_err_and(|error| *error.kind() == ErrorKind::NotFound)
}
