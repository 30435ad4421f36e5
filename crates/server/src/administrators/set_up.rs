//! The first start: a link for whoever sets Usher up.

use std::time::Duration;

use serde_json::json;
use usher_engine::Acting;
use usher_model::EventKind;
use usher_store::{Invitation, InvitationPurpose, NewInvitation};

use super::invitation::InvitationLink;
use super::secret::{Purpose, Secret};
use crate::problem::Problem;

/// How long somebody has to set Usher up.
const SET_UP: Duration = Duration::from_secs(24 * 3600);

/// The link with which the first Super Administrator is made; none once there is an administrator. Each call makes a new
/// one, and earlier ones end.
pub async fn set_up_link(acting: Acting<'_>) -> Result<Option<InvitationLink>, Problem> {
    if acting.store.has_administrators().await? {
        return Ok(None);
    }
    let secret = Secret::new(Purpose::Invitation)?;
    let now = acting.now();
    let expires_at = now.saturating_add(SET_UP).unwrap_or(now);
    let new = NewInvitation {
        hash: secret.hash.clone(),
        invitation: Invitation {
            purpose: InvitationPurpose::SetUp,
            administrator: None,
            expires_at,
        },
    };
    let data = json!({"expires_at": expires_at});
    let event = acting.event(EventKind::InvitationIssued, "set_up", data);
    acting.store.invite(&new, &[event]).await?;
    Ok(Some(InvitationLink { secret, expires_at }))
}
