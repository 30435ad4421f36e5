//! By which of Miro's two APIs a change can be made with the tokens at hand. Pure.

use std::collections::BTreeSet;

use usher_miro::Scope;
use usher_model::{GroupModel, Known};
use usher_plan::Action;

/// What there is to work with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// Whether there is a SCIM token.
    pub scim: Token,
    /// Whether there is an access token.
    pub rest: Token,
    /// What the access token may do, if Miro said.
    pub scopes: Known<BTreeSet<Scope>>,
    /// What a SCIM group is in the organization.
    pub group_model: Known<GroupModel>,
}

/// Whether a token is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// It is.
    There,
    /// It is not.
    Missing,
}

impl Tools {
    /// Whether REST can be asked for what needs this scope. A token whose scopes Miro does not list is tried.
    pub fn may(&self, scope: Scope) -> bool {
        self.rest == Token::There
            && self
                .scopes
                .as_ref()
                .known()
                .is_none_or(|scopes| scopes.contains(&scope))
    }

    fn has_scim(&self) -> bool {
        self.scim == Token::There
    }

    fn scim_groups_are(&self, model: GroupModel) -> bool {
        self.has_scim() && self.group_model == Known::Known(model)
    }
}

/// How a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    /// Not in Miro at all.
    Here,
    /// A SCIM user.
    ScimUser,
    /// A SCIM group: a team or a user group.
    ScimGroup,
    /// A team, by REST.
    RestTeam,
    /// A user group, by REST.
    RestUserGroup,
}

/// A change that cannot be made with the tokens at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is missing.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// How a change is made, or what stands in its way.
pub fn means(action: &Action, tools: &Tools) -> Result<Means, Refusal> {
    match action {
        Action::LinkAccount { .. } | Action::LinkTeam { .. } | Action::LinkUserGroup { .. } => {
            Ok(Means::Here)
        }
        Action::CreateAccount { .. }
        | Action::UpdateAttributes { .. }
        | Action::Rename { .. }
        | Action::Enable { .. }
        | Action::Disable { .. }
        | Action::Delete { .. }
        | Action::SetRole { .. }
        | Action::AddAdminRole { .. }
        | Action::RemoveAdminRole { .. }
        | Action::RaiseLicense { .. } => scim_user(tools),
        Action::AddToTeam { .. } | Action::RemoveFromTeam { .. } | Action::RenameTeam { .. } => {
            either(GroupModel::Team, tools)
        }
        Action::CreateTeam { .. } | Action::SetTeamRole { .. } => {
            rest(Means::RestTeam, Scope::TeamsWrite, tools)
        }
        Action::AddToUserGroup { .. }
        | Action::RemoveFromUserGroup { .. }
        | Action::CreateUserGroup { .. }
        | Action::RenameUserGroup { .. }
        | Action::DeleteUserGroup { .. } => either(GroupModel::UserGroup, tools),
    }
}

fn scim_user(tools: &Tools) -> Result<Means, Refusal> {
    if tools.has_scim() {
        return Ok(Means::ScimUser);
    }
    Err(Refusal {
        why: "Miro changes accounts through SCIM only, and there is no SCIM token".to_owned(),
        remedy: "set the SCIM token; Miro shows it under Company settings > Enterprise integrations > SCIM \
                 provisioning"
            .to_owned(),
    })
}

/// By SCIM where its groups are of this kind, because one call takes many members; else by REST.
fn either(model: GroupModel, tools: &Tools) -> Result<Means, Refusal> {
    if tools.scim_groups_are(model) {
        return Ok(Means::ScimGroup);
    }
    let (means, scope) = match model {
        GroupModel::Team => (Means::RestTeam, Scope::TeamsWrite),
        GroupModel::UserGroup => (Means::RestUserGroup, Scope::GroupsWrite),
    };
    let by_rest = rest(means, scope, tools);
    match by_rest {
        Err(_) if tools.has_scim() && !tools.group_model.is_known() => Err(Refusal {
            why: format!(
                "nobody knows whether a SCIM group is a team or a user group here, and without the scope {scope} \
                 REST cannot be asked instead"
            ),
            remedy: format!("activate the connector again, or add the scope {scope}"),
        }),
        other => other,
    }
}

fn rest(means: Means, scope: Scope, tools: &Tools) -> Result<Means, Refusal> {
    if tools.may(scope) {
        return Ok(means);
    }
    if tools.rest == Token::Missing {
        return Err(Refusal {
            why: format!(
                "only Miro's REST API can {}, and there is no access token",
                scope.purpose()
            ),
            remedy: format!("set an access token with the scope {scope}"),
        });
    }
    Err(Refusal {
        why: scope.missing_message(),
        remedy: format!(
            "tick the scope {scope} in the settings of the Miro app, install the app again and use its new token"
        ),
    })
}

#[cfg(test)]
mod tests {
    use usher_model::{AccountId, Team, TeamId};
    use usher_plan::{AccountRef, TeamRef};

    use super::*;

    fn tools(scim: Token, rest: Token, group_model: Known<GroupModel>) -> Tools {
        Tools {
            scim,
            rest,
            scopes: Known::Unknown,
            group_model,
        }
    }

    fn add_to_team() -> Action {
        Action::AddToTeam {
            account: AccountRef::Existing(AccountId::new("1")),
            team: TeamRef::Existing(TeamId::new("2")),
        }
    }

    fn create_team() -> Action {
        Action::CreateTeam {
            name: "x".into(),
            group: None,
        }
    }

    const TEAMS: Known<GroupModel> = Known::Known(GroupModel::Team);
    const USER_GROUPS: Known<GroupModel> = Known::Known(GroupModel::UserGroup);

    #[test]
    fn memberships_of_teams_go_by_scim_where_its_groups_are_teams_and_by_rest_else() {
        let both = |model| tools(Token::There, Token::There, model);
        assert_eq!(means(&add_to_team(), &both(TEAMS)), Ok(Means::ScimGroup));
        assert_eq!(
            means(&add_to_team(), &both(USER_GROUPS)),
            Ok(Means::RestTeam)
        );
        assert_eq!(
            means(&add_to_team(), &both(Known::Unknown)),
            Ok(Means::RestTeam)
        );
        let rest = tools(Token::Missing, Token::There, TEAMS);
        assert_eq!(means(&add_to_team(), &rest), Ok(Means::RestTeam));
    }

    #[test]
    fn accounts_need_the_scim_token_and_creating_teams_the_access_token() {
        let rest = tools(Token::Missing, Token::There, TEAMS);
        let disable = Action::Disable {
            account: AccountId::new("1"),
        };
        let refusal = means(&disable, &rest).unwrap_err();
        assert!(refusal.remedy.contains("SCIM token"), "{refusal:?}");
        let scim = tools(Token::There, Token::Missing, TEAMS);
        let refusal = means(&create_team(), &scim).unwrap_err();
        assert!(
            refusal.remedy.contains("organizations:teams:write"),
            "{refusal:?}"
        );
        assert_eq!(means(&disable, &scim), Ok(Means::ScimUser));
    }

    #[test]
    fn a_token_without_the_scope_is_refused_with_the_scope_named() {
        let mut narrow = tools(Token::There, Token::There, TEAMS);
        narrow.scopes = Known::Known(BTreeSet::from([Scope::TeamsRead]));
        let refusal = means(&create_team(), &narrow).unwrap_err();
        assert!(
            refusal.why.contains("organizations:teams:write"),
            "{refusal:?}"
        );
        let rename = Action::RenameTeam {
            team: Team {
                id: TeamId::new("2"),
                name: "a".into(),
            },
            after: "b".into(),
        };
        assert_eq!(
            means(&rename, &narrow),
            Ok(Means::ScimGroup),
            "SCIM can do without"
        );
    }

    #[test]
    fn with_the_scim_token_alone_an_unknown_group_model_refuses_memberships() {
        let blind = tools(Token::There, Token::Missing, Known::Unknown);
        let refusal = means(&add_to_team(), &blind).unwrap_err();
        assert!(refusal.why.contains("team or a user group"), "{refusal:?}");
    }
}
