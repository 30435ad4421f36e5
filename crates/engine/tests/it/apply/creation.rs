//! The first cycle: people and teams that are not there yet.

use usher_engine::apply::ApplyEnding;
use usher_model::LinkOrigin;
use usher_plan::{TargetAttribute, TeamRef};
use usher_sandbox::GenerateSettings;
use usher_sandbox::switches::{GroupModel, RateBuckets, Switches};
use usher_sandbox::{LimitSettings, OrganizationSource, SandboxSettings};
use usher_store::PlanState;

use super::site::{Changes, SCALE, Site, assert_all_done, new, person};
use crate::support::Tokens;

pub fn small_company(switches: Switches) -> SandboxSettings {
    SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users: 20,
            teams: 2,
            seed: 7,
            ..GenerateSettings::default()
        }),
        switches,
        limits: LimitSettings {
            enforced: true,
            time_scale: SCALE,
        },
        ..SandboxSettings::default()
    }
}

pub fn email(number: usize) -> String {
    format!("person{number}@meridian.example")
}

/// So many people in so many new teams; every tenth person in two of them.
pub fn newcomers(people: usize, teams: usize) -> Changes {
    let mut changes = Changes::default();
    let made: Vec<u32> = (0..teams)
        .map(|team| changes.create_team(&format!("Team {team}")))
        .collect();
    let created: Vec<u32> = (0..people).map(|one| changes.create(&email(one))).collect();
    for one in 0..people {
        let mut into = vec![one % teams];
        if one % 10 == 0 {
            into.push((one + 1) % teams);
        }
        for team in into {
            let after = [created[one], made[team]];
            changes.join(
                new(&email(one)),
                TeamRef::New(format!("Team {team}")),
                &after,
            );
        }
    }
    changes
}

#[tokio::test]
async fn three_hundred_people_come_into_ten_new_teams_in_either_reading_of_the_limits() {
    for rate_buckets in [RateBuckets::PerMethod, RateBuckets::Shared] {
        let switches = Switches {
            rate_buckets,
            ..Switches::default()
        };
        let site = Site::with(small_company(switches)).await;
        let changes = newcomers(300, 10);
        let plan = site.save(&changes).await;
        let report = site.apply(&plan).await;
        assert_eq!(report.ending, ApplyEnding::Applied, "{report:#?}");
        assert_eq!(
            report.done,
            changes.0.len() as u64,
            "{:#?}",
            report.failures
        );
        assert_eq!(
            (report.failed, report.skipped, report.unverified),
            (0, 0, 0)
        );
        assert!(report.verified > 0);
        assert_eq!(site.plan_state(&plan).await, PlanState::Applied);
        assert_eq!(site.refused_for_the_limit(), 0, "no 429");
        assert_eq!(site.asked("POST /Users"), 300, "each is created once");
        assert_eq!(
            site.members("Team 3").len(),
            31,
            "thirty, and who created it"
        );
        let links = site.world.store.links(&site.organization).await.unwrap();
        assert_eq!(links.len(), 300);
        assert!(links.iter().all(|link| link.how == LinkOrigin::Created));
        assert_eq!(
            links[0]
                .sent
                .get(TargetAttribute::UserName.path())
                .map(String::as_str),
            Some(site_email(&links[0].person).as_str())
        );
        let given = site
            .world
            .store
            .provisioned(&site.organization)
            .await
            .unwrap();
        assert_eq!(given.len(), 330, "each membership is in the ledger");
        assert_eq!(report.default_team, Some(site.default_team()));
        site.assert_inventory_is_true().await;
    }
}

fn site_email(person: &usher_model::PersonId) -> String {
    person.as_str().trim_start_matches("person of ").to_owned()
}

impl Site {
    fn default_team(&self) -> usher_model::TeamId {
        self.miro(|miro| usher_model::TeamId::new(miro.team(miro.default_team()).id.to_string()))
    }
}

#[tokio::test]
async fn with_the_scim_token_alone_memberships_are_read_back_from_the_list_of_users() {
    let site = Site::with(small_company(Switches::default())).await;
    let mut changes = Changes::default();
    let team = site.miro(|miro| {
        miro.team(miro.teams_after(0).nth(1).unwrap())
            .name
            .to_string()
    });
    for one in 0..60 {
        let created = changes.create(&email(one));
        changes.join(
            new(&email(one)),
            TeamRef::Existing(site.team(&team)),
            &[created],
        );
    }
    let plan = site.save(&changes).await;
    let report = site
        .apply_with(&site.client(Tokens::Scim), &plan)
        .await
        .unwrap();
    assert_all_done(&report, 120);
    assert_eq!(site.asked("GET /Groups/{id}"), 0);
    assert_eq!(report.unverified, 0);
    assert!(report.verified >= 60);
}

fn newcomer(number: usize) -> String {
    format!("person{number}@acme.com")
}

#[tokio::test]
async fn newcomers_join_user_groups_where_scim_groups_are_user_groups() {
    let switches = Switches {
        group_model: GroupModel::UserGroup,
        ..Switches::default()
    };
    let site = Site::with(super::site::acme(switches)).await;
    let mut changes = Changes::default();
    let made = changes.add(
        "Readers",
        usher_plan::Action::CreateUserGroup {
            name: "Readers".to_owned(),
            group: None,
        },
        &[],
    );
    for one in 0..6 {
        let created = changes.create(&newcomer(one));
        changes.add(
            &newcomer(one),
            usher_plan::Action::AddToUserGroup {
                account: new(&newcomer(one)),
                user_group: usher_plan::UserGroupRef::New("Readers".to_owned()),
            },
            &[created, made],
        );
    }
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 13);
    let members = site.miro(|miro| {
        let key = miro.find_group_by_name("Readers").unwrap();
        miro.group(key).members().len()
    });
    assert_eq!(members, 6);
    // Coming into a user group raises the licence to Full, which only the next reading shows.
    let store = &site.world.store;
    let link = store
        .link_of_person(&site.organization, &person(&newcomer(0)))
        .await
        .unwrap();
    assert!(link.is_some());
}
