//! Filters put to users as they are kept, without making a resource of each.

use std::cmp::Ordering;

use smol_str::SmolStr;
use usher_scim::filter::{CompiledFilter, Literal, Operator};
use usher_scim::path::AttributePath;
use usher_scim::{Filter, urn};

use crate::scim::schema::USER;
use crate::scim::user_view;
use crate::switches::GroupModel;
use crate::world::{ByField, SortField, User, UserKey, World, fold};

/// A filter over users.
#[derive(Debug)]
pub(super) enum Predicate<'a> {
    All(Vec<Predicate<'a>>),
    Any(Vec<Predicate<'a>>),
    Not(Box<Predicate<'a>>),
    /// A text of the user compares with a folded one; `ne` also fits who has none.
    Text(&'a ByField, Operator, SmolStr),
    HasText(&'a ByField),
    Active(bool),
    /// Has this id, if any user can.
    Id(Option<u64>),
    /// Is in the group of this id, if any group can be.
    InGroup(Option<u64>),
    /// Whatever else: put to the whole resource.
    Resource(CompiledFilter<'a>),
}

impl<'a> Predicate<'a> {
    /// Ties a filter to the users of a world as they are now.
    pub(super) fn new(filter: &'a Filter, world: &'a World) -> Self {
        let part = |part: &'a Filter| Self::new(part, world);
        let direct = match filter {
            Filter::And(parts) => Some(Self::All(parts.iter().map(part).collect())),
            Filter::Or(parts) => Some(Self::Any(parts.iter().map(part).collect())),
            Filter::Not(part) => Some(Self::Not(Box::new(Self::new(part, world)))),
            Filter::Present(path) => texts(path, world).map(Self::HasText),
            Filter::Compare {
                attribute,
                operator,
                value,
            } => Self::comparison((attribute, *operator, value), world),
            Filter::Values { .. } => None,
        };
        direct.unwrap_or_else(|| Self::Resource(filter.compile(&USER)))
    }

    fn comparison(
        (path, operator, value): (&AttributePath, Operator, &Literal),
        world: &'a World,
    ) -> Option<Self> {
        // None for an enterprise attribute, which is a text like many others.
        let name = plain_name(path).unwrap_or_default();
        let text = match value {
            Literal::Text(text) => text.as_str(),
            Literal::Number(number) => number.as_str(),
            Literal::Boolean(wanted) if name == "active" => {
                return match operator {
                    Operator::Equal => Some(Self::Active(*wanted)),
                    Operator::NotEqual => Some(Self::Active(!*wanted)),
                    _ => None,
                };
            }
            Literal::Boolean(_) | Literal::Null => return None,
        };
        match (&*name, operator) {
            ("active", Operator::Equal) if text.eq_ignore_ascii_case("true") => {
                Some(Self::Active(true))
            }
            ("active", Operator::Equal) if text.eq_ignore_ascii_case("false") => {
                Some(Self::Active(false))
            }
            ("id", Operator::Equal) => Some(Self::Id(text.parse().ok())),
            ("groups" | "groups.value", Operator::Equal) => Some(Self::InGroup(text.parse().ok())),
            _ => Some(Self::Text(texts(path, world)?, operator, fold(text))),
        }
    }

    /// Whether a user fits.
    pub(super) fn fits(&self, world: &World, key: UserKey) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits(world, key)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(world, key)),
            Self::Not(part) => !part.fits(world, key),
            Self::Text(texts, operator, wanted) => match texts.text(key) {
                Some(text) => compares(text, *operator, wanted),
                None => *operator == Operator::NotEqual,
            },
            Self::HasText(texts) => texts.text(key).is_some_and(|text| !text.is_empty()),
            Self::Active(wanted) => world.user(key).active == *wanted,
            Self::Id(id) => *id == Some(world.user(key).id),
            Self::InGroup(id) => id.is_some_and(|id| is_in_group(world, world.user(key), id)),
            Self::Resource(filter) => {
                filter.matches(&user_view::resource(world, world.user(key), ""))
            }
        }
    }

    /// The few users among whom all that fit must be, when the filter names them by address, id or group.
    pub(super) fn candidates(&self, world: &World) -> Option<Vec<UserKey>> {
        let visible = |key: Option<UserKey>| {
            let seen = |key: &UserKey| world.user(*key).is_visible_to_scim();
            key.into_iter().filter(seen).collect()
        };
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.candidates(world)),
            Self::Text(texts, Operator::Equal, wanted) if texts.field() == SortField::UserName => {
                Some(visible(world.find_user_by_email(wanted)))
            }
            Self::Id(id) => Some(visible(id.and_then(|id| world.find_scim_user(id)))),
            Self::InGroup(id) => Some(id.map(|id| members(world, id)).unwrap_or_default()),
            _ => None,
        }
    }
}

fn is_in_group(world: &World, user: &User, id: u64) -> bool {
    match world.switches.group_model {
        GroupModel::Team => world
            .find_team(id)
            .is_some_and(|team| user.teams().contains(&team)),
        GroupModel::UserGroup => world
            .find_group(id)
            .is_some_and(|group| user.groups().contains(&group)),
    }
}

/// Members of a group whom SCIM shows, in the order of their ids.
fn members(world: &World, id: u64) -> Vec<UserKey> {
    let members: Vec<UserKey> = match world.switches.group_model {
        GroupModel::Team => {
            let members = world
                .find_team(id)
                .map(|team| world.team(team).members())
                .unwrap_or_default();
            members.iter().map(|membership| membership.user).collect()
        }
        GroupModel::UserGroup => {
            let members = world
                .find_group(id)
                .map(|group| world.group(group).members());
            members.unwrap_or_default().to_vec()
        }
    };
    let seen = |key: &UserKey| world.user(*key).is_visible_to_scim();
    members.into_iter().filter(seen).collect()
}

/// The name in lower case, without URN for core attributes; none for attributes of an extension.
fn plain_name(path: &AttributePath) -> Option<String> {
    let core = path
        .urn
        .as_deref()
        .is_none_or(|urn| urn.eq_ignore_ascii_case(urn::CORE_USER));
    core.then(|| written(path))
}

fn written(path: &AttributePath) -> String {
    let sub = path.sub.as_deref();
    let name = sub.map_or_else(|| path.name.clone(), |sub| format!("{}.{sub}", path.name));
    name.to_ascii_lowercase()
}

/// The texts that a path names; sorting knows the same ones.
fn texts<'a>(path: &AttributePath, world: &'a World) -> Option<&'a ByField> {
    // A user has several roles, and `active` is no text.
    sort_field(path)
        .filter(|field| !matches!(field, SortField::Active | SortField::Role))
        .and_then(|field| world.by_field(field))
}

/// The field that a path names.
pub(super) fn sort_field(path: &AttributePath) -> Option<SortField> {
    let enterprise = path
        .urn
        .as_deref()
        .is_some_and(|urn| urn.eq_ignore_ascii_case(urn::ENTERPRISE_USER));
    if enterprise {
        return Some(match &*written(path) {
            "employeenumber" => SortField::EmployeeNumber,
            "costcenter" => SortField::CostCenter,
            "organization" => SortField::Organization,
            "division" => SortField::Division,
            "department" => SortField::Department,
            "manager.displayname" => SortField::ManagerName,
            _ => return None,
        });
    }
    Some(match &*plain_name(path)? {
        "id" => SortField::Id,
        "username" | "emails" | "emails.value" | "emails.display" => SortField::UserName,
        "displayname" | "name.formatted" => SortField::DisplayName,
        "name.givenname" => SortField::GivenName,
        "name.familyname" => SortField::FamilyName,
        "usertype" => SortField::UserType,
        "active" => SortField::Active,
        "preferredlanguage" => SortField::PreferredLanguage,
        "roles" | "roles.value" => SortField::Role,
        _ => return None,
    })
}

/// Compares two folded texts.
fn compares(text: &str, operator: Operator, wanted: &str) -> bool {
    let order = || text.cmp(wanted);
    match operator {
        Operator::Equal => text == wanted,
        Operator::NotEqual => text != wanted,
        Operator::Greater => order() == Ordering::Greater,
        Operator::GreaterOrEqual => order() != Ordering::Less,
        Operator::Less => order() == Ordering::Less,
        Operator::LessOrEqual => order() != Ordering::Greater,
        Operator::StartsWith => text.starts_with(wanted),
        Operator::EndsWith => text.ends_with(wanted),
        Operator::Contains => contains(text.as_bytes(), wanted.as_bytes()),
    }
}

/// Short texts are searched faster this way than by an algorithm that prepares itself first.
fn contains(text: &[u8], wanted: &[u8]) -> bool {
    match wanted.first() {
        Some(first) => text
            .windows(wanted.len())
            .any(|part| part.first() == Some(first) && part == wanted),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_texts_compare_by_every_operator() {
        assert!(compares(
            "jane.doe@example.com",
            Operator::Contains,
            "doe@ex"
        ));
        assert!(!compares(
            "jane.doe@example.com",
            Operator::Contains,
            "doe@x"
        ));
        assert!(compares("jane", Operator::StartsWith, "ja"));
        assert!(compares("jane", Operator::EndsWith, "ne"));
        assert!(!compares("jane", Operator::StartsWith, "janet"));
        assert!(compares("ärger", Operator::Contains, "ärg"));
        assert!(compares("b", Operator::Greater, "a"));
        assert!(compares("", Operator::Contains, ""));
    }
}
