//! What moved since a plan was made.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use usher_model::{AccountId, GroupId, HoldSubject, PersonId, Subject, Timestamp};
use usher_plan::{AccountRef, Plan};
use usher_store::{Change, PersonFilter, SettingsOf, Store};

use crate::EngineError;
use crate::provisioning::{Assembled, StoredPlan};

/// How many lines are told.
const TOLD: usize = 12;

/// What of that which a plan was made from was changed since, a line each. Never empty.
pub(super) async fn what_moved(
    store: &Store,
    stored: &StoredPlan,
    world: &Assembled,
) -> Result<Vec<String>, EngineError> {
    let since = stored.plan.created_at;
    let subjects = Subjects::of(&stored.plan, world);
    let mut told = settings(store, stored, since).await?;
    told.extend(directory(store, &subjects, world, since).await?);
    told.extend(desires(store, stored, &subjects, since).await?);
    told.extend(miro(store, stored, &subjects, since).await?);
    if told.is_empty() {
        told.push("what the planner looks at for these changes is other than it was".to_owned());
    }
    Ok(shortened(told))
}

/// The first of the lines, and how many more there are.
pub(super) fn shortened(mut told: Vec<String>) -> Vec<String> {
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told
}

/// Whom a plan is about.
struct Subjects {
    people: BTreeSet<PersonId>,
    accounts: BTreeSet<AccountId>,
}

impl Subjects {
    fn of(plan: &Plan, world: &Assembled) -> Self {
        let changes = plan.changes.iter();
        let mut people: BTreeSet<PersonId> = changes
            .clone()
            .filter_map(|change| change.person.clone())
            .collect();
        let mut accounts: BTreeSet<AccountId> = changes
            .filter_map(|change| match change.action.account() {
                Some(AccountRef::Existing(account)) => Some(account),
                _ => None,
            })
            .collect();
        for link in &world.desired.links {
            if people.contains(&link.person) {
                accounts.insert(link.account.clone());
            } else if accounts.contains(&link.account) {
                people.insert(link.person.clone());
            }
        }
        Self { people, accounts }
    }
}

async fn settings(
    store: &Store,
    stored: &StoredPlan,
    since: Timestamp,
) -> Result<Vec<String>, EngineError> {
    let of = SettingsOf::Provisioning(&stored.record.organization);
    let newest = store.settings_history(of).await?.into_iter().next();
    let changed = newest.filter(|version| version.saved_at >= since);
    Ok(changed
        .map(|version| {
            format!(
                "the provisioning settings were saved at {:.0}",
                version.saved_at
            )
        })
        .into_iter()
        .collect())
}

async fn directory(
    store: &Store,
    subjects: &Subjects,
    world: &Assembled,
    since: Timestamp,
) -> Result<Vec<String>, EngineError> {
    let filter = PersonFilter {
        changed_since: Some(since),
        ..PersonFilter::default()
    };
    let mut told = Vec::new();
    let mut people = store.people(&filter);
    while let Some(person) = people.try_next().await? {
        if subjects.people.contains(&person.id) {
            told.push(format!("{} was changed in the directory", person.label()));
        }
    }
    drop(people);
    let groups: BTreeSet<GroupId> = store
        .groups_changed_since(since)
        .await?
        .into_iter()
        .collect();
    let named = world
        .desired
        .groups
        .iter()
        .filter(|group| groups.contains(&group.id));
    told.extend(named.map(|group| format!("group {} was changed in the directory", group.name)));
    Ok(told)
}

async fn desires(
    store: &Store,
    stored: &StoredPlan,
    subjects: &Subjects,
    since: Timestamp,
) -> Result<Vec<String>, EngineError> {
    let organization = &stored.record.organization;
    let mut told = Vec::new();
    for assignment in store.assignments_changed_since(organization, since).await? {
        let concerns = match &assignment.subject {
            Subject::Person(person) => subjects.people.contains(person),
            Subject::Group(_) => true,
        };
        if concerns {
            told.push(format!(
                "an assignment was made or taken back ({})",
                assignment.origin
            ));
        }
    }
    for hold in store.holds_changed_since(organization, since).await? {
        let concerns = match &hold.subject {
            HoldSubject::Person(person) => subjects.people.contains(person),
            HoldSubject::Account(account) => subjects.accounts.contains(account),
        };
        if concerns {
            told.push(format!("a hold was placed or released: {}", hold.reason));
        }
    }
    Ok(told)
}

async fn miro(
    store: &Store,
    stored: &StoredPlan,
    subjects: &Subjects,
    since: Timestamp,
) -> Result<Vec<String>, EngineError> {
    let organization = &stored.record.organization;
    let Some(published) = store.last_published(organization).await? else {
        return Ok(Vec::new());
    };
    let from = published.effective_at.map_or(since, |at| at.min(since));
    let mut told = Vec::new();
    let mut changes = store.diff(organization, from, Timestamp::MAX);
    while let Some(change) = changes.try_next().await? {
        if change.at >= since {
            told.extend(in_words(&change.change, subjects));
        }
    }
    Ok(told)
}

fn in_words(change: &Change, subjects: &Subjects) -> Option<String> {
    match change {
        Change::AccountAdded { account } => Some(format!(
            "{} came into the organization in Miro",
            account.email
        )),
        Change::AccountRemoved { account } if subjects.accounts.contains(&account.id) => {
            Some(format!("{} left the organization in Miro", account.email))
        }
        Change::AccountChanged { account, .. } if subjects.accounts.contains(account) => {
            Some(format!("account {account} was changed in Miro"))
        }
        Change::GrantAdded { grant, .. } if subjects.accounts.contains(&grant.account) => {
            Some(format!(
                "account {} was given {} in Miro",
                grant.account, grant.entitlement
            ))
        }
        Change::GrantRemoved { grant, .. } if subjects.accounts.contains(&grant.account) => {
            Some(format!(
                "account {} lost {} in Miro",
                grant.account, grant.entitlement
            ))
        }
        _ => None,
    }
}
