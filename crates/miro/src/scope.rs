//! What an access token may do.

use std::fmt;

use usher_miro_wire::TokenContext;

/// A scope of Miro's REST API that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `organizations:read`: the organization and its members.
    OrganizationsRead,
    /// `organizations:teams:read`: teams, their members and settings.
    TeamsRead,
    /// `organizations:teams:write`: change teams, their members and settings.
    TeamsWrite,
    /// `organizations:groups:read`: user groups and their members.
    GroupsRead,
    /// `organizations:groups:write`: change user groups and their members.
    GroupsWrite,
    /// `auditlogs:read`: Miro's audit log.
    AuditLogsRead,
    /// `sessions:delete`: sign a user out everywhere.
    SessionsDelete,
    /// `boards:read`: how many boards a user owns.
    BoardsRead,
}

impl Scope {
    /// All scopes that some call needs.
    pub const ALL: [Self; 8] = [
        Self::OrganizationsRead,
        Self::TeamsRead,
        Self::TeamsWrite,
        Self::GroupsRead,
        Self::GroupsWrite,
        Self::AuditLogsRead,
        Self::SessionsDelete,
        Self::BoardsRead,
    ];

    /// The scope as Miro spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrganizationsRead => "organizations:read",
            Self::TeamsRead => "organizations:teams:read",
            Self::TeamsWrite => "organizations:teams:write",
            Self::GroupsRead => "organizations:groups:read",
            Self::GroupsWrite => "organizations:groups:write",
            Self::AuditLogsRead => "auditlogs:read",
            Self::SessionsDelete => "sessions:delete",
            Self::BoardsRead => "boards:read",
        }
    }

    /// What cannot be done without it, as the end of "without it Usher cannot …".
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::OrganizationsRead => "read the organization and its members",
            Self::TeamsRead => "read teams and who is in them",
            Self::TeamsWrite => "change teams and who is in them",
            Self::GroupsRead => "read user groups and who is in them",
            Self::GroupsWrite => "change user groups and who is in them",
            Self::AuditLogsRead => "read Miro's audit log",
            Self::SessionsDelete => "sign users out of Miro",
            Self::BoardsRead => "count the boards that a user owns",
        }
    }

    /// The scope with this name. ConductorOne's guide spells `organizations:teams:read` as
    /// `organizations:team:read`, which is read as the same.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        if name == "organizations:team:read" {
            return Some(Self::TeamsRead);
        }
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// One clear message about its absence.
    pub fn missing_message(self) -> String {
        format!(
            "the access token lacks the scope {}: without it Usher cannot {}",
            self.name(),
            self.purpose()
        )
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether a token has the scopes that some work needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeCheck {
    /// It has them all.
    Granted,
    /// These are missing.
    Missing(Vec<Scope>),
    /// Miro did not list the token's scopes; see [`Rest::check_scopes`](crate::Rest::check_scopes).
    Unknown,
}

impl ScopeCheck {
    /// Compares what `GET /v1/oauth-token` says with what is needed.
    ///
    /// Further scopes (`identity:read`, `team:read`, …) are accepted and never required.
    pub fn from_token_context(context: &TokenContext, needed: &[Scope]) -> Self {
        let Some(scopes) = &context.scopes else {
            return Self::Unknown;
        };
        let granted: Vec<Scope> = scopes
            .iter()
            .filter_map(|name| Scope::parse(name))
            .collect();
        let missing: Vec<Scope> = needed
            .iter()
            .copied()
            .filter(|scope| !granted.contains(scope))
            .collect();
        if missing.is_empty() {
            Self::Granted
        } else {
            Self::Missing(missing)
        }
    }

    /// One message per missing scope.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Missing(scopes) => scopes.iter().map(|scope| scope.missing_message()).collect(),
            Self::Granted | Self::Unknown => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(scopes: Option<&[&str]>) -> TokenContext {
        TokenContext {
            scopes: scopes.map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            ..TokenContext::default()
        }
    }

    const READ: [Scope; 2] = [Scope::OrganizationsRead, Scope::TeamsRead];

    #[test]
    fn c3_every_missing_scope_has_its_own_message_naming_it() {
        let check = ScopeCheck::from_token_context(&context(Some(&["boards:read"])), &READ);
        let messages = check.messages();
        assert_eq!(messages.len(), 2);
        assert!(
            messages[0].contains("organizations:read"),
            "{}",
            messages[0]
        );
        assert!(
            messages[1].contains("organizations:teams:read"),
            "{}",
            messages[1]
        );
    }

    #[test]
    fn the_misprinted_team_scope_counts_and_extra_scopes_do_no_harm() {
        let granted = context(Some(&[
            "organizations:read",
            "organizations:team:read",
            "identity:read",
            "team:read",
        ]));
        assert_eq!(
            ScopeCheck::from_token_context(&granted, &READ),
            ScopeCheck::Granted
        );
    }

    #[test]
    fn unlisted_scopes_are_unknown_rather_than_missing() {
        assert_eq!(
            ScopeCheck::from_token_context(&context(None), &READ),
            ScopeCheck::Unknown
        );
    }
}
