//! One-time links with which administrators set a password.

use std::time::Duration;

use serde_json::json;
use url::Url;
use usher_engine::Acting;
use usher_model::{EventKind, Timestamp};
use usher_store::{AdministratorRecord, Invitation, InvitationPurpose, NewInvitation};

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
    let secret = Secret::new(Purpose::Invitation)?;
    let now = acting.now();
    let expires_at = now.saturating_add(INVITATION).unwrap_or(now);
    let new = NewInvitation {
        hash: secret.hash.clone(),
        invitation: Invitation {
            purpose: InvitationPurpose::SetPassword,
            administrator: Some(administrator.id.clone()),
            expires_at,
        },
    };
    let event = acting.event(
        EventKind::InvitationIssued,
        format!("administrator:{}", administrator.id),
        json!({"email": administrator.email, "expires_at": expires_at}),
    );
    acting.store.invite(&new, &[event]).await?;
    Ok(InvitationLink { secret, expires_at })
}
