//! From the file to the organization.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;
use smol_str::SmolStr;

use crate::organization_file::OrganizationFileError;
use crate::organization_file::format::{self, File, Role};
use crate::switches::Switches;
use crate::world::{
    Board, Enterprise, GroupKey, Key as _, License, Membership, Moment, Organization,
    OrganizationRole, Parts, Presence, Team, TeamKey, TeamRole, User, UserGroup, UserKey, World,
    check_address, check_length, fold,
};

type Done<T> = Result<T, OrganizationFileError>;

/// Ids of things to which the file gives none.
const FIRST_ID: u64 = 3_458_764_500_000_000_000;
const DAY_MILLISECONDS: i64 = 86_400_000;
/// How long ago things began of which the file does not say it.
const AGE_DAYS: i64 = 400;

pub(super) fn world(file: &File, switches: &Switches, now: Timestamp) -> Done<World> {
    let switches = read_switches(&file.switches, switches)?;
    let mut book = Book::new(file, now)?;
    let organization = organization(&file.organization, &mut book)?;
    let users = book.users(&file.users, &organization)?;
    let default_team = default_team(file)?;
    let people = People::of(&users);
    let mut builder = TeamBuilder {
        book: &mut book,
        people: &people,
        users: &users,
        boards: Vec::new(),
    };
    let mut teams = builder.teams(&file.teams, default_team)?;
    let boards = builder.boards;
    let groups = book.groups(&file.groups, &people, &mut teams)?;
    let last_id = book.last_id;
    let parts = Parts {
        organization,
        switches,
        default_team: TeamKey::at(default_team),
        users,
        teams,
        groups,
        boards,
        shares: Vec::new(),
        audit: Vec::new(),
        last_id,
    };
    let world = World::try_from(parts).map_err(|broken| wrong("the file", broken.to_string()))?;
    match world.broken_promise() {
        Some(promise) => Err(wrong("the file", promise)),
        None => Ok(world),
    }
}

fn wrong(place: impl Into<String>, reason: impl Into<String>) -> OrganizationFileError {
    OrganizationFileError::Content {
        place: place.into(),
        reason: reason.into(),
    }
}

fn read_switches(given: &BTreeMap<String, Value>, base: &Switches) -> Done<Switches> {
    let mut switches = base.clone();
    for (name, value) in given {
        let word = match value {
            Value::String(word) => word.clone(),
            // YAML reads on and off as booleans, and numbers as numbers.
            Value::Bool(true) => "on".to_owned(),
            Value::Bool(false) => "off".to_owned(),
            other => other.to_string(),
        };
        switches
            .set(name, &word)
            .map_err(|error| wrong("switches", error.to_string()))?;
    }
    Ok(switches)
}

fn organization(given: &format::Organization, book: &mut Book) -> Done<Organization> {
    let texts = |list: &[String]| list.iter().map(SmolStr::from).collect::<Vec<_>>();
    let name = given.name.as_deref().unwrap_or("Sandbox Inc.");
    let mut organization = Organization::new(given.id.unwrap_or_else(|| book.next_id()), name);
    if let Some(plan) = &given.plan {
        organization.plan = plan.into();
    }
    organization.full_licenses_purchased = given.seats;
    if let Some(licenses) = &given.licenses {
        organization.licenses.clone_from(licenses);
    }
    organization.default_license = given
        .default_license
        .unwrap_or(organization.default_license);
    if !organization
        .licenses
        .contains(&organization.default_license)
    {
        return Err(wrong(
            "organization.default_license",
            "it is not among the organization's licenses",
        ));
    }
    organization.allowed_domains = texts(&given.allowed_domains);
    organization.claimed_domains = texts(&given.claimed_domains);
    organization.foreign_domains = texts(&given.foreign_domains);
    organization.custom_admin_roles = texts(&given.admin_roles);
    Ok(organization)
}

fn default_team(file: &File) -> Done<usize> {
    if file.teams.is_empty() {
        return Err(wrong(
            "teams",
            "an organization has at least one team, the default team",
        ));
    }
    let Some(name) = &file.organization.default_team else {
        return Ok(0);
    };
    let place = file.teams.iter().position(|team| team.name == *name);
    place.ok_or_else(|| {
        wrong(
            "organization.default_team",
            format!("there is no team '{name}'"),
        )
    })
}

/// Hands out ids and times.
struct Book {
    last_id: u64,
    now: Moment,
    started: Moment,
}

impl Book {
    fn new(file: &File, now: Timestamp) -> Done<Self> {
        let users = file
            .users
            .iter()
            .enumerate()
            .map(|(place, user)| (format!("users[{place}].id"), user.id));
        let teams = file
            .teams
            .iter()
            .enumerate()
            .map(|(place, team)| (format!("teams[{place}].id"), team.id));
        let groups = file
            .groups
            .iter()
            .enumerate()
            .map(|(place, group)| (format!("groups[{place}].id"), group.id));
        let mut seen = HashMap::new();
        let mut last_id = FIRST_ID.max(file.organization.id.unwrap_or_default());
        for (place, id) in users.chain(teams).chain(groups) {
            let Some(id) = id else { continue };
            if let Some(first) = seen.insert(id, place.clone()) {
                return Err(wrong(place, format!("{first} has the same id")));
            }
            last_id = last_id.max(id);
        }
        let now = Moment::from(now);
        Ok(Self {
            last_id,
            now,
            started: now.plus_milliseconds(-AGE_DAYS * DAY_MILLISECONDS),
        })
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 7;
        self.last_id
    }

    fn moment(&self, given: Option<Timestamp>) -> Moment {
        given.map_or(self.started, Moment::from)
    }

    /// The users in the order of their ids.
    fn users(&mut self, given: &[format::User], organization: &Organization) -> Done<Vec<User>> {
        let mut users = Vec::with_capacity(given.len());
        let mut addresses = HashMap::new();
        for (place, one) in given.iter().enumerate() {
            let at = |field: &str| format!("users[{place}].{field}");
            check_address(&one.email).map_err(|refusal| wrong(at("email"), refusal.to_string()))?;
            if let Some(first) = addresses.insert(fold(&one.email), place) {
                return Err(wrong(
                    at("email"),
                    format!("users[{first}] has the same address"),
                ));
            }
            let unknown = one
                .admin_roles
                .iter()
                .find(|role| organization.admin_role(role).is_none());
            if let Some(role) = unknown {
                return Err(wrong(
                    at("admin_roles"),
                    format!("there is no admin role '{role}'"),
                ));
            }
            users.push(self.user(one, organization, &at)?);
        }
        users.sort_unstable_by_key(|user| user.id);
        let ids: HashMap<SmolStr, u64> = users
            .iter()
            .map(|user| (fold(&user.user_name), user.id))
            .collect();
        for (place, one) in given.iter().enumerate() {
            let Some(manager) = &one.manager else {
                continue;
            };
            let id = ids
                .get(&fold(manager))
                .copied()
                .or_else(|| manager.parse().ok());
            let id = id.ok_or_else(|| {
                wrong(
                    format!("users[{place}].manager"),
                    format!("there is no user '{manager}'"),
                )
            })?;
            let own = ids.get(&fold(&one.email));
            let user = own.and_then(|own| users.iter_mut().find(|user| user.id == *own));
            if let Some(user) = user {
                user.enterprise.get_or_insert_default().manager = Some(id);
            }
        }
        Ok(users)
    }

    fn user(
        &mut self,
        one: &format::User,
        organization: &Organization,
        at: &dyn Fn(&str) -> String,
    ) -> Done<User> {
        let name = one.name.as_deref().unwrap_or(&one.email);
        check_length("name", name, 60).map_err(|refusal| wrong(at("name"), refusal.to_string()))?;
        let role = match one.role {
            Role::Admin => OrganizationRole::InternalAdmin,
            Role::Member => OrganizationRole::InternalUser,
            Role::External => OrganizationRole::ExternalUser,
            Role::TeamGuest => OrganizationRole::TeamGuestUser,
        };
        let usual = if role.is_internal() {
            organization.default_license
        } else {
            License::FreeRestricted
        };
        let created_at = self.moment(one.created);
        let idle = one.idle_days.map(|days| {
            self.now
                .plus_milliseconds(-i64::from(days) * DAY_MILLISECONDS)
        });
        let text = |text: &Option<String>| text.as_ref().map(SmolStr::from);
        let enterprise = Enterprise {
            employee_number: text(&one.employee_number),
            cost_center: text(&one.cost_center),
            organization: text(&one.organization),
            division: text(&one.division),
            department: text(&one.department),
            manager: None,
            manager_name: text(&one.manager_name),
        };
        Ok(User {
            id: one.id.unwrap_or_else(|| self.next_id()),
            user_name: one.email.as_str().into(),
            full_name: name.into(),
            active: one.active,
            presence: Presence::Present,
            registration: one.registration,
            belonging: one.belonging,
            license: one.license.unwrap_or(usual),
            role,
            admin_roles: one.admin_roles.iter().map(SmolStr::from).collect(),
            enterprise: (!enterprise.is_empty()).then(|| Box::new(enterprise)),
            photo: one.photo.as_deref().map(Into::into),
            language: text(&one.language),
            created_at,
            last_activity_at: one.last_active.map(Moment::from).or(idle),
            license_assigned_at: Some(created_at),
            sessions_reset_at: None,
            teams: Vec::new(),
            groups: Vec::new(),
            boards: Vec::new(),
        })
    }

    fn groups(
        &mut self,
        given: &[format::Group],
        people: &People,
        teams: &mut [Team],
    ) -> Done<Vec<UserGroup>> {
        let mut groups = Vec::with_capacity(given.len());
        let mut attached = Vec::new();
        let mut names = HashMap::new();
        for (place, one) in given.iter().enumerate() {
            let at = |field: &str| format!("groups[{place}].{field}");
            if one.name.trim().is_empty() {
                return Err(wrong(at("name"), "a group has a name"));
            }
            check_length("name", &one.name, 60)
                .map_err(|refusal| wrong(at("name"), refusal.to_string()))?;
            if let Some(first) = names.insert(fold(&one.name), place) {
                return Err(wrong(
                    at("name"),
                    format!("groups[{first}] has the same name"),
                ));
            }
            let mut members = people.find_all(&one.members, &at("members"))?;
            members.sort_unstable();
            members.dedup();
            let id = one.id.unwrap_or_else(|| self.next_id());
            attached.push((id, place));
            groups.push(UserGroup::new(id, &one.name, &one.description, members));
        }
        groups.sort_unstable_by_key(|group| group.id);
        attached.sort_unstable();
        for (key, (_, place)) in attached.into_iter().enumerate() {
            for name in given.get(place).map(|one| &*one.teams).unwrap_or_default() {
                let team = teams.iter_mut().find(|team| team.name == *name);
                let team = team.ok_or_else(|| {
                    wrong(
                        format!("groups[{place}].teams"),
                        format!("there is no team '{name}'"),
                    )
                })?;
                team.attach(GroupKey::at(key));
            }
        }
        Ok(groups)
    }
}

/// Users by e-mail address.
struct People(HashMap<SmolStr, UserKey>);

impl People {
    fn of(users: &[User]) -> Self {
        let keys = users
            .iter()
            .enumerate()
            .map(|(place, user)| (fold(&user.user_name), UserKey::at(place)));
        Self(keys.collect())
    }

    fn find_all(&self, addresses: &[String], place: &str) -> Done<Vec<UserKey>> {
        let find = |(index, address): (usize, &String)| {
            let found = self.0.get(&fold(address)).copied();
            found.ok_or_else(|| {
                wrong(
                    format!("{place}[{index}]"),
                    format!("there is no user '{address}'"),
                )
            })
        };
        addresses.iter().enumerate().map(find).collect()
    }
}

struct TeamBuilder<'a> {
    book: &'a mut Book,
    people: &'a People,
    users: &'a [User],
    boards: Vec<Board>,
}

impl TeamBuilder<'_> {
    /// The teams, which must come in the order of their ids so that places in the file stay good.
    fn teams(&mut self, given: &[format::Team], default_team: usize) -> Done<Vec<Team>> {
        let mut teams: Vec<Team> = Vec::with_capacity(given.len());
        let mut boards = Vec::new();
        for (place, one) in given.iter().enumerate() {
            let at = |field: &str| format!("teams[{place}].{field}");
            if one.name.trim().is_empty() {
                return Err(wrong(at("name"), "a team has a name"));
            }
            check_length("name", &one.name, 60)
                .map_err(|refusal| wrong(at("name"), refusal.to_string()))?;
            let id = one.id.unwrap_or_else(|| self.book.next_id());
            if teams.last().is_some_and(|last| last.id >= id) {
                return Err(wrong(
                    at("id"),
                    "teams must come in the order of their ids; teams without id come last",
                ));
            }
            let members = self.members(one, place == default_team, &at)?;
            let owners: Vec<String> = one.boards.keys().cloned().collect();
            let owners = self.people.find_all(&owners, &at("boards"))?;
            boards.extend(
                owners
                    .into_iter()
                    .zip(one.boards.values().copied())
                    .map(|(owner, count)| (place, owner, count)),
            );
            let mut team = Team::new(id, one.name.as_str().into(), self.book.moment(one.created));
            team.settings = one.settings.clone();
            team.fill(members);
            teams.push(team);
        }
        for (place, owner, count) in boards {
            for number in 1..=count {
                let name = given.get(place).map_or("", |team| team.name.as_str());
                self.boards.push(Board {
                    id: self.book.next_id(),
                    name: smol_str::format_smolstr!("{name} {number}"),
                    team: TeamKey::at(place),
                    owner,
                    deleted: false,
                });
            }
        }
        Ok(teams)
    }

    fn members(
        &self,
        one: &format::Team,
        is_default: bool,
        at: &dyn Fn(&str) -> String,
    ) -> Done<Vec<Membership>> {
        let mut roles: BTreeMap<UserKey, (TeamRole, usize)> = BTreeMap::new();
        let lists = [
            ("admins", &one.admins, TeamRole::Admin),
            ("members", &one.members, TeamRole::Member),
            ("guests", &one.guests, TeamRole::Guest),
        ];
        for (field, list, role) in lists {
            for (place, user) in self
                .people
                .find_all(list, &at(field))?
                .into_iter()
                .enumerate()
            {
                let internal = self
                    .users
                    .get(user.index())
                    .is_some_and(|user| user.role.is_internal());
                if internal == (role == TeamRole::Guest) {
                    let reason = if internal {
                        "members are no guests"
                    } else {
                        "guests belong into guests"
                    };
                    return Err(wrong(format!("{}[{place}]", at(field)), reason));
                }
                if roles.insert(user, (role, roles.len())).is_some() {
                    return Err(wrong(
                        format!("{}[{place}]", at(field)),
                        "the user is in the team twice",
                    ));
                }
            }
        }
        if is_default {
            for (place, user) in self
                .users
                .iter()
                .enumerate()
                .filter(|(_, user)| user.role.is_internal())
            {
                let next = roles.len();
                debug_assert!(user.is_present());
                roles
                    .entry(UserKey::at(place))
                    .or_insert((TeamRole::Member, next));
            }
        }
        let created = self.book.moment(one.created);
        let membership = |(user, (role, rank)): (UserKey, (TeamRole, usize))| Membership {
            user,
            role,
            // The order of the lists is the order in which people came.
            created_at: created.plus_milliseconds(i64::try_from(rank).unwrap_or_default() * 1000),
            created_by: None,
            modified: None,
        };
        Ok(roles.into_iter().map(membership).collect())
    }
}
