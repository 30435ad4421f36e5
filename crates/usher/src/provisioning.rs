//! What decides how one organization is provisioned: its settings, and the directory they apply to.

use std::collections::HashSet;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use usher_engine::Acting;
use usher_engine::connector::update_settings;
use usher_model::{
    AccountId, Actor, AppRole, Assignment, AssignmentTarget, Group, Organization, OrganizationId,
    Origin, Person, PersonId, Subject,
};
use usher_plan::{Assigned, GroupIndex, Settings};
use usher_store::{PersonFilter, Store};

use crate::commands::mapping::into_failure;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{choose, open_existing};
use crate::output::note;

/// Which organization.
#[derive(Args, Clone, Debug, Default)]
pub struct OrganizationArguments {
    /// The organization, when the database holds several
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
}

/// The settings of one organization, as they are stored.
pub struct Provisioning {
    /// The database.
    pub store: Store,
    /// The organization.
    pub organization: Organization,
    /// The version of the settings; none if the defaults were never changed.
    pub version: Option<u64>,
    /// The settings.
    pub settings: Settings,
}

/// People, groups and assignments.
pub struct Directory {
    /// Everybody, sorted by id.
    pub people: Vec<Person>,
    /// All groups.
    pub groups: Vec<Group>,
    /// All assignments in the organization.
    pub assignments: Vec<Assignment>,
}

impl Provisioning {
    /// Opens the database and reads the organization's settings.
    pub async fn open(
        context: &Context,
        arguments: &OrganizationArguments,
    ) -> Result<Self, Failure> {
        let store = open_existing(context).await?;
        let organization = choose(&store, arguments.organization.as_deref()).await?;
        let stored = store.provisioning_settings(&organization.id).await?;
        let (version, settings) = match stored {
            Some((version, value)) => (Some(version), read(value)?),
            None => (None, Settings::default()),
        };
        Ok(Self {
            store,
            organization,
            version,
            settings,
        })
    }

    /// The organization's id.
    pub fn id(&self) -> &OrganizationId {
        &self.organization.id
    }

    /// Stores `settings` if they make sense and nobody else changed them meanwhile.
    /// Returns their new version.
    pub async fn save(&self, settings: Settings, context: &Context) -> Result<u64, Failure> {
        let groups = GroupIndex::build(&self.store.groups().await?);
        if let Some(failure) = into_failure(&settings.check(&groups)) {
            return Err(failure);
        }
        let actor = actor(context);
        let acting = acting(&self.store, &actor, context);
        Ok(update_settings(acting, self.id(), &settings, self.version).await?)
    }

    /// People, groups and assignments.
    pub async fn directory(&self) -> Result<Directory, Failure> {
        Ok(Directory {
            people: self.store.load_people(&PersonFilter::default()).await?,
            groups: self.store.groups().await?,
            assignments: self.store.assignments(self.id()).await?,
        })
    }

    /// The account that a person is tied to.
    pub async fn account_of(&self, person: &PersonId) -> Result<Option<AccountId>, Failure> {
        let link = self.store.link_of_person(self.id(), person).await?;
        Ok(link.map(|link| link.account))
    }
}

fn read(value: Value) -> Result<Settings, Failure> {
    serde_json::from_value(value).map_err(|error| {
        Failure::new(
            Exit::Database,
            "the stored settings of provisioning cannot be read",
        )
        .because(error)
        .hint("a newer Usher may have written them: run that one")
    })
}

/// Says that settings were saved: to people in a word, to programs with the version and what was changed.
pub fn saved(
    version: u64,
    (what, words): (Value, String),
    context: &Context,
) -> Result<Exit, Failure> {
    if context.output.is_json() {
        context
            .output
            .json(&json!({"version": version, "saved": what}))?;
        return Ok(Exit::Success);
    }
    note(words);
    Ok(Exit::Success)
}

/// Who runs the program, for the event log.
pub fn actor(context: &Context) -> Actor {
    Actor::Operator {
        name: context.operator.clone(),
    }
}

/// Who acts, with what, and by which way.
pub fn acting<'a>(store: &'a Store, actor: &'a Actor, context: &'a Context) -> Acting<'a> {
    Acting {
        store,
        clock: &*context.clock,
        actor,
        origin: Origin::CommandLine,
    }
}

/// Says of people whether an assignment gives them something now. The default-access role gives nothing.
pub fn assigned_people(
    directory: &Directory,
    groups: &GroupIndex,
    now: Timestamp,
) -> impl Fn(&PersonId) -> Assigned + use<> {
    let mut assigned: HashSet<PersonId> = HashSet::new();
    for assignment in &directory.assignments {
        if !assignment.holds_at(now) || gives_nothing(&assignment.target) {
            continue;
        }
        match &assignment.subject {
            Subject::Person(person) => {
                assigned.insert(person.clone());
            }
            Subject::Group(group) => assigned.extend(groups.members(group).into_iter().cloned()),
        }
    }
    move |person| {
        if assigned.contains(person) {
            Assigned::Yes
        } else {
            Assigned::No
        }
    }
}

fn gives_nothing(target: &AssignmentTarget) -> bool {
    matches!(target, AssignmentTarget::Application { role } if role.is_default_access())
}

/// The application role that a person is assigned with: one of their own before one of a group.
pub fn app_role_of(
    person: &Person,
    directory: &Directory,
    groups: &GroupIndex,
    now: Timestamp,
) -> Option<AppRole> {
    let role = |assignment: &Assignment| match &assignment.target {
        AssignmentTarget::Application { role } if assignment.holds_at(now) => Some(role.clone()),
        _ => None,
    };
    let of = |is_meant: &dyn Fn(&Subject) -> bool| {
        let mut assignments = directory.assignments.iter();
        assignments.find_map(|one| is_meant(&one.subject).then(|| role(one)).flatten())
    };
    of(&|subject| *subject == Subject::Person(person.id.clone())).or_else(|| {
        of(&|subject| match subject {
            Subject::Group(group) => groups.contains(group, &person.id),
            Subject::Person(_) => false,
        })
    })
}
