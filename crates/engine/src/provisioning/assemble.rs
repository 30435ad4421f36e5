//! Gathering what a plan is made from.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use usher_boxed::boxed;
use usher_model::{
    Completeness, Known, Organization, OrganizationId, Person, PersonStatus, SourceName, Timestamp,
};
use usher_plan::{
    Desired, FirstCycle, Inventory, RecentRemovals, Settings, SnapshotFacts, TeamMember, TeamState,
    UserGroupState,
};
use usher_store::{
    ConnectorRecord, LoadedInventory, PersonFilter, ReadingState, RecentRemovalCounts, Store,
    SyncRecord,
};

use crate::EngineError;

/// How far back the guards look.
const LATELY: Duration = Duration::from_secs(24 * 3600);

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// What is.
    pub inventory: Inventory,
    /// What should be.
    pub desired: Desired,
    /// How to get there.
    pub settings: Settings,
    /// The version of the settings; none while the defaults are in use.
    pub settings_version: Option<u64>,
    /// The connector.
    pub connector: ConnectorRecord,
}

/// Gathers what a plan for an organization is made from, as the database has it now.
#[boxed]
pub async fn assemble(
    store: &Store,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<Assembled, EngineError> {
    let (settings_version, settings) = provisioning_settings(store, organization).await?;
    let connector = store.connector(organization).await?.unwrap_or_default();
    let inventory = current_inventory(store, organization, &connector, &settings).await?;
    let desired = desired(store, organization, &connector, now).await?;
    Ok(Assembled {
        inventory,
        desired,
        settings,
        settings_version,
        connector,
    })
}

/// The stored settings of an organization's provisioning, or the defaults.
#[boxed]
pub async fn provisioning_settings(
    store: &Store,
    organization: &OrganizationId,
) -> Result<(Option<u64>, Settings), EngineError> {
    let Some((version, value)) = store.provisioning_settings(organization).await? else {
        return Ok((None, Settings::default()));
    };
    let settings = serde_json::from_value(value).map_err(|error| EngineError::StoredSettings {
        what: "settings of provisioning",
        why: error.to_string(),
    })?;
    Ok((Some(version), settings))
}

/// The inventory alone.
pub(crate) async fn current_inventory(
    store: &Store,
    organization: &OrganizationId,
    connector: &ConnectorRecord,
    settings: &Settings,
) -> Result<Inventory, EngineError> {
    let LoadedInventory {
        accounts,
        teams,
        user_groups,
    } = store.load_inventory(organization).await?;
    let published = store.last_published(organization).await?;
    let from_settings = Known::from(settings.default_team.clone());
    Ok(Inventory {
        organization: record(store, organization).await?,
        group_model: connector.group_model,
        snapshot: published.map(|sync| facts(sync, connector.confirmed_at)),
        accounts,
        teams: teams
            .into_iter()
            .map(|loaded| TeamState {
                team: loaded.team,
                members: loaded
                    .members
                    .into_iter()
                    .map(|(account, role)| TeamMember { account, role })
                    .collect(),
            })
            .collect(),
        user_groups: user_groups
            .into_iter()
            .map(|loaded| UserGroupState {
                user_group: loaded.user_group,
                members: loaded.members,
            })
            .collect(),
        default_team: from_settings.or(connector.default_team.clone()),
        boards: BTreeMap::new(),
    })
}

async fn record(store: &Store, id: &OrganizationId) -> Result<Organization, EngineError> {
    let organizations = store.organizations().await?;
    let found = organizations.into_iter().find(|one| one.id == *id);
    Ok(found.unwrap_or_else(|| Organization {
        id: id.clone(),
        name: Known::Unknown,
        plan: Known::Unknown,
        full_licenses_purchased: Known::Unknown,
    }))
}

/// What is known of the snapshot. It was confirmed by itself, or later by a cycle that read all changes since.
fn facts(sync: SyncRecord, confirmed_at: Option<Timestamp>) -> SnapshotFacts {
    let by_itself = sync.started_at;
    SnapshotFacts {
        sync: sync.id,
        confirmed_at: confirmed_at.map_or(by_itself, |later| later.max(by_itself)),
        // What was not believed, and is published all the same, was accepted by somebody.
        verdict: match sync.verdict {
            Some(Completeness::Complete) => Completeness::Complete,
            _ => Completeness::TotalUnverified,
        },
        coverage: sync.coverage.unwrap_or_default(),
    }
}

/// From when on the guards look back.
pub(super) fn lately(now: Timestamp) -> Timestamp {
    now.checked_sub(LATELY).unwrap_or(now)
}

/// What was removed, as the guards count it.
pub(super) fn removals(counts: RecentRemovalCounts) -> RecentRemovals {
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    RecentRemovals {
        disables_and_revokes: count(counts.disables_and_revokes),
        irreversible: count(counts.irreversible),
    }
}

async fn desired(
    store: &Store,
    organization: &OrganizationId,
    connector: &ConnectorRecord,
    now: Timestamp,
) -> Result<Desired, EngineError> {
    let links = store.links(organization).await?;
    let recent = store.recent_removals(organization, lately(now)).await?;
    Ok(Desired {
        people: people(store, &links).await?,
        groups: store.groups().await?,
        assignments: store.assignments(organization).await?,
        holds: store.holds(organization).await?,
        links,
        group_links: store.group_links(organization).await?,
        provisioned: store.provisioned(organization).await?,
        recent: removals(recent),
        first_cycle: match connector.first_cycle_at {
            Some(_) => FirstCycle::Done,
            None => FirstCycle::Pending,
        },
        suspect_sources: suspect_sources(store).await?,
    })
}

/// Everybody in the directory, and of those who are gone, who still has an account.
async fn people(store: &Store, links: &[usher_model::Link]) -> Result<Vec<Person>, EngineError> {
    let linked: HashSet<_> = links.iter().map(|link| &link.person).collect();
    let mut people = store.load_people(&PersonFilter::default()).await?;
    people.retain(|person| person.status != PersonStatus::Gone || linked.contains(&person.id));
    Ok(people)
}

async fn suspect_sources(store: &Store) -> Result<Vec<SourceName>, EngineError> {
    let sources = store.sources().await?;
    let doubtful = sources.into_iter().filter(|source| {
        let reading = source.reading.as_ref();
        reading.is_some_and(|reading| reading.state != ReadingState::Believed)
    });
    Ok(doubtful.map(|source| source.definition.name).collect())
}
