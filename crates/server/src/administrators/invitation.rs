//! One-time links with which administrators set a password.

use std::time::Duration;

use serde_json::json;
use url::Url;
use usher_engine::Acting;
use usher_model::{AdministratorId, Event, EventKind, Timestamp};
use usher_store::{
    AdministratorRecord, Invitation, InvitationPurpose, NewAdministrator, NewInvitation,
};

use super::secret::{Purpose, Secret};
use crate::problem::Problem;

/// How long somebody has to set a password.
pub const INVITATION: Duration = Duration::from_secs(72 * 3600);

/// A one-time link, for whoever is to use it.
#[derive(Clone, Debug)]
pub struct InvitationLink {
    /// Its token.
    pub secret: Secret,
    /// Until just before when.
    pub expires_at: Timestamp,
}

impl InvitationLink {
    /// The address that a browser opens. The token stands behind `#`, so that it is in no log of a server or a proxy.
    pub fn url(&self, base: &Url, page: &str) -> String {
        let base = base.as_str().trim_end_matches('/');
        format!("{base}/{page}#{}", self.secret.reveal())
    }
}

/// Makes a one-time link with which an administrator sets a password. Earlier ones end.
pub async fn invite(
    acting: Acting<'_>,
    administrator: &AdministratorRecord,
) -> Result<InvitationLink, Problem> {
    let (link, new) = new_link(&administrator.id, acting.now())?;
    let event = issued(
        acting,
        &administrator.id,
        administrator.email.as_deref(),
        &link,
    );
    acting.store.invite(&new, &[event]).await?;
    Ok(link)
}

/// Adds an administrator, and makes the one-time link with which they set a password: both or neither. `added` is the log's
/// entry of the first.
pub async fn add_and_invite(
    acting: Acting<'_>,
    new: &NewAdministrator,
    added: Event,
) -> Result<(AdministratorRecord, InvitationLink), Problem> {
    let (link, invitation) = new_link(&new.id, acting.now())?;
    let issued = issued(acting, &new.id, new.email.as_deref(), &link);
    let record = acting
        .store
        .add_invited(new, &invitation, &[added, issued])
        .await?;
    Ok((record, link))
}

fn new_link(
    administrator: &AdministratorId,
    now: Timestamp,
) -> Result<(InvitationLink, NewInvitation), Problem> {
    let secret = Secret::new(Purpose::Invitation)?;
    let expires_at = now.saturating_add(INVITATION).unwrap_or(now);
    let new = NewInvitation {
        hash: secret.hash.clone(),
        invitation: Invitation {
            purpose: InvitationPurpose::SetPassword,
            administrator: Some(administrator.clone()),
            expires_at,
        },
    };
    Ok((InvitationLink { secret, expires_at }, new))
}

fn issued(
    acting: Acting<'_>,
    administrator: &AdministratorId,
    email: Option<&str>,
    link: &InvitationLink,
) -> Event {
    acting.event(
        EventKind::InvitationIssued,
        format!("administrator:{administrator}"),
        json!({"email": email, "expires_at": link.expires_at}),
    )
}
