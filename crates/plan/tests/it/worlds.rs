//! Made-up worlds: small, and full of what could go wrong.

use std::time::Duration;

use jiff::SignedDuration;
use usher_model::{
    AccountStatus, AdminRole, AppRole, AssignmentTarget, Completeness, Distrust, Email,
    EnterpriseAttributes, GroupLinkTarget, GroupModel, HoldKind, HoldSubject, Known, License,
    LinkOrigin, OrganizationRole, PersonId, PersonStatus, Seen, SourceName, TeamId, TeamRole,
    TeamTarget, UserGroupId, UserGroupTarget,
};
use usher_plan::{
    AttributeMapping, DeprovisionPolicy, DriftPolicy, ExtraMembers, FirstCycle, LeaveAction,
    MappingSource, MatchingProperty, ProtectedAccount, ScopeMode, Switch, TargetAttribute,
    Threshold, UnmanagedPolicy, WhenEmpty,
};

use crate::build::{World, days_ago, member, nested, now};
use crate::tape::Tape;

const NAMES: [&str; 7] = ["ada", "ben", "cid", "dot", "eve", "flo", "gus"];
const TEAMS: [&str; 4] = ["901", "902", "903", "900"];
const TEAM_NAMES: [&str; 4] = ["Design", "Sales", "Ops", "Legal"];

/// A world from choices. The first of every choice is the plain one, so that few bytes make a plain world.
pub fn world(bytes: &[u8]) -> World {
    let tape = &mut Tape::new(bytes);
    let mut world = World::new();
    accounts(&mut world, tape);
    teams(&mut world, tape);
    people(&mut world, tape);
    links(&mut world, tape);
    groups(&mut world, tape);
    assignments(&mut world, tape);
    ledger(&mut world, tape);
    holds(&mut world, tape);
    settings(&mut world, tape);
    policies(&mut world, tape);
    trust(&mut world, tape);
    world
}

fn account_id(at: usize) -> String {
    format!("{}", 10 + at)
}

fn accounts(world: &mut World, tape: &mut Tape<'_>) {
    for (at, name) in NAMES.iter().take(tape.below(7)).enumerate() {
        let email = if tape.one_in(8) { "shared" } else { name };
        let account = world.account(&account_id(at), &format!("{email}{at}@x.org"));
        account.email = Email::new(format!("{email}@x.org"));
        if tape.one_in(8) {
            account.display_name = Known::Known("Same Name".to_owned());
        }
        account.status = tape.one_of(&[
            AccountStatus::Active,
            AccountStatus::Active,
            AccountStatus::Deactivated,
        ]);
        account.role = tape.one_of(&[
            Known::Known(OrganizationRole::InternalUser),
            Known::Known(OrganizationRole::InternalUser),
            Known::Known(OrganizationRole::InternalAdmin),
            Known::Known(OrganizationRole::TeamGuestUser),
            Known::Unknown,
        ]);
        account.license = tape.one_of(&[
            Known::Known(License::FreeRestricted),
            Known::Known(License::Full),
            Known::Known(License::Basic),
            Known::Known(License::Other("gold".to_owned())),
            Known::Unknown,
        ]);
        if tape.one_in(4) {
            account.admin_roles = Known::Known(vec![AdminRole {
                kind: Known::Unknown,
                name: "Content Admin".to_owned(),
            }]);
        }
        if tape.one_in(6) {
            account.admin_roles = Known::Unknown;
        }
        account.enterprise = Known::Known(EnterpriseAttributes {
            department: tape.one_of(&[None, Some("Art".to_owned()), Some("Law".to_owned())]),
            ..EnterpriseAttributes::default()
        });
        if tape.one_in(6) {
            account.enterprise = Known::Unknown;
            account.display_name = Known::Unknown;
        }
    }
    if tape.one_in(4) {
        world.account_named("1").status = AccountStatus::Deactivated;
    }
    if tape.one_in(4) {
        world.account_named("1").role = Known::Known(OrganizationRole::InternalUser);
    }
    if tape.one_in(5) {
        world.inventory.organization.full_licenses_purchased = Known::Known(1);
    }
}

fn teams(world: &mut World, tape: &mut Tape<'_>) {
    let roles = [
        None,
        None,
        Some(TeamRole::Member),
        Some(TeamRole::Member),
        Some(TeamRole::Admin),
        Some(TeamRole::Admin),
        Some(TeamRole::Unknown),
        Some(TeamRole::NonTeam),
    ];
    let ids: Vec<String> = world
        .inventory
        .accounts
        .iter()
        .map(|account| account.id.to_string())
        .collect();
    for (id, name) in TEAMS.iter().zip(TEAM_NAMES).take(tape.below(4)) {
        let name = if tape.one_in(8) { "Design" } else { name };
        let mut members: Vec<(&str, TeamRole)> = Vec::new();
        for account in &ids {
            if let Some(role) = tape.one_of(&roles) {
                members.push((account, role));
            }
        }
        world.team(id, name, &members);
    }
    for (id, name) in ["801", "802"].iter().zip(TEAM_NAMES).take(tape.below(3)) {
        let members: Vec<&str> = ids
            .iter()
            .filter(|_| tape.one_in(2))
            .map(String::as_str)
            .collect();
        world.user_group(id, name, &members);
    }
    for id in &ids {
        let count = tape.below(4);
        if count > 0 {
            let boards = u64::try_from(count - 1).unwrap();
            world.inventory.boards.insert(id.as_str().into(), boards);
        }
    }
}

fn people(world: &mut World, tape: &mut Tape<'_>) {
    let count = tape.below(7);
    for (at, name) in NAMES.iter().take(count).enumerate() {
        let status = tape.one_of(&[
            PersonStatus::Active,
            PersonStatus::Active,
            PersonStatus::Active,
            PersonStatus::Active,
            PersonStatus::Disabled,
            PersonStatus::Gone,
        ]);
        let (email, named, department) = (tape.below(10), tape.one_in(8), tape.below(4));
        let manager = tape.one_in(4).then(|| tape.below(count));
        let person = world.person(name);
        person.status = status;
        match email {
            7 => person.attributes.set_text("email", ""),
            8 => person.attributes.set_text("email", "shared@x.org"),
            9 => {
                let other = NAMES[(at + 1) % NAMES.len()];
                person
                    .attributes
                    .set_text("email", &format!("{other}@x.org"));
            }
            _ => {}
        }
        if named {
            person.attributes.set_text("displayName", "Same Name");
        }
        let department = ["", "Art", "Law", "Law"][department];
        person.attributes.set_text("department", department);
        person.manager = manager.map(|manager| PersonId::new(NAMES[manager]));
    }
}

fn links(world: &mut World, tape: &mut Tape<'_>) {
    let (people, accounts) = (
        world.desired.people.len(),
        world.inventory.accounts.len() - 1,
    );
    for (at, name) in NAMES.iter().take(people).enumerate() {
        let account = match tape.below(8) {
            0..=2 => at,
            3 if accounts > 0 => tape.below(accounts),
            4 => 50,
            _ => continue,
        };
        let how = tape.one_of(&[LinkOrigin::Matched, LinkOrigin::Created, LinkOrigin::Pinned]);
        let sent = [
            (tape.below(3), "active", ["true", "false"]),
            (
                tape.below(3),
                TargetAttribute::Department.path(),
                ["Art", "Law"],
            ),
            (
                tape.below(3),
                TargetAttribute::UserName.path(),
                ["ada@x.org", "ben@x.org"],
            ),
            (
                tape.below(3),
                TargetAttribute::Role.path(),
                ["ORGANIZATION_INTERNAL_ADMIN", "ORGANIZATION_INTERNAL_USER"],
            ),
        ];
        let disabled = tape.below(4);
        let link = world.link(name, &account_id(account));
        link.how = how;
        for (choice, path, values) in sent {
            if choice > 0 {
                link.sent
                    .insert(path.to_owned(), values[choice - 1].to_owned());
            }
        }
        if disabled > 0 {
            link.disabled_at = Some(days_ago(i64::try_from(disabled).unwrap() * 15));
        }
    }
}

fn groups(world: &mut World, tape: &mut Tape<'_>) {
    let count = tape.below(4);
    for at in 0..count {
        let name = TEAM_NAMES[if tape.one_in(8) { 0 } else { at }];
        let name = if tape.one_in(3) { "Brand" } else { name };
        let mut members: Vec<_> = NAMES
            .iter()
            .take(6)
            .filter(|_| tape.one_in(2))
            .map(|name| member(name))
            .collect();
        if tape.one_in(3) {
            members.push(nested(&format!("g{}", tape.below(3))));
        }
        world.group(&format!("g{at}"), name, &members);
    }
    for at in 0..3 {
        let target = match tape.below(8) {
            0..=2 => continue,
            5 => GroupLinkTarget::Team(TeamId::new(TEAMS[tape.below(4)])),
            3 | 6 => GroupLinkTarget::Team(TeamId::new(TEAMS[at])),
            _ => GroupLinkTarget::UserGroup(UserGroupId::new(["801", "802"][at % 2])),
        };
        world.group_link(&format!("g{at}"), target);
        if tape.one_in(2) {
            let link = world.desired.group_links.last_mut().unwrap();
            link.how = LinkOrigin::Created;
        }
    }
}

fn target(tape: &mut Tape<'_>) -> AssignmentTarget {
    let role = tape.one_of(&[TeamRole::Member, TeamRole::Admin]);
    match tape.below(12) {
        0..=3 => AssignmentTarget::Application {
            role: AppRole::new(tape.one_of(&["User", "User", "User", "Default Access"])),
        },
        4 | 5 => AssignmentTarget::Team {
            team: TeamTarget::Id(TeamId::new(TEAMS[tape.below(4)])),
            role,
        },
        6 => AssignmentTarget::Team {
            team: TeamTarget::Name(TEAM_NAMES[tape.below(4)].to_owned()),
            role,
        },
        7 => AssignmentTarget::UserGroup {
            user_group: UserGroupTarget::Id(UserGroupId::new(["801", "802"][tape.below(2)])),
        },
        8 => AssignmentTarget::UserGroup {
            user_group: UserGroupTarget::Name(TEAM_NAMES[tape.below(4)].to_owned()),
        },
        9 => AssignmentTarget::Role {
            role: tape.one_of(&[
                OrganizationRole::InternalAdmin,
                OrganizationRole::InternalUser,
            ]),
        },
        10 => AssignmentTarget::AdminRole {
            name: tape.one_of(&["Content Admin", "User Admin"]).to_owned(),
        },
        _ => AssignmentTarget::License {
            license: tape.one_of(&[License::Full, License::Basic, License::FreeRestricted]),
        },
    }
}

fn assignments(world: &mut World, tape: &mut Tape<'_>) {
    if !tape.one_in(6) {
        for name in NAMES.iter().take(world.desired.people.len()) {
            if !tape.one_in(5) {
                world.assign_person(name, crate::build::application());
            }
        }
    }
    for _ in 0..tape.below(9) {
        let target = target(tape);
        let time = tape.below(8);
        let assignment = if tape.one_in(2) {
            world.assign_group(&format!("g{}", tape.below(3)), target)
        } else {
            world.assign_person(NAMES[tape.below(6)], target)
        };
        match time {
            6 => assignment.expires_at = Some(days_ago(1)),
            7 => assignment.starts_at = Some(days_ago(-1)),
            _ => {}
        }
    }
}

/// What Usher gave: some of what is there, and some of what is not there any more.
fn ledger(world: &mut World, tape: &mut Tape<'_>) {
    let mut held: Vec<(String, String)> = Vec::new();
    for state in &world.inventory.teams {
        for member in &state.members {
            let (team, account) = (&state.team.id, member.account.to_string());
            held.push((account.clone(), format!("team:{team}:member")));
            if member.role == TeamRole::Admin {
                held.push((account, format!("team:{team}:admin")));
            }
        }
    }
    for state in &world.inventory.user_groups {
        for account in &state.members {
            let group = &state.user_group.id;
            held.push((account.to_string(), format!("user_group:{group}:member")));
        }
    }
    for account in &world.inventory.accounts {
        let id = account.id.to_string();
        held.push((id.clone(), "role:organization_internal_admin".to_owned()));
        held.push((id.clone(), "admin_role:Content Admin".to_owned()));
        held.push((id, "license:full".to_owned()));
    }
    for (account, entitlement) in held {
        if tape.one_in(3) {
            world.given(&account, &entitlement);
        }
    }
}

fn holds(world: &mut World, tape: &mut Tape<'_>) {
    for _ in 0..tape.below(4).saturating_sub(1) {
        let subject = if tape.one_in(2) {
            HoldSubject::Account(account_id(tape.below(6)).as_str().into())
        } else {
            HoldSubject::Person(PersonId::new(NAMES[tape.below(6)]))
        };
        let kind = tape.one_of(&[HoldKind::KeepDisabled, HoldKind::LeaveAlone]);
        world.hold(subject, kind);
        if tape.one_in(4) {
            let hold = world.desired.holds.last_mut().unwrap();
            hold.expires_at = Some(days_ago(1));
        }
    }
    for _ in 0..tape.below(4).saturating_sub(2) {
        let id = account_id(tape.below(6));
        let protected = if tape.one_in(2) {
            ProtectedAccount::Id(id.as_str().into())
        } else {
            ProtectedAccount::Email(Email::new(format!("{}@X.org", NAMES[tape.below(6)])))
        };
        world.settings.guards.protected.push(protected);
    }
}

fn switch(tape: &mut Tape<'_>, usual: Switch) -> Switch {
    let other = if usual.is_on() {
        Switch::Off
    } else {
        Switch::On
    };
    if tape.one_in(5) { other } else { usual }
}

fn settings(world: &mut World, tape: &mut Tape<'_>) {
    let settings = &mut world.settings;
    settings.user_actions.create = switch(tape, Switch::On);
    settings.user_actions.update = switch(tape, Switch::On);
    settings.user_actions.delete = tape.one_of(&[Switch::Off, Switch::On]);
    settings.group_actions.create = tape.one_of(&[Switch::Off, Switch::On]);
    settings.group_actions.update = switch(tape, Switch::On);
    settings.group_actions.delete = tape.one_of(&[Switch::Off, Switch::On]);
    settings.group_mapping.push = switch(tape, Switch::On);
    if tape.one_in(5) {
        settings.scope.mode = ScopeMode::Everyone;
    }
    if tape.one_in(5) {
        settings.scope.exclude.push(Email::new("ADA@x.org"));
    }
    if tape.one_in(4) {
        settings.matching.push(MatchingProperty {
            target: TargetAttribute::DisplayName,
            source: MappingSource::Direct("displayName".into()),
        });
    }
    let constant = |target, value: &str| AttributeMapping {
        target,
        source: MappingSource::Constant(value.to_owned()),
        default: None,
        when_empty: WhenEmpty::Keep,
        apply: usher_plan::Apply::Always,
    };
    let extra = match tape.below(12) {
        8 => Some(constant(TargetAttribute::UserType, "Full")),
        9 => Some(constant(
            TargetAttribute::Role,
            "ORGANIZATION_INTERNAL_USER",
        )),
        10 => Some(constant(TargetAttribute::AdminRoles, "User Admin")),
        _ => None,
    };
    settings.user_mapping.extend(extra);
    for mapping in &mut settings.user_mapping {
        if mapping.target == TargetAttribute::Department && tape.one_in(3) {
            mapping.when_empty = WhenEmpty::Clear;
        }
    }
    if tape.one_in(8) {
        settings
            .user_mapping
            .retain(|mapping| mapping.target != TargetAttribute::Active);
        settings.user_mapping.push(AttributeMapping {
            source: MappingSource::Expression("person.department != \"Law\"".to_owned()),
            ..constant(TargetAttribute::Active, "true")
        });
    }
}

fn policies(world: &mut World, tape: &mut Tape<'_>) {
    let settings = &mut world.settings;
    settings.deprovision = DeprovisionPolicy {
        leave: tape.one_of(&[
            LeaveAction::Disable,
            LeaveAction::Disable,
            LeaveAction::SkipOutOfScope,
            LeaveAction::Report,
        ]),
        remove_from_teams_after_days: tape.one_of(&[None, Some(20), Some(10)]),
        delete_after_days: tape.one_of(&[None, None, Some(40), Some(10)]),
        end_sessions: Switch::Off,
    };
    settings.unmanaged = tape.one_of(&[
        UnmanagedPolicy::Report,
        UnmanagedPolicy::AdoptByMatch,
        UnmanagedPolicy::Disable,
    ]);
    settings.extra_members = tape.one_of(&[ExtraMembers::Report, ExtraMembers::Remove]);
    for attribute in [
        TargetAttribute::Department,
        TargetAttribute::UserName,
        TargetAttribute::Active,
        TargetAttribute::Role,
    ] {
        let policy = tape.one_of(&[
            DriftPolicy::Correct,
            DriftPolicy::Correct,
            DriftPolicy::Report,
            DriftPolicy::Adopt,
        ]);
        settings.drift.insert(attribute, policy);
    }
    settings.guards.disables = Threshold {
        at_least: u32::try_from(tape.below(4)).unwrap(),
        percent: tape.one_of(&[5, 0, 40]),
    };
    settings.guards.irreversible.at_least = u32::try_from(tape.below(3)).unwrap();
    settings.guards.group_shrink_percent = tape.one_of(&[20, 0, 60]);
    let recent = &mut world.desired.recent;
    recent.disables_and_revokes = u32::try_from(tape.below(3)).unwrap();
    recent.irreversible = u32::try_from(tape.below(2)).unwrap();
    if tape.one_in(3) {
        world.desired.first_cycle = FirstCycle::Pending;
    }
}

fn trust(world: &mut World, tape: &mut Tape<'_>) {
    world.inventory.group_model = tape.one_of(&[
        Known::Known(GroupModel::Team),
        Known::Known(GroupModel::Team),
        Known::Known(GroupModel::UserGroup),
        Known::Known(GroupModel::UserGroup),
        Known::Unknown,
    ]);
    if tape.one_in(5) {
        world.inventory.default_team = Known::Unknown;
        world.settings.default_team = tape.one_in(2).then(|| TeamId::new("900"));
    }
    if tape.one_in(8) {
        world.desired.suspect_sources.push(SourceName::new("ldap"));
    }
    if tape.one_in(12) {
        world.inventory.snapshot = None;
    }
    let Some(facts) = &mut world.inventory.snapshot else {
        return;
    };
    if tape.one_in(8) {
        let max = SignedDuration::try_from(world.settings.guards.max_inventory_age).unwrap();
        facts.confirmed_at =
            now() - max - SignedDuration::try_from(Duration::from_secs(1)).unwrap();
    }
    if tape.one_in(12) {
        facts.verdict = Completeness::Suspect {
            reasons: vec![Distrust::Unread {
                part: "members".to_owned(),
                why: "503".to_owned(),
            }],
        };
    }
    let coverage = &mut facts.coverage;
    for seen in [
        &mut coverage.teams,
        &mut coverage.team_roles,
        &mut coverage.user_groups,
        &mut coverage.admin_roles,
        &mut coverage.names,
        &mut coverage.guests,
    ] {
        if tape.one_in(8) {
            *seen = Seen::No;
        }
    }
}
