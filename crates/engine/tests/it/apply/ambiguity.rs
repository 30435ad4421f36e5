//! Calls that nobody answered, and faults of every kind.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use usher_engine::apply::ApplyEnding;
use usher_plan::{AccountRef, Action, TargetAttribute, TeamRef};
use usher_sandbox::switches::Switches;
use usher_store::JournalState;

use super::creation::{email, small_company};
use super::site::{Changes, Site, assert_all_done, new, person};
use crate::support::Tokens;

#[tokio::test]
async fn a_creation_whose_reply_was_lost_is_looked_up_and_not_sent_again() {
    let site = Site::acme().await;
    site.fault("POST /api/v1/scim/Users nth=1 reset=after");
    let mut changes = Changes::default();
    let created = changes.create("fay@acme.com");
    changes.join(
        new("fay@acme.com"),
        TeamRef::Existing(site.team("Design")),
        &[created],
    );
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 2);
    assert_eq!(site.asked("POST /Users"), 1);
}

#[tokio::test]
async fn a_creation_that_never_arrived_is_left_to_the_next_plan() {
    let site = Site::acme().await;
    site.fault("POST /api/v1/scim/Users nth=1 reset=before");
    let mut changes = Changes::default();
    changes.create("fay@acme.com");
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!((report.done, report.failed), (0, 1));
    assert_eq!(site.asked("POST /Users"), 1, "not sent again");
    assert_eq!(site.state(&plan, 1).await, JournalState::Failed);
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 1);
}

#[tokio::test]
async fn a_team_whose_creation_nobody_answered_is_found_by_its_name() {
    let site = Site::acme().await;
    site.fault("POST /v2/orgs/*/teams nth=1 reset=after");
    let mut changes = Changes::default();
    let made = changes.create_team("Research");
    let ada = AccountRef::Existing(site.account("ada@acme.com"));
    changes.join(ada, TeamRef::New("Research".into()), &[made]);
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 2);
    assert_eq!(site.asked("POST /v2/orgs/{org_id}/teams"), 1);
}

#[tokio::test]
async fn a_team_whose_creation_could_not_even_be_looked_up_is_not_created_again_by_the_next_plan() {
    let site = Site::acme().await;
    site.fault("POST /v2/orgs/*/teams nth=1 reset=after");
    site.fault("GET /v2/orgs/*/teams status=500");
    let mut changes = Changes::default();
    let made = changes.create_team("Research");
    let ada = AccountRef::Existing(site.account("ada@acme.com"));
    changes.join(ada, TeamRef::New("Research".into()), &[made]);
    site.carry_out(&changes).await;
    site.world.sandbox.state().faults.clear();
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 2);
    let teams = site.miro(|miro| {
        let teams = miro.teams_after(0);
        teams
            .filter(|key| miro.team(*key).name == "Research")
            .count()
    });
    assert_eq!(teams, 1);
}

#[tokio::test]
async fn of_two_teams_of_one_name_none_is_chosen_and_no_third_is_made() {
    let site = Site::acme().await;
    let client = site.client(Tokens::Both);
    let rest = client.rest().unwrap();
    for _ in 0..2 {
        let made = rest.create_team(&site.organization, "Research").await;
        made.unwrap();
    }
    site.world.sandbox.state().log.reset();
    let mut changes = Changes::default();
    changes.create_team("Research");
    let report = site.carry_out(&changes).await;
    assert_eq!((report.done, report.failed), (0, 1));
    assert_eq!(site.asked("POST /v2/orgs/{org_id}/teams"), 0);
}

#[tokio::test]
async fn a_group_change_that_stopped_half_way_goes_on_from_the_difference() {
    let site = Site::with(small_company(Switches::default())).await;
    site.fault("PATCH /api/v1/scim/Groups/* nth=1 half-done=4");
    let mut changes = Changes::default();
    let made = changes.create_team("Research");
    for one in 0..11 {
        let created = changes.create(&email(one));
        changes.join(
            new(&email(one)),
            TeamRef::New("Research".into()),
            &[created, made],
        );
    }
    let report = site.carry_out(&changes).await;
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    assert_eq!(
        site.asked("PATCH /Groups/{id}"),
        2,
        "the second one brings the rest"
    );
    for one in 0..11 {
        assert!(site.members("Research").contains(&email(one)));
    }
}

#[tokio::test]
async fn a_change_that_failed_on_miros_side_is_tried_again_with_a_pause() {
    let site = Site::acme().await;
    site.fault("PATCH /api/v1/scim/Users/* first=7 status=503");
    let mut changes = Changes::default();
    changes.add(
        "dan",
        Action::Disable {
            account: site.account("ada@acme.com"),
        },
        &[],
    );
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 1);
}

/// What should be: so many people, each in a team.
struct Wanted {
    people: usize,
    teams: usize,
}

impl Wanted {
    /// The changes that lead there from what the inventory shows.
    async fn plan(&self, site: &Site) -> Changes {
        let store = &site.world.store;
        let inventory = store.load_inventory(&site.organization).await.unwrap();
        let links = store.links(&site.organization).await.unwrap();
        let linked: HashMap<_, _> = links
            .into_iter()
            .map(|link| (link.person, link.account))
            .collect();
        let accounts: BTreeMap<String, _> = inventory
            .accounts
            .iter()
            .map(|account| (account.email.folded(), account.id.clone()))
            .collect();
        let mut changes = Changes::default();
        let mut made = HashMap::new();
        let teams: HashMap<String, (_, BTreeSet<_>)> = inventory
            .teams
            .into_iter()
            .map(|team| {
                let members = team.members.into_iter().map(|(id, _)| id).collect();
                (team.team.name, (team.team.id, members))
            })
            .collect();
        for team in 0..self.teams {
            let name = format!("Team {team}");
            if !teams.contains_key(&name) {
                made.insert(team, changes.create_team(&name));
            }
        }
        for one in 0..self.people {
            let email = email(one);
            let (account, mut after) = match (linked.get(&person(&email)), accounts.get(&email)) {
                (Some(account), _) => (AccountRef::Existing(account.clone()), Vec::new()),
                (None, Some(account)) => {
                    let link = Action::LinkAccount {
                        person: person(&email),
                        account: account.clone(),
                        by: TargetAttribute::UserName,
                    };
                    let linked = changes.add(&email, link, &[]);
                    (AccountRef::Existing(account.clone()), vec![linked])
                }
                (None, None) => (new(&email), vec![changes.create(&email)]),
            };
            let team = one % self.teams;
            let name = format!("Team {team}");
            let is_in = match (&account, teams.get(&name)) {
                (AccountRef::Existing(id), Some((_, members))) => members.contains(id),
                _ => false,
            };
            if is_in {
                continue;
            }
            let team_ref = match teams.get(&name) {
                Some((id, _)) => TeamRef::Existing(id.clone()),
                None => TeamRef::New(name),
            };
            after.extend(made.get(&team));
            changes.join(account, team_ref, &after);
        }
        changes
    }
}

/// Every fault there is, each at five of a hundred calls. What the rate limit refuses was not done and is rightly asked
/// again, so creations, which are counted, are spared that one.
fn break_everything(site: &Site, round: usize) {
    let faults = [
        ("*", "reset=before"),
        ("*", "reset=after"),
        ("*", "status=500"),
        ("*", "status=502"),
        ("GET,PATCH,DELETE", "status=429"),
        ("GET,PATCH,DELETE", "status=429 retry-after=0"),
        ("*", "truncate=20"),
        ("*", "half-done=3"),
        ("*", "latency=20ms"),
    ];
    for (number, (methods, fault)) in faults.iter().enumerate() {
        for path in ["/api/v1/scim/**", "/v2/**"] {
            let seed = number * 31 + round;
            site.fault(&format!("{methods} {path} p=0.05 seed={seed} {fault}"));
        }
    }
}

#[tokio::test]
async fn a_creation_that_the_rate_limit_refused_was_not_done_and_is_sent_again() {
    let site = Site::acme().await;
    site.fault("POST /api/v1/scim/Users nth=1 status=429 retry-after=0");
    let mut changes = Changes::default();
    changes.create("fay@acme.com");
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 1);
    assert_eq!(site.asked("POST /Users"), 2);
}

#[tokio::test]
async fn with_every_fault_at_five_percent_planning_again_leads_to_what_is_wanted() {
    let site = Site::with(small_company(Switches::default())).await;
    let wanted = Wanted {
        people: 120,
        teams: 6,
    };
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 12, "it does not converge");
        let changes = wanted.plan(&site).await;
        if changes.0.is_empty() {
            break;
        }
        break_everything(&site, rounds);
        site.world.sandbox.state().log.reset();
        let creations = changes
            .0
            .iter()
            .filter(|change| matches!(change.action, Action::CreateAccount { .. }))
            .count() as u64;
        let plan = site.save(&changes).await;
        let report = site.apply(&plan).await;
        assert!(
            site.asked("POST /Users") <= creations,
            "a creation was sent twice: {} of {creations}",
            site.asked("POST /Users")
        );
        assert_ne!(report.ending, ApplyEnding::Interrupted);
        site.world.sandbox.state().faults.clear();
        site.world.sync(Tokens::Both).await;
    }
    for team in 0..6 {
        let members = site.members(&format!("Team {team}"));
        let newcomers = members
            .iter()
            .filter(|email| email.starts_with("person"))
            .count();
        assert_eq!(newcomers, 20);
    }
    site.miro(|miro| assert_eq!(miro.broken_promise(), None));
}
