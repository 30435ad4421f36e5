//! Looking at the inventory: which organization, and as of when.

use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;
use jiff::Timestamp;
use usher_model::{Organization, OrganizationId, Team};
use usher_store::{DatabaseUrl, Engine, Rows, Store, SyncRecord, TeamFilter};

use crate::config::suggest::nearest;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::moment::{Moment, published};
use crate::output::{humanize, note};

/// Which inventory to look at.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Inventory")]
pub struct InventoryArguments {
    /// Look at the inventory as it was: a date (its end, in UTC), a time, a sync's id, or `previous`
    #[arg(long, value_name = "DATE|SYNC")]
    pub as_of: Option<Moment>,
    /// The organization, when the database holds several
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
}

/// The inventory of one organization.
pub struct Inventory {
    /// Where it is kept.
    pub store: Store,
    /// The organization.
    pub organization: Organization,
    /// Syncs that became the inventory, newest first.
    pub published: Vec<SyncRecord>,
    /// As of when; `None`: now.
    pub as_of: Option<Timestamp>,
}

impl Inventory {
    /// Opens the database and finds the organization and the time asked for.
    pub async fn open(context: &Context, arguments: &InventoryArguments) -> Result<Self, Failure> {
        let store = open_existing(context).await?;
        let organization = choose(&store, arguments.organization.as_deref()).await?;
        let syncs = store.syncs(&organization.id).await?;
        let published = published(&syncs);
        if published.is_empty() {
            return Err(nothing_yet(
                "no sync of this organization was believed so far",
            ));
        }
        let as_of = match &arguments.as_of {
            None | Some(Moment::Latest) => None,
            Some(moment) => Some(moment.resolve(&syncs)?),
        };
        Ok(Self {
            store,
            organization,
            published,
            as_of,
        })
    }

    /// The organization's id.
    pub fn id(&self) -> OrganizationId {
        self.organization.id.clone()
    }

    /// From when the inventory in view is, for the line below a list.
    pub fn age(&self, now: Timestamp) -> String {
        match (self.as_of, self.published.first()) {
            (Some(time), _) => format!("as of {}", humanize::exact(time)),
            (None, Some(sync)) => {
                let at = sync.effective_at.unwrap_or(sync.started_at);
                format!("synced {}", humanize::relative(at, now))
            }
            (None, None) => String::new(),
        }
    }

    /// The team with this id or name.
    pub async fn team(&self, wanted: &str) -> Result<Team, Failure> {
        let teams: Vec<Team> = self
            .store
            .teams(&TeamFilter {
                as_of: self.as_of,
                ..TeamFilter::of(self.id())
            })
            .map_ok(|row| row.team)
            .try_collect()
            .await?;
        let is_meant = |team: &&Team| {
            team.id.as_str() == wanted || team.name.to_lowercase() == wanted.to_lowercase()
        };
        let found: Vec<&Team> = teams.iter().filter(is_meant).collect();
        match found.as_slice() {
            [team] => Ok((*team).clone()),
            [] => {
                let near = nearest(wanted, teams.iter().map(|team| team.name.as_str()));
                Err(
                    Failure::usage(format!("there is no team `{wanted}`")).hint(near.map_or_else(
                        || "`usher teams` lists them".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    )),
                )
            }
            several => {
                let ids: Vec<_> = several.iter().map(|team| team.id.as_str()).collect();
                Err(
                    Failure::usage(format!("{} teams are named `{wanted}`", several.len()))
                        .hint(format!("give one of their ids: {}", ids.join(", "))),
                )
            }
        }
    }
}

/// The configured database, with the password that is set apart from its address.
pub fn database_url(context: &Context) -> Result<DatabaseUrl, Failure> {
    let url = database_address(context)?;
    if url.engine() == Engine::Sqlite {
        return Ok(url);
    }
    match context.configuration.database_password()? {
        Some(_) if url.has_password() => Err(Failure::usage(
            "the database's password is set twice: in database.url, and apart from it",
        )
        .hint("leave one of them; `usher config check` shows where each is set")),
        Some(password) => Ok(url.with_password(&password)),
        None => Ok(url),
    }
}

/// The address of the configured database.
pub fn database_address(context: &Context) -> Result<DatabaseUrl, Failure> {
    let text = &context.configuration.database.url;
    // A bare path is what people type first.
    let is_path = !text.contains(':') && !text.is_empty();
    if is_path {
        return Ok(DatabaseUrl::sqlite(text));
    }
    Ok(text.parse()?)
}

/// Opens the database, and creates it if need be.
pub async fn open(context: &Context) -> Result<Store, Failure> {
    let store = Store::open(&database_url(context)?, Arc::clone(&context.clock)).await?;
    context.opened.lock().push(store.clone());
    Ok(store)
}

/// Opens a database that must be there: looking must not create one.
pub async fn open_existing(context: &Context) -> Result<Store, Failure> {
    open_if_there(context).await?.ok_or_else(|| {
        let message = format!("there is no database at {}", context.database_shown());
        Failure::new(Exit::Database, message)
            .hint("`usher sync` makes one; `--database` or USHER_DATABASE names another place")
    })
}

/// Opens the database, unless it is a file that is not there, or nothing is in it.
pub async fn open_if_there(context: &Context) -> Result<Option<Store>, Failure> {
    let store = Store::open_existing(&database_url(context)?, Arc::clone(&context.clock)).await?;
    context.opened.lock().extend(store.clone());
    Ok(store)
}

/// The organization asked for, or the only one.
pub async fn choose(store: &Store, wanted: Option<&str>) -> Result<Organization, Failure> {
    let mut organizations = store.organizations().await?;
    let ids: Vec<String> = organizations
        .iter()
        .map(|organization| organization.id.to_string())
        .collect();
    if let Some(wanted) = wanted {
        organizations.retain(|organization| organization.id.as_str() == wanted);
        return organizations.pop().ok_or_else(|| {
            Failure::usage(format!("organization {wanted} is not in the database"))
                .hint(format!("these are: {}", ids.join(", ")))
        });
    }
    if organizations.len() > 1 {
        return Err(
            Failure::usage("the database holds several organizations").hint(format!(
                "choose one with --organization: {}",
                ids.join(", ")
            )),
        );
    }
    organizations
        .pop()
        .ok_or_else(|| nothing_yet("the database holds no organization yet"))
}

fn nothing_yet(message: &str) -> Failure {
    Failure::new(Exit::Failure, message)
        .hint("`usher sync` reads the organization; `usher syncs` lists what was tried")
}

/// All rows of a stream.
pub async fn collect<T>(rows: Rows<T>) -> Result<Vec<T>, Failure> {
    Ok(rows.try_collect().await?)
}

/// Tells a person what is below the list.
pub fn footnote(context: &Context, inventory: &Inventory) {
    note(inventory.age(context.now()));
}
