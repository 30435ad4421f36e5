//! Doing one thing in Miro: the calls, and finding out what became of a call that nobody answered.
//!
//! Nothing here decides what is done next; each job ends with what came of it.

mod group;
mod look;
mod members;
mod recall;
mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use usher_miro::{ErrorKind, MiroClient, MiroError, Priority, Rest, Scim};
use usher_model::OrganizationId;

use super::batch::Quoting;
use super::classify::{Failure, FailureKind, classify};
use super::job::{Came, Job};
use super::means::Tools;

pub(super) use recall::Recall;

/// What jobs are done with.
#[derive(Debug)]
pub struct Hands {
    client: MiroClient,
    organization: OrganizationId,
    tools: Tools,
    /// Set once Miro has refused the quoted form of an id in a path.
    unquoted: AtomicBool,
}

impl Hands {
    /// With this client on this organization.
    pub fn new(client: MiroClient, organization: OrganizationId, tools: Tools) -> Arc<Self> {
        Arc::new(Self {
            client,
            organization,
            tools,
            unquoted: AtomicBool::new(false),
        })
    }

    fn scim(&self, priority: Priority) -> Result<Scim, Failure> {
        let scim = self.client.scim();
        scim.map(|scim| scim.with_priority(priority))
            .ok_or_else(|| missing("SCIM token"))
    }

    fn rest(&self, priority: Priority) -> Result<Rest, Failure> {
        let rest = self.client.rest();
        rest.map(|rest| rest.with_priority(priority))
            .ok_or_else(|| missing("access token"))
    }

    fn quoting(&self) -> Quoting {
        if self.unquoted.load(Ordering::Relaxed) {
            Quoting::Unquoted
        } else {
            Quoting::Quoted
        }
    }

    fn stop_quoting(&self) {
        self.unquoted.store(true, Ordering::Relaxed);
    }

    /// Does a job.
    pub async fn perform(&self, job: Job) -> Came {
        let came = match job {
            Job::Here => Ok(Came::Here),
            Job::User(job) => self.user(job).await,
            Job::Members(job) => self.members(job).await,
            Job::Member(job) => self.member(job).await,
            Job::Group(call) => self.group(call).await,
            Job::VerifyUser { account, priority } => self.see_user(account, priority).await,
            Job::VerifyMembers {
                group,
                accounts,
                members,
            } => self.see_members(group, accounts, members).await,
            Job::VerifyAll(sweep) => self.sweep(&sweep).await,
        };
        came.unwrap_or_else(Came::Failed)
    }
}

fn missing(token: &str) -> Failure {
    Failure::new(
        FailureKind::NeedsAdmin,
        format!("there is no {token}"),
        format!("set the {token}"),
    )
}

/// What an error means for the change whose call it is.
fn failed(error: &MiroError) -> Came {
    match error.kind() {
        ErrorKind::Stopped => Came::Unsent,
        _ => Came::Failed(classify(error)),
    }
}

/// Whether the call behind an error may have been carried out all the same.
fn may_have_worked(error: &MiroError) -> bool {
    match error.kind() {
        ErrorKind::Ambiguous | ErrorKind::Server | ErrorKind::Protocol => true,
        ErrorKind::Unreachable(_) | ErrorKind::RateLimited { .. } => error.attempts() > 0,
        ErrorKind::Stopped
        | ErrorKind::Settings
        | ErrorKind::BadCredentials
        | ErrorKind::ScimDisabled => false,
        // A repetition may fail because the first attempt worked.
        _ => error.attempts() > 1,
    }
}
