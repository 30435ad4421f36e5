//! Short words for the things that tests are about.

use std::collections::BTreeMap;

use usher_model::{
    Account, AccountId, AccountStatus, AdminRole, AppRole, Assignment, AssignmentId,
    AssignmentOrigin, AssignmentTarget, Attributes, Completeness, Coverage, Email,
    EnterpriseAttributes, Entitlement, Group, GroupId, GroupLink, GroupLinkTarget, GroupMember,
    GroupModel, Hold, HoldId, HoldKind, HoldSubject, Known, License, Link, LinkOrigin,
    Organization, OrganizationId, OrganizationRole, Person, PersonId, PersonStatus, PlanId,
    ProvisionedGrant, Seen, Subject, SyncId, Team, TeamId, TeamRole, TeamTarget, Timestamp,
    UserGroup, UserGroupId,
};
use usher_plan::{
    Action, ActionKind, Change, Desired, FirstCycle, Inventory, Plan, PlanRequest, Report,
    Settings, SnapshotFacts, Switch, TeamMember, TeamState, UserGroupState, lint, plan,
};

pub fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub fn days_ago(days: i64) -> Timestamp {
    now() - jiff::SignedDuration::from_hours(24 * days)
}

/// A world of which a test says what is special about it.
#[derive(Clone, Debug)]
pub struct World {
    pub inventory: Inventory,
    pub desired: Desired,
    pub settings: Settings,
}

impl World {
    /// An organization with one company admin outside the directory, a default team, and nobody to provision. Every
    /// guard that is not a number has had its say: this is not the first cycle.
    pub fn new() -> Self {
        let mut world = Self {
            inventory: Inventory {
                organization: Organization {
                    id: OrganizationId::new("1"),
                    name: Known::Unknown,
                    plan: Known::Unknown,
                    full_licenses_purchased: Known::Known(100),
                },
                group_model: Known::Known(GroupModel::Team),
                snapshot: Some(SnapshotFacts {
                    sync: SyncId::new("sync"),
                    confirmed_at: now(),
                    verdict: Completeness::Complete,
                    coverage: everything(),
                }),
                accounts: Vec::new(),
                teams: Vec::new(),
                user_groups: Vec::new(),
                default_team: Known::Known(TeamId::new("900")),
                boards: BTreeMap::new(),
            },
            desired: Desired {
                first_cycle: FirstCycle::Done,
                ..Desired::default()
            },
            settings: Settings::default(),
        };
        world.team("900", "Everybody", &[("1", TeamRole::Admin)]);
        world.account("1", "boss@x.org").role = Known::Known(OrganizationRole::InternalAdmin);
        world
    }

    pub fn account(&mut self, id: &str, email: &str) -> &mut Account {
        let accounts = &mut self.inventory.accounts;
        accounts.push(account(id, email));
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        accounts
            .iter_mut()
            .find(|known| known.id.as_str() == id)
            .unwrap()
    }

    pub fn account_named(&mut self, id: &str) -> &mut Account {
        let accounts = self.inventory.accounts.iter_mut();
        accounts
            .into_iter()
            .find(|known| known.id.as_str() == id)
            .unwrap()
    }

    pub fn team(&mut self, id: &str, name: &str, members: &[(&str, TeamRole)]) {
        let teams = &mut self.inventory.teams;
        teams.push(team(id, name, members));
        teams.sort_by(|one, other| one.team.id.cmp(&other.team.id));
    }

    pub fn user_group(&mut self, id: &str, name: &str, members: &[&str]) {
        self.inventory.user_groups.push(UserGroupState {
            user_group: UserGroup {
                id: UserGroupId::new(id),
                name: name.to_owned(),
                description: Known::Unknown,
            },
            members: members.iter().map(AccountId::new).collect(),
        });
    }

    /// A person whose e-mail address is the name at x.org.
    pub fn person(&mut self, name: &str) -> &mut Person {
        self.desired.people.push(person(name));
        self.desired.people.last_mut().unwrap()
    }

    /// A person in scope, whose account is there, linked and in line.
    pub fn employee(&mut self, name: &str, account: &str) -> &mut Person {
        self.account(account, &format!("{name}@x.org"));
        self.link(name, account);
        self.assign_person(name, application());
        self.person(name)
    }

    pub fn person_named(&mut self, name: &str) -> &mut Person {
        let people = self.desired.people.iter_mut();
        people
            .into_iter()
            .find(|known| known.id.as_str() == name)
            .unwrap()
    }

    pub fn link(&mut self, person: &str, account: &str) -> &mut Link {
        self.desired.links.push(Link {
            person: PersonId::new(person),
            account: AccountId::new(account),
            how: LinkOrigin::Matched,
            since: days_ago(100),
            sent: BTreeMap::new(),
            disabled_at: None,
        });
        self.desired.links.last_mut().unwrap()
    }

    pub fn link_of(&mut self, person: &str) -> &mut Link {
        let links = self.desired.links.iter_mut();
        links
            .into_iter()
            .find(|link| link.person.as_str() == person)
            .unwrap()
    }

    pub fn group(&mut self, id: &str, name: &str, members: &[GroupMember]) {
        self.desired.groups.push(Group {
            id: GroupId::new(id),
            name: name.to_owned(),
            description: None,
            members: members.to_vec(),
        });
    }

    pub fn group_link(&mut self, group: &str, target: GroupLinkTarget) {
        self.desired.group_links.push(GroupLink {
            group: GroupId::new(group),
            target,
            how: LinkOrigin::Matched,
            since: days_ago(100),
        });
    }

    pub fn assign_person(&mut self, name: &str, target: AssignmentTarget) -> &mut Assignment {
        self.assign(Subject::Person(PersonId::new(name)), target)
    }

    pub fn assign_group(&mut self, id: &str, target: AssignmentTarget) -> &mut Assignment {
        self.assign(Subject::Group(GroupId::new(id)), target)
    }

    fn assign(&mut self, subject: Subject, target: AssignmentTarget) -> &mut Assignment {
        let id = format!("a{:02}", self.desired.assignments.len());
        self.desired.assignments.push(Assignment {
            id: AssignmentId::new(id),
            subject,
            target,
            origin: AssignmentOrigin::Manual {
                by: "ann".to_owned(),
            },
            starts_at: None,
            expires_at: None,
            note: None,
        });
        self.desired.assignments.last_mut().unwrap()
    }

    pub fn hold(&mut self, subject: HoldSubject, kind: HoldKind) {
        self.desired.holds.push(Hold {
            id: HoldId::new(format!("h{}", self.desired.holds.len())),
            subject,
            kind,
            origin: AssignmentOrigin::Workflow {
                id: "idle".to_owned(),
            },
            reason: "idle for 90 days".to_owned(),
            created_at: days_ago(3),
            expires_at: None,
        });
    }

    pub fn given(&mut self, account: &str, entitlement: &str) {
        self.desired.provisioned.push(ProvisionedGrant {
            account: AccountId::new(account),
            entitlement: entitlement.parse::<Entitlement>().unwrap(),
            since: days_ago(50),
        });
    }

    pub fn allow_everything(&mut self) {
        self.settings.user_actions.delete = Switch::On;
        self.settings.group_actions.create = Switch::On;
        self.settings.group_actions.delete = Switch::On;
    }

    /// The plan and its report. Every plan of every test is linted.
    pub fn plan(&self) -> (Plan, Report) {
        self.plan_for(&[])
    }

    pub fn plan_for(&self, only: &[&str]) -> (Plan, Report) {
        let request = request(only.iter().map(PersonId::new).collect());
        let (planned, report) =
            plan(&self.inventory, &self.desired, &self.settings, &request).unwrap();
        let findings = lint(
            &planned,
            &self.inventory,
            &self.desired,
            &self.settings,
            now(),
        );
        assert!(findings.is_empty(), "{findings:#?}\n{planned:#?}");
        (planned, report)
    }

    /// The changes in words, one line each.
    pub fn changes(&self) -> Vec<String> {
        self.plan().0.changes.iter().map(words).collect()
    }

    /// What the simulated Miro and Usher's memory become.
    pub fn applied(&self) -> Self {
        let (planned, _) = self.plan();
        let (inventory, desired) = usher_plan::simulate(&self.inventory, &self.desired, &planned);
        Self {
            inventory,
            desired,
            settings: self.settings.clone(),
        }
    }
}

pub fn request(only: Vec<PersonId>) -> PlanRequest {
    PlanRequest {
        id: PlanId::new("plan"),
        now: now(),
        parent: None,
        only,
    }
}

pub fn everything() -> Coverage {
    Coverage {
        guests: Seen::Yes,
        activity: Seen::Yes,
        names: Seen::Yes,
        teams: Seen::Yes,
        team_roles: Seen::Yes,
        admin_roles: Seen::Yes,
        user_groups: Seen::Yes,
    }
}

pub fn account(id: &str, email: &str) -> Account {
    let name = email.split('@').next().unwrap();
    Account {
        id: AccountId::new(id),
        email: Email::new(email),
        display_name: Known::Known(name.to_owned()),
        status: AccountStatus::Active,
        role: Known::Known(OrganizationRole::InternalUser),
        license: Known::Known(License::FreeRestricted),
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Unknown,
        admin_roles: Known::Known(Vec::<AdminRole>::new()),
        enterprise: Known::Known(EnterpriseAttributes::default()),
    }
}

pub fn person(name: &str) -> Person {
    let mut attributes = Attributes::default();
    attributes.set_text("email", &format!("{name}@x.org"));
    attributes.set_text("displayName", name);
    Person {
        id: PersonId::new(name),
        status: PersonStatus::Active,
        manager: None,
        attributes,
    }
}

pub fn team(id: &str, name: &str, members: &[(&str, TeamRole)]) -> TeamState {
    let mut members: Vec<TeamMember> = members
        .iter()
        .map(|(account, role)| TeamMember {
            account: AccountId::new(account),
            role: role.clone(),
        })
        .collect();
    members.sort_unstable();
    TeamState {
        team: Team {
            id: TeamId::new(id),
            name: name.to_owned(),
        },
        members,
    }
}

pub fn application() -> AssignmentTarget {
    AssignmentTarget::Application {
        role: AppRole::new("User"),
    }
}

pub fn team_target(id: &str, role: TeamRole) -> AssignmentTarget {
    AssignmentTarget::Team {
        team: TeamTarget::Id(TeamId::new(id)),
        role,
    }
}

pub fn team_named(name: &str) -> AssignmentTarget {
    AssignmentTarget::Team {
        team: TeamTarget::Name(name.to_owned()),
        role: TeamRole::Member,
    }
}

pub fn member(name: &str) -> GroupMember {
    GroupMember::Person(PersonId::new(name))
}

pub fn nested(group: &str) -> GroupMember {
    GroupMember::Group(GroupId::new(group))
}

/// A change in a few words: the kind, the label, and what matters most.
pub fn words(change: &Change) -> String {
    let kind = change.action.kind();
    let detail = match &change.action {
        Action::AddToTeam { team, .. } | Action::SetTeamRole { team, .. } => {
            format!(" {}", reference(team))
        }
        Action::RemoveFromTeam { team, .. } => format!(" {team}"),
        Action::SetRole { after, .. } => format!(" {after}"),
        Action::RaiseLicense { after, .. } => format!(" {after}"),
        Action::AddAdminRole { name, .. } => format!(" +{name}"),
        Action::RemoveAdminRole { name, .. } => format!(" -{name}"),
        Action::Rename { after, .. } | Action::RenameTeam { after, .. } => format!(" -> {after}"),
        Action::UpdateAttributes { changes, .. } => {
            let mut text = String::new();
            for change in changes {
                let after = change
                    .after
                    .as_ref()
                    .map_or(String::new(), ToString::to_string);
                text = format!("{text} {}={after}", change.attribute.label());
            }
            text
        }
        _ => String::new(),
    };
    format!("{} {}{detail}", kind.words(), change.label)
}

fn reference(team: &usher_plan::TeamRef) -> String {
    match team {
        usher_plan::TeamRef::Existing(id) => id.to_string(),
        usher_plan::TeamRef::New(name) => format!("new {name}"),
    }
}

/// The only change of a kind.
pub fn only(plan: &Plan, kind: ActionKind) -> &Change {
    let mut found = plan
        .changes
        .iter()
        .filter(|change| change.action.kind() == kind);
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "several: {plan:#?}");
    first
}
