//! A store on either engine, and an inventory to compare with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use serde_json::json;
use usher_model::*;
use usher_store::*;

/// Defines each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($(async fn $name:ident($fixture:ident: Fixture) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "some tests need less")]
            use super::*;

            async fn test($fixture: $crate::support::Fixture) $body

            #[tokio::test]
            async fn on_sqlite() {
                test($crate::support::Fixture::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                test($crate::support::Fixture::postgres().await).await;
            }
        }
    )+};
}

pub struct Fixture {
    pub store: Store,
    pub clock: Arc<FixedClock>,
    pub url: DatabaseUrl,
    _directory: Option<tempfile::TempDir>,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A database that does not exist yet, on SQLite.
pub fn sqlite_url() -> (DatabaseUrl, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::sqlite(directory.path().join("usher.db"));
    (url, directory)
}

/// An empty database on PostgreSQL.
pub async fn postgres_url() -> DatabaseUrl {
    postgres_for_tests::new_database()
        .await
        .unwrap_or_else(|why| panic!("{why}"))
}

impl Fixture {
    pub async fn sqlite() -> Self {
        let (url, directory) = sqlite_url();
        Self::open(url, Some(directory)).await
    }

    pub async fn postgres() -> Self {
        Self::open(postgres_url().await, None).await
    }

    async fn open(url: DatabaseUrl, directory: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(FixedClock::new(at("2026-03-01T08:00:00Z")));
        let store = Store::open(&url, clock.clone()).await.unwrap();
        Self {
            store,
            clock,
            url,
            _directory: directory,
        }
    }

    /// The same database as another process would open it.
    pub async fn second_process(&self) -> Store {
        Store::open(&self.url, self.clock.clone()).await.unwrap()
    }

    pub fn event(&self, kind: EventKind, subject: &str) -> Event {
        Event {
            id: self.store.new_event_id(),
            at: self.clock.now(),
            actor: Actor::System,
            origin: Origin::CommandLine,
            kind,
            subject: subject.to_owned(),
            data: json!({}),
        }
    }

    pub async fn begin(&self, organization: &str) -> RunningSync {
        let new = new_sync(&self.store, organization);
        self.store.begin_sync(&new, &[]).await.unwrap()
    }

    /// Publishes an inventory of everything that can be seen.
    pub async fn publish(&self, inventory: &Inventory) -> PublishOutcome {
        self.publish_what_was_seen(inventory, everything()).await
    }

    pub async fn publish_what_was_seen(
        &self,
        inventory: &Inventory,
        coverage: Coverage,
    ) -> PublishOutcome {
        self.clock.advance(Duration::from_mins(1));
        let sync = self.merged(inventory).await;
        let finish = finish(self.clock.now(), coverage);
        let outcome = self.store.publish(&sync, &finish, |_| Vec::new());
        outcome.await.unwrap()
    }

    /// A running synchronization that has merged an inventory.
    pub async fn merged(&self, inventory: &Inventory) -> RunningSync {
        let sync = self.begin(&inventory.organization).await;
        self.store.begin_merge(&sync).await.unwrap();
        self.store.merge(&sync, &inventory.merged()).await.unwrap();
        sync
    }

    /// The inventory in the database.
    pub async fn read(&self, organization: &str, as_of: Option<Timestamp>) -> Inventory {
        let id = OrganizationId::new(organization);
        let accounts = AccountFilter {
            as_of,
            ..AccountFilter::of(id.clone())
        };
        let teams = TeamFilter {
            as_of,
            ..TeamFilter::of(id.clone())
        };
        let grants = GrantFilter {
            as_of,
            ..GrantFilter::of(id.clone())
        };
        let accounts: Vec<_> = all(self.store.accounts(&accounts)).await;
        let teams: Vec<_> = all(self.store.teams(&teams)).await;
        let user_groups: Vec<_> = all(self.store.user_groups(&id, as_of)).await;
        let grants: Vec<_> = all(self.store.grants(&grants)).await;
        Inventory {
            organization: organization.to_owned(),
            accounts: accounts
                .into_iter()
                .map(|row| (row.account.id.clone(), row.account))
                .collect(),
            teams: teams
                .into_iter()
                .map(|row| (row.team.id.clone(), row.team))
                .collect(),
            user_groups: user_groups
                .into_iter()
                .map(|row| (row.user_group.id.clone(), row.user_group))
                .collect(),
            grants: grants.into_iter().map(|row| row.grant).collect(),
        }
    }
}

pub async fn all<T>(rows: Rows<T>) -> Vec<T> {
    rows.try_collect().await.unwrap()
}

pub fn lease(owner: &str) -> Lease {
    Lease {
        owner: LeaseOwner::new(owner),
        duration: Duration::from_secs(30),
    }
}

pub fn organization(id: &str) -> Organization {
    Organization {
        id: id.into(),
        name: Known::Known("Example".into()),
        plan: Known::Known("enterprise".into()),
        full_licenses_purchased: Known::Known(50),
    }
}

pub fn new_sync(store: &Store, of: &str) -> NewSync {
    NewSync {
        id: store.new_sync_id(),
        organization: organization(of),
        sources: Sources::RestAndScim,
        lease: lease("this process"),
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

pub fn finish(at: Timestamp, coverage: Coverage) -> Finish {
    Finish {
        verdict: Completeness::Complete,
        coverage,
        at,
        counts: json!({"accounts": 3}),
        requests: json!({"members": 1}),
    }
}

/// What there is in an organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    pub organization: String,
    pub accounts: BTreeMap<AccountId, Account>,
    pub teams: BTreeMap<TeamId, Team>,
    pub user_groups: BTreeMap<UserGroupId, UserGroup>,
    pub grants: BTreeSet<Grant>,
}

impl Inventory {
    pub fn of(organization: &str) -> Self {
        Self {
            organization: organization.to_owned(),
            ..Self::default()
        }
    }

    /// An account, with the grants that follow from its attributes.
    pub fn with(mut self, account: Account) -> Self {
        self.put(account);
        self
    }

    pub fn put(&mut self, account: Account) {
        let id = account.id.clone();
        self.grants.retain(|grant| {
            grant.account != id
                || matches!(
                    grant.entitlement,
                    Entitlement::Team { .. } | Entitlement::UserGroup(_)
                )
        });
        let mut held = Vec::new();
        held.extend(account.role.clone().known().map(Entitlement::Role));
        held.extend(account.license.clone().known().map(Entitlement::License));
        let roles = account.admin_roles.clone().known().unwrap_or_default();
        held.extend(
            roles
                .into_iter()
                .map(|role| Entitlement::AdminRole(role.name)),
        );
        self.grants
            .extend(held.into_iter().map(|entitlement| Grant {
                account: id.clone(),
                entitlement,
            }));
        self.accounts.insert(id, account);
    }

    pub fn without(mut self, account: &str) -> Self {
        let id = AccountId::new(account);
        self.accounts.remove(&id);
        self.grants.retain(|grant| grant.account != id);
        self
    }

    pub fn team(mut self, id: &str, name: &str) -> Self {
        let team = Team {
            id: id.into(),
            name: name.into(),
        };
        self.teams.insert(team.id.clone(), team);
        self
    }

    pub fn user_group(mut self, id: &str, name: &str) -> Self {
        let group = UserGroup {
            id: id.into(),
            name: name.into(),
            description: Known::Known("people".into()),
        };
        self.user_groups.insert(group.id.clone(), group);
        self
    }

    pub fn grant(mut self, account: &str, entitlement: &str) -> Self {
        self.grants.insert(grant(account, entitlement));
        self
    }

    pub fn revoke(mut self, account: &str, entitlement: &str) -> Self {
        self.grants.remove(&grant(account, entitlement));
        self
    }

    pub fn has(&self, account: &str, entitlement: &str) -> bool {
        self.grants.contains(&grant(account, entitlement))
    }

    pub fn account(&self, id: &str) -> &Account {
        &self.accounts[&AccountId::new(id)]
    }

    pub fn merged(&self) -> Merged {
        Merged {
            accounts: self.accounts.values().cloned().collect(),
            teams: self.teams.values().cloned().collect(),
            user_groups: self.user_groups.values().cloned().collect(),
            grants: self.grants.iter().cloned().collect(),
        }
    }
}

pub fn grant(account: &str, entitlement: &str) -> Grant {
    Grant {
        account: account.into(),
        entitlement: entitlement.parse().unwrap(),
    }
}

/// A member with everything known of them.
pub fn member(id: &str, email: &str) -> Account {
    Account {
        id: id.into(),
        email: Email::new(email),
        display_name: Known::Known(format!("Person {id}")),
        status: AccountStatus::Active,
        role: Known::Known(OrganizationRole::InternalUser),
        license: Known::Known(License::Full),
        license_assigned_at: Known::Known(Some(at("2025-01-01T00:00:00Z"))),
        last_activity_at: Known::Known(Some(at("2026-02-20T12:00:00Z"))),
        admin_roles: Known::Known(Vec::new()),
        enterprise: Known::Known(EnterpriseAttributes {
            department: Some("Research".into()),
            ..EnterpriseAttributes::default()
        }),
    }
}

pub fn guest(id: &str, email: &str) -> Account {
    Account {
        role: Known::Known(OrganizationRole::TeamGuestUser),
        license: Known::Known(License::FreeRestricted),
        ..member(id, email)
    }
}

/// Two members and a guest in two teams and a user group.
pub fn small(organization: &str) -> Inventory {
    let admin = Account {
        role: Known::Known(OrganizationRole::InternalAdmin),
        admin_roles: Known::Known(vec![AdminRole {
            kind: Known::Known(AdminRoleKind::Prebuilt),
            name: "User Admin".into(),
        }]),
        ..member("1", "Ada@example.org")
    };
    Inventory::of(organization)
        .with(admin)
        .with(member("2", "bob@example.org"))
        .with(guest("3", "carl@elsewhere.net"))
        .team("10", "Design")
        .team("20", "Research")
        .user_group("7", "Everyone")
        .grant("1", "team:10:admin")
        .grant("2", "team:10:member")
        .grant("2", "team:20:admin")
        .grant("3", "team:20:member")
        .grant("2", "user_group:7:member")
}

/// A change that every second time disables somebody, and every fourth for good.
pub fn change(number: u32) -> PlannedChange {
    PlannedChange {
        number,
        key: format!("key-{number}"),
        kind: if number.is_multiple_of(2) {
            "disable"
        } else {
            "create"
        }
        .to_owned(),
        person: Some(format!("p{number}").into()),
        account: number.is_multiple_of(2).then(|| number.to_string().into()),
        label: format!("person.{number}@example.org"),
        removes: if number.is_multiple_of(2) {
            Removes::Access
        } else {
            Removes::Nothing
        },
        undo: if number.is_multiple_of(4) {
            Undo::Impossible
        } else {
            Undo::Possible
        },
        document: json!({"number": number, "do": "something"}),
    }
}

/// A plan of organization 1.
pub fn new_plan(store: &Store, state: PlanState, changes: u32) -> NewPlan {
    NewPlan {
        id: store.new_plan_id(),
        organization: "1".into(),
        state,
        created_at: at("2026-03-01T08:00:00Z"),
        parent: None,
        basis_hash: "00ff".into(),
        counts: json!({"create": 2}),
        document: json!({"guards": []}),
        report: json!({"people_in_scope": 5}),
        changes: (1..=changes).map(change).collect(),
        supersedes: Supersedes::Older,
        over: Over::default(),
    }
}

pub async fn saved_plan(store: &Store, state: PlanState, changes: u32) -> PlanId {
    let plan = new_plan(store, state, changes);
    store.save_plan(&plan, &[]).await.unwrap();
    plan.id
}

pub fn intention(number: u32) -> JournalEntry {
    JournalEntry {
        number,
        call: json!({"method": "POST", "path": "/Users"}),
    }
}

pub fn done(number: u32) -> Settled {
    Settled {
        number,
        outcome: Outcome::Done {
            detail: json!({"status": 201}),
        },
    }
}
