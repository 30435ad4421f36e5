//! What is assigned: exactly one thing.

use clap::Args;
use usher_model::{
    AppRole, AssignmentTarget, License, OrganizationRole, TeamId, TeamRole, TeamTarget,
    UserGroupId, UserGroupTarget,
};

use crate::config::suggest::nearest;
use crate::failure::Failure;
use crate::plan_view::Names;
use crate::provisioning::Provisioning;
use crate::provisioning_names;

/// What is assigned: exactly one thing.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What")]
pub struct TargetArguments {
    /// An account, with this role of the application, such as User; 'Default Access' gives nothing
    #[arg(long, value_name = "ROLE", group = "thing")]
    pub app_role: Option<String>,
    /// Membership of this team, by name or id
    #[arg(long, value_name = "TEAM", group = "thing")]
    pub team: Option<String>,
    /// Role in the team: member or admin [default: member]
    #[arg(long, value_name = "ROLE", requires = "team")]
    pub role: Option<String>,
    /// Membership of this user group, by name or id
    #[arg(long, value_name = "USER-GROUP", group = "thing")]
    pub user_group: Option<String>,
    /// Role in the organization: admin or member
    #[arg(long, value_name = "ROLE", group = "thing")]
    pub org_role: Option<String>,
    /// An admin role, by its name in Miro
    #[arg(long, value_name = "NAME", group = "thing")]
    pub admin_role: Option<String>,
    /// A licence: full, free, free_restricted, …
    #[arg(long, value_name = "LICENSE", group = "thing")]
    pub license: Option<String>,
    /// The team or user group need not exist yet: it is created if the settings allow it
    #[arg(long)]
    pub new: bool,
}

impl TargetArguments {
    /// Whether nothing was named.
    pub fn is_empty(&self) -> bool {
        [
            &self.app_role,
            &self.team,
            &self.user_group,
            &self.org_role,
            &self.admin_role,
            &self.license,
        ]
        .into_iter()
        .all(Option::is_none)
    }

    /// The one thing that was named.
    pub async fn resolve(&self, provisioning: &Provisioning) -> Result<AssignmentTarget, Failure> {
        if let Some(target) = self.plain()? {
            return Ok(target);
        }
        let names = provisioning_names::names(&provisioning.store, provisioning.id()).await?;
        if let Some(wanted) = &self.team {
            return Ok(AssignmentTarget::Team {
                team: self.team_of(wanted, &names)?,
                role: team_role(self.role.as_deref())?,
            });
        }
        if let Some(wanted) = &self.user_group {
            let user_group = self.user_group_of(wanted, &names)?;
            return Ok(AssignmentTarget::UserGroup { user_group });
        }
        Err(Failure::usage("nothing is said of what to assign")
            .hint("give --app-role, --team, --user-group, --org-role, --admin-role or --license"))
    }

    /// What needs no look into the inventory.
    fn plain(&self) -> Result<Option<AssignmentTarget>, Failure> {
        if let Some(role) = &self.app_role {
            let role = AppRole::new(role);
            return Ok(Some(AssignmentTarget::Application { role }));
        }
        if let Some(role) = &self.org_role {
            let role = organization_role(role)?;
            return Ok(Some(AssignmentTarget::Role { role }));
        }
        if let Some(name) = &self.admin_role {
            let name = name.clone();
            return Ok(Some(AssignmentTarget::AdminRole { name }));
        }
        if let Some(text) = &self.license {
            let license = license(text)?;
            return Ok(Some(AssignmentTarget::License { license }));
        }
        Ok(None)
    }

    fn team_of(&self, wanted: &str, names: &Names) -> Result<TeamTarget, Failure> {
        if names.teams.contains_key(&TeamId::new(wanted)) {
            return Ok(TeamTarget::Id(TeamId::new(wanted)));
        }
        let teams = names.teams.iter();
        let found: Vec<&TeamId> = named(teams, wanted);
        match found.as_slice() {
            [team] => Ok(TeamTarget::Id((*team).clone())),
            [] if self.new => Ok(TeamTarget::Name(wanted.to_owned())),
            [] => Err(missing("team", wanted, names.teams.values(), "usher teams")),
            several => Err(ambiguous("teams", wanted, several)),
        }
    }

    fn user_group_of(&self, wanted: &str, names: &Names) -> Result<UserGroupTarget, Failure> {
        if names.user_groups.contains_key(&UserGroupId::new(wanted)) {
            return Ok(UserGroupTarget::Id(UserGroupId::new(wanted)));
        }
        let found: Vec<&UserGroupId> = named(names.user_groups.iter(), wanted);
        match found.as_slice() {
            [group] => Ok(UserGroupTarget::Id((*group).clone())),
            [] if self.new => Ok(UserGroupTarget::Name(wanted.to_owned())),
            [] => Err(missing(
                "user group",
                wanted,
                names.user_groups.values(),
                "usher entitlements --kind user_group",
            )),
            several => Err(ambiguous("user groups", wanted, several)),
        }
    }
}

fn named<'a, Id>(all: impl Iterator<Item = (&'a Id, &'a String)>, wanted: &str) -> Vec<&'a Id> {
    all.filter(|(_, name)| name.to_lowercase() == wanted.to_lowercase())
        .map(|(id, _)| id)
        .collect()
}

fn missing<'a>(
    what: &str,
    wanted: &str,
    names: impl Iterator<Item = &'a String>,
    list: &str,
) -> Failure {
    let failure = Failure::usage(format!("there is no {what} `{wanted}`"));
    let failure = match nearest(wanted, names.map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(format!("`{list}` lists them")),
    };
    failure.hint("--new assigns one that is still to be created")
}

fn ambiguous<Id: std::fmt::Display>(what: &str, wanted: &str, ids: &[&Id]) -> Failure {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Failure::usage(format!("{} {what} are named `{wanted}`", ids.len()))
        .hint(format!("give one of their ids: {}", ids.join(", ")))
}

/// A role that a team member can be assigned.
fn team_role(text: Option<&str>) -> Result<TeamRole, Failure> {
    match text.map(str::to_lowercase).as_deref() {
        None | Some("member") => Ok(TeamRole::Member),
        Some("admin") => Ok(TeamRole::Admin),
        Some(other) => Err(Failure::usage(format!("`{other}` is no role in a team"))
            .hint("it must be member or admin")),
    }
}

/// A role in the organization that can be assigned.
fn organization_role(text: &str) -> Result<OrganizationRole, Failure> {
    match text.to_lowercase().as_str() {
        "admin" | "company_admin" | "organization_internal_admin" => {
            Ok(OrganizationRole::InternalAdmin)
        }
        "member" | "user" | "organization_internal_user" => Ok(OrganizationRole::InternalUser),
        other => Err(
            Failure::usage(format!("`{other}` is no role that can be assigned")).hint(
                "it must be admin or member; guests and external users are not Usher's to make",
            ),
        ),
    }
}

fn license(text: &str) -> Result<License, Failure> {
    let license = License::from(text.replace([' ', '-'], "_").as_str());
    if license.is_published() {
        return Ok(license);
    }
    let words: Vec<&str> = License::PUBLISHED.iter().map(License::as_str).collect();
    let failure = Failure::usage(format!("Miro has no licence `{text}`"));
    Err(match nearest(text, words.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(format!("the licences are {}", words.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_licences_are_read_by_short_and_full_names() {
        assert_eq!(team_role(None).unwrap(), TeamRole::Member);
        assert_eq!(team_role(Some("Admin")).unwrap(), TeamRole::Admin);
        assert!(team_role(Some("guest")).is_err());
        assert_eq!(
            organization_role("admin").unwrap(),
            OrganizationRole::InternalAdmin
        );
        assert!(organization_role("guest").is_err());
        assert_eq!(license("free-restricted").unwrap(), License::FreeRestricted);
        assert!(license("platinum").is_err());
    }
}
