//! What a change does, in words.

use usher_plan::{Action, AttributeChange, TargetAttribute, TargetAttributes, TargetValue};

use super::names::Names;
use crate::role_words::{organization_role, team_role};

/// Whether something is added, changed or taken away. Always shown by its sign; colour only repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Something comes.
    Add,
    /// Something becomes different.
    Change,
    /// Something goes.
    Remove,
    /// Only Usher's own records change.
    Record,
}

impl Sign {
    /// The character.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
            Self::Record => "=",
        }
    }

    /// The word, where the character alone would say too little.
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "added",
            Self::Change => "changed",
            Self::Remove => "removed",
            Self::Record => "recorded",
        }
    }
}

/// One value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub name: String,
    /// What it is; absent if there is nothing, or nobody knows.
    pub before: Option<String>,
    /// What it becomes; absent if it goes.
    pub after: Option<String>,
}

impl Difference {
    fn new(name: &str, before: Option<String>, after: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            before,
            after,
        }
    }

    fn gained(name: &str, value: impl Into<String>) -> Self {
        Self::new(name, None, Some(value.into()))
    }

    fn lost(name: &str, value: impl Into<String>) -> Self {
        Self::new(name, Some(value.into()), None)
    }

    fn changed(name: &str, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self::new(name, Some(before.into()), Some(after.into()))
    }

    /// The values as text: `Engines -> Design`, `-> Design`, `Engines -> (none)`.
    pub fn values(&self) -> String {
        match (&self.before, &self.after) {
            (None, Some(after)) => after.clone(),
            (Some(before), Some(after)) => format!("{before} -> {after}"),
            (Some(before), None) => format!("{before} -> (none)"),
            (None, None) => "(none)".to_owned(),
        }
    }
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Whether something comes or goes.
    pub sign: Sign,
    /// Value by value.
    pub differences: Vec<Difference>,
}

impl Described {
    fn one(sign: Sign, difference: Difference) -> Self {
        Self {
            sign,
            differences: vec![difference],
        }
    }
}

/// Describes an action.
pub fn describe(action: &Action, names: &Names) -> Described {
    match action {
        Action::CreateAccount { .. }
        | Action::LinkAccount { .. }
        | Action::UpdateAttributes { .. }
        | Action::Rename { .. }
        | Action::Enable { .. }
        | Action::Disable { .. }
        | Action::Delete { .. } => of_account(action),
        Action::SetRole { .. }
        | Action::AddAdminRole { .. }
        | Action::RemoveAdminRole { .. }
        | Action::RaiseLicense { .. } => of_rights(action),
        _ => of_groups(action, names),
    }
}

fn of_account(action: &Action) -> Described {
    let one = Described::one;
    match action {
        Action::CreateAccount { attributes, .. } => Described {
            sign: Sign::Add,
            differences: initial(attributes),
        },
        Action::UpdateAttributes { changes, .. } => Described {
            sign: Sign::Change,
            differences: changes.iter().map(attribute).collect(),
        },
        Action::LinkAccount { account, by, .. } => {
            let value = format!("{account}, matched by {}", by.label());
            one(Sign::Record, Difference::gained("account", value))
        }
        Action::Rename { before, after, .. } => one(
            Sign::Change,
            Difference::changed(TargetAttribute::UserName.label(), before, after),
        ),
        Action::Enable { .. } => one(
            Sign::Change,
            Difference::changed("status", "deactivated", "active"),
        ),
        Action::Disable { .. } => one(
            Sign::Remove,
            Difference::changed("status", "active", "deactivated"),
        ),
        Action::Delete { account } => {
            one(Sign::Remove, Difference::lost("account", account.as_str()))
        }
        _ => Described {
            sign: Sign::Change,
            differences: Vec::new(),
        },
    }
}

fn of_rights(action: &Action) -> Described {
    let one = Described::one;
    match action {
        Action::SetRole { before, after, .. } => {
            let before = before.as_ref().map(organization_role);
            let after = Some(organization_role(after));
            one(Sign::Change, Difference::new("role", before, after))
        }
        Action::AddAdminRole { name, .. } => one(Sign::Add, Difference::gained("admin role", name)),
        Action::RemoveAdminRole { name, .. } => {
            one(Sign::Remove, Difference::lost("admin role", name))
        }
        Action::RaiseLicense { before, after, .. } => one(
            Sign::Change,
            Difference::changed("licence", before.as_str(), after.as_str()),
        ),
        _ => Described {
            sign: Sign::Change,
            differences: Vec::new(),
        },
    }
}

fn of_groups(action: &Action, names: &Names) -> Described {
    let (sign, difference) = match action {
        Action::AddToTeam { team, .. } => {
            (Sign::Add, Difference::gained("team", names.team_ref(team)))
        }
        Action::RemoveFromTeam { team, .. } => {
            (Sign::Remove, Difference::lost("team", names.team(team)))
        }
        Action::SetTeamRole {
            team,
            before,
            after,
            ..
        } => {
            let name = format!("role in {}", names.team_ref(team));
            let (before, after) = (team_role(before), team_role(after));
            (Sign::Change, Difference::changed(&name, before, after))
        }
        Action::AddToUserGroup { user_group, .. } => {
            let name = names.user_group_ref(user_group);
            (Sign::Add, Difference::gained("user group", name))
        }
        Action::RemoveFromUserGroup { user_group, .. } => {
            let name = names.user_group(user_group);
            (Sign::Remove, Difference::lost("user group", name))
        }
        other => return Described::one_of(of_containers(other, names)),
    };
    Described::one(sign, difference)
}

impl Described {
    fn one_of((sign, difference): (Sign, Difference)) -> Self {
        Self::one(sign, difference)
    }
}

/// Teams and user groups themselves.
fn of_containers(action: &Action, names: &Names) -> (Sign, Difference) {
    match action {
        Action::CreateTeam { name, .. } => (Sign::Add, Difference::gained("team", name)),
        Action::CreateUserGroup { name, .. } => (Sign::Add, Difference::gained("user group", name)),
        Action::LinkTeam { group, team } => {
            let value = format!("{} stands for {}", names.team(team), names.group(group));
            (Sign::Record, Difference::gained("team", value))
        }
        Action::LinkUserGroup { group, user_group } => {
            let (theirs, ours) = (names.user_group(user_group), names.group(group));
            let value = format!("{theirs} stands for {ours}");
            (Sign::Record, Difference::gained("user group", value))
        }
        Action::RenameTeam { team, after } => {
            (Sign::Change, Difference::changed("name", &team.name, after))
        }
        Action::RenameUserGroup { user_group, after } => {
            let before = &user_group.name;
            (Sign::Change, Difference::changed("name", before, after))
        }
        Action::DeleteUserGroup { user_group } => (
            Sign::Remove,
            Difference::lost("user group", &user_group.name),
        ),
        other => (
            Sign::Change,
            Difference::gained("change", other.kind().words()),
        ),
    }
}

/// What a new account looks like.
fn initial(attributes: &TargetAttributes) -> Vec<Difference> {
    attributes
        .iter()
        .filter_map(|(attribute, value)| {
            let value = value.as_ref()?;
            Some(Difference::gained(attribute.label(), shown(value)))
        })
        .collect()
}

fn attribute(change: &AttributeChange) -> Difference {
    let text = |value: &Option<TargetValue>| value.as_ref().map(shown);
    let name = change.attribute.label();
    Difference::new(name, text(&change.before), text(&change.after))
}

/// A value for people. White space at its ends would not be seen otherwise.
fn shown(value: &TargetValue) -> String {
    let text = value.to_string();
    if text.is_empty() || text.trim() != text {
        return format!("\"{text}\"");
    }
    text
}
