//! People who come and go while the organization is read.

use std::sync::Mutex;

use usher_engine::sync::{Observer, Progress, SyncEvent, SyncOptions, SyncReport, run_sync};
use usher_miro::{LimitProfile, MiroClient, MiroSettings};
use usher_model::Completeness;
use usher_sandbox::world::{Change, NewUser, World as Miro};
use usher_sandbox::{GenerateSettings, OrganizationSource, SandboxSettings};

use crate::support::{World, settings};

/// What somebody does in Miro by hand.
type Happening = fn(&mut Miro, &Change);

/// Changes the organization once, at some point of a run.
struct Meddler<'a> {
    world: &'a World,
    when: fn(&Progress) -> bool,
    what: Mutex<Option<Happening>>,
}

impl Observer for Meddler<'_> {
    fn event(&self, event: SyncEvent) {
        let SyncEvent::Progressed(progress) = event else {
            return;
        };
        if (self.when)(&progress)
            && let Some(what) = self.what.lock().unwrap().take()
        {
            let mut miro = self.world.sandbox.state().world.write();
            what(&mut miro, &Change::by_scim(self.world.clock.now(), None));
        }
    }
}

async fn sync_while(
    world: &World,
    when: fn(&Progress) -> bool,
    what: fn(&mut Miro, &Change),
) -> SyncReport {
    let client = MiroClient::new(MiroSettings {
        rest_url: world.sandbox.rest_url(),
        scim_url: world.sandbox.scim_url(),
        access_token: Some(world.sandbox.access_token.clone()),
        scim_token: Some(world.sandbox.scim_token.clone()),
        limits: LimitProfile::default(),
        time_scale: 100.0,
        // One page after the other, so that a change falls between two.
        scim_pages_in_flight: 1,
        ..MiroSettings::default()
    });
    let meddler = Meddler {
        world,
        when,
        what: Mutex::new(Some(what)),
    };
    let options = SyncOptions::default();
    let report = run_sync(
        &world.store,
        &client.unwrap(),
        &options,
        &*world.clock,
        &meddler,
    )
    .await
    .unwrap();
    assert!(meddler.what.lock().unwrap().is_none(), "nothing happened");
    report
}

/// One API is so slow that the other's list is read before its second page is asked for.
async fn with_slow(pages: &str) -> World {
    let world = World::with(SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users: 650,
            teams: 12,
            guests: 0.0,
            ..GenerateSettings::default()
        }),
        ..settings()
    })
    .await;
    let rule = format!("GET {pages} first=1 latency=1500ms");
    world.sandbox.state().faults.add(rule.parse().unwrap());
    world
}

const REST: &str = "/v2/orgs/*/members";
const SCIM: &str = "/api/v1/scim/Users";

fn scim_is_read(progress: &Progress) -> bool {
    progress.names == 650
}

fn rest_is_read(progress: &Progress) -> bool {
    progress.accounts == 650
}

fn join(miro: &mut Miro, change: &Change, name: &str) {
    let domain = miro.organization.allowed_domains[0].clone();
    let new = NewUser {
        user_name: format!("{name}@{domain}"),
        ..NewUser::default()
    };
    miro.create_user(change, new).unwrap();
}

/// Somebody whom it costs no admin to lose leaves.
fn leave(
    miro: &mut Miro,
    change: &Change,
    people: impl Iterator<Item = usher_sandbox::world::UserKey>,
) {
    let gone = people
        .into_iter()
        .find(|person| miro.delete_user(change, *person).is_ok());
    assert!(gone.is_some());
}

async fn is_the_inventory(world: &World, report: &SyncReport) {
    assert_eq!(report.verdict, Completeness::Complete);
    assert_eq!(report.requests.ratio(), Some(1.0), "{:?}", report.requests);
    let accounts = world.accounts().await;
    let miro = world.sandbox.state().world.read();
    let there: Vec<String> = miro
        .users_after(0)
        .map(|key| miro.user(key).id.to_string())
        .collect();
    let mut found: Vec<String> = accounts
        .iter()
        .map(|row| row.account.id.to_string())
        .collect();
    found.sort();
    assert_eq!(found, there);
    let nameless = accounts
        .iter()
        .filter(|row| !row.account.display_name.is_known());
    assert_eq!(nameless.count(), 0);
}

#[tokio::test]
async fn who_joins_after_scims_list_was_read_is_looked_up() {
    let world = with_slow(REST).await;
    let report = sync_while(&world, scim_is_read, |miro, change| {
        join(miro, change, "aa");
    })
    .await;
    is_the_inventory(&world, &report).await;
}

#[tokio::test]
async fn who_joins_after_rests_list_was_read_is_looked_up() {
    let world = with_slow(SCIM).await;
    // Last by address, so that SCIM's next pages show the newcomer.
    let report = sync_while(&world, rest_is_read, |miro, change| {
        join(miro, change, "zz");
    })
    .await;
    is_the_inventory(&world, &report).await;
}

#[tokio::test]
async fn who_leaves_between_the_two_lists_is_left_out() {
    let world = with_slow(REST).await;
    let report = sync_while(&world, scim_is_read, |miro, change| {
        let newest: Vec<_> = miro.users_after(0).collect();
        leave(miro, change, newest.into_iter().rev());
    })
    .await;
    is_the_inventory(&world, &report).await;
}

#[tokio::test]
async fn who_was_skipped_because_somebody_before_them_left_is_looked_up() {
    let world = with_slow(SCIM).await;
    let report = sync_while(&world, rest_is_read, |miro, change| {
        let first = miro
            .scim_users_by(usher_sandbox::world::SortField::UserName)
            .to_vec();
        leave(miro, change, first.into_iter());
    })
    .await;
    // Both lists had shown the leaver: the next synchronization notices.
    assert_eq!(report.verdict, Completeness::Complete);
    assert_eq!(world.accounts().await.len(), 650);
    let report = world.sync(crate::support::Tokens::Both).await;
    is_the_inventory(&world, &report).await;
}

#[tokio::test]
async fn who_came_twice_because_somebody_before_them_joined_is_no_reason_for_doubt() {
    let world = with_slow(REST).await;
    let first_page_is_read = |progress: &Progress| progress.names >= 100;
    let report = sync_while(&world, first_page_is_read, |miro, change| {
        join(miro, change, "00");
    })
    .await;
    is_the_inventory(&world, &report).await;
}

#[tokio::test]
async fn many_who_are_in_one_list_only_make_the_snapshot_suspect() {
    let world = with_slow(REST).await;
    let report = sync_while(&world, scim_is_read, |miro, change| {
        for number in 0..30 {
            join(miro, change, &format!("new{number}"));
        }
    })
    .await;
    assert!(!report.verdict.is_believed(), "{:?}", report.verdict);
}
