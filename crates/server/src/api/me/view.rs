//! How whoever asks is shown.

use serde::Serialize;
use usher_model::Right;
use usher_store::{AdministratorRecord, SessionRecord};
use utoipa::ToSchema;

use super::super::administrators::view::AdministratorView;
use super::super::caller::{Caller, Who};

/// Who asks, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// Who.
    administrator: AdministratorView,
    /// What they may do now: with an API token, what both its scopes and their role allow.
    #[schema(value_type = Vec<String>, example = json!(["inventory:read"]))]
    rights: Vec<Right>,
    /// The id of their session, if they came in person.
    session: Option<String>,
    /// The id of their API token, if they came by one.
    token: Option<String>,
}

impl MeView {
    /// Somebody with a session.
    pub fn in_person(administrator: &AdministratorRecord, session: &SessionRecord) -> Self {
        Self {
            rights: administrator.role.rights().to_vec(),
            administrator: administrator.clone().into(),
            session: Some(session.id.to_string()),
            token: None,
        }
    }

    /// Whoever asks; nothing for a visitor.
    pub fn of(caller: &Caller) -> Option<Self> {
        match caller.who() {
            Who::Visitor => None,
            Who::InPerson {
                administrator,
                session,
            } => Some(Self::in_person(administrator, session)),
            Who::ByToken {
                administrator,
                token,
            } => Some(Self {
                rights: Right::ALL
                    .iter()
                    .copied()
                    .filter(|right| caller.has(*right))
                    .collect(),
                administrator: administrator.clone().into(),
                session: None,
                token: Some(token.id.to_string()),
            }),
        }
    }
}
