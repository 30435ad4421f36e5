//! What cannot be done, and what that means for the rest.

use usher_engine::apply::{ApplyEnding, FailureKind, Halt};
use usher_model::{AccountId, License, LinkOrigin};
use usher_plan::{AccountRef, Action, TargetAttribute, TeamRef};
use usher_sandbox::switches::{FullWithoutSeats, OnOff, Switches};
use usher_store::{FailureFilter, JournalState, PlanState};

use super::site::{ACME, Changes, Site, acme, assert_all_done, new, person};
use crate::support::Tokens;

#[tokio::test]
async fn the_failure_of_one_person_skips_what_needs_it_and_stops_nobody_else() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    let team = TeamRef::Existing(site.team("Design"));
    let refused = changes.create("eve@elsewhere.org");
    changes.join(new("eve@elsewhere.org"), team.clone(), &[refused]);
    let created = changes.create("fay@acme.com");
    changes.join(new("fay@acme.com"), team, &[created]);
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_eq!((report.done, report.failed, report.skipped), (2, 1, 1));
    assert!(site.members("Design").contains("fay@acme.com"));
    let failure = &report.failures[0];
    assert_eq!(failure.class, FailureKind::NeedsAdmin);
    assert!(failure.remedy.contains("allow-list"), "{failure:?}");
    assert_eq!(site.state(&plan, 2).await, JournalState::Skipped);
    let why = site.detail(&plan, 2).await;
    assert!(
        why["why"].as_str().unwrap().contains("eve@elsewhere.org"),
        "{why}"
    );
    let dead = site
        .world
        .store
        .failures(&site.organization, &FailureFilter::default())
        .await
        .unwrap();
    assert_eq!(dead.len(), 1, "it is on the list of failures");
}

#[tokio::test]
async fn a_creation_of_an_address_that_is_taken_links_the_account_that_has_it() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    let created = changes.create("Ada@acme.com");
    changes.join(
        new("Ada@acme.com"),
        TeamRef::Existing(site.team("Sales")),
        &[created],
    );
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 2);
    let link = site
        .world
        .store
        .link_of_person(&site.organization, &person("Ada@acme.com"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (link.account, link.how),
        (site.account("ada@acme.com"), LinkOrigin::Matched)
    );
}

#[tokio::test]
async fn an_account_that_is_somebody_elses_is_not_taken() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    changes.add(
        "ada",
        Action::LinkAccount {
            person: person("the real ada"),
            account: site.account("ada@acme.com"),
            by: TargetAttribute::UserName,
        },
        &[],
    );
    site.carry_out(&changes).await;
    let mut changes = Changes::default();
    changes.create("ada@acme.com");
    let report = site.carry_out(&changes).await;
    assert_eq!((report.done, report.failed), (0, 1));
    assert!(
        report.failures[0].why.contains("the real ada"),
        "{:?}",
        report.failures
    );
}

#[tokio::test]
async fn one_bad_member_among_many_is_found_and_the_others_come_in() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    let sales = || TeamRef::Existing(site.team("Design"));
    for name in ["bob", "dan"] {
        let account = AccountRef::Existing(site.account(&format!("{name}@acme.com")));
        changes.join(account, sales(), &[]);
    }
    let nobody = AccountRef::Existing(AccountId::new("3074457345600099999"));
    let bad = changes.join(nobody, sales(), &[]);
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!(
        (report.done, report.failed),
        (2, 1),
        "{:#?}",
        report.failures
    );
    assert_eq!(site.state(&plan, bad as usize).await, JournalState::Failed);
    assert_eq!(site.members("Design").len(), 4);
}

#[tokio::test]
async fn the_last_admin_of_a_team_stays_and_the_others_go() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    for name in ["ada", "dan", "bob"] {
        changes.add(
            name,
            Action::RemoveFromTeam {
                account: site.account(&format!("{name}@acme.com")),
                team: site.team("Sales"),
            },
            &[],
        );
    }
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!(
        (report.done, report.failed),
        (2, 1),
        "{:#?}",
        report.failures
    );
    assert_eq!(site.state(&plan, 2).await, JournalState::Failed);
    assert_eq!(report.failures[0].class, FailureKind::NeedsAdmin);
    assert_eq!(site.members("Sales"), ["dan@acme.com".to_owned()].into());
}

#[tokio::test]
async fn another_licence_than_the_one_asked_for_is_a_failure_with_both_values() {
    let switches = Switches {
        full_without_seats: FullWithoutSeats::FallBack,
        ..Switches::default()
    };
    let mut settings = acme(switches);
    settings.organization =
        usher_sandbox::OrganizationSource::Text(ACME.replace("seats: 20", "seats: 3"));
    let site = Site::with(settings).await;
    let mut changes = Changes::default();
    let created = changes.create_with("fay@acme.com", &[(TargetAttribute::UserType, "full")]);
    changes.join(
        new("fay@acme.com"),
        TeamRef::Existing(site.team("Design")),
        &[created],
    );
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!(
        (report.done, report.failed),
        (1, 1),
        "{:#?}",
        report.failures
    );
    let failure = site.detail(&plan, 1).await;
    assert_eq!(failure["detail"]["sent"], "Full", "{failure}");
    assert_eq!(failure["detail"]["shown"], "Free Restricted", "{failure}");
    assert!(
        site.members("Design").contains("fay@acme.com"),
        "it is there, and goes on"
    );
}

#[tokio::test]
async fn what_is_changed_back_before_it_is_read_is_a_failure_with_both_values() {
    let site = Site::acme().await;
    let ada = site.account("ada@acme.com");
    // The reply is lost after the change took effect; what is read back afterwards decides.
    let mut changes = Changes::default();
    changes.add(
        "ada",
        Action::RaiseLicense {
            account: ada,
            before: License::Full,
            after: License::Advanced,
        },
        &[],
    );
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!(
        report.failed, 1,
        "the organization has no such licence: {report:#?}"
    );
    assert_eq!(
        site.plan_state(&plan).await,
        PlanState::Applied,
        "every change has an outcome"
    );
}

#[tokio::test]
async fn what_the_tokens_at_hand_cannot_do_is_refused_before_anything_is_sent() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    let made = changes.create_team("Research");
    changes.join(
        AccountRef::Existing(site.account("ada@acme.com")),
        TeamRef::New("Research".into()),
        &[made],
    );
    changes.create("fay@acme.com");
    let plan = site.save(&changes).await;
    let report = site
        .apply_with(&site.client(Tokens::Scim), &plan)
        .await
        .unwrap();
    assert_eq!((report.done, report.failed, report.skipped), (1, 1, 1));
    assert!(
        report.failures[0]
            .remedy
            .contains("organizations:teams:write"),
        "{:?}",
        report.failures
    );
}

#[tokio::test]
async fn a_token_that_is_not_accepted_stops_everything_at_once_and_costs_no_change() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    for one in 0..50 {
        changes.create(&format!("person{one}@acme.com"));
    }
    let plan = site.save(&changes).await;
    let pool = usher_miro::ScimPool::PerClass;
    let wrong = site.client_with(None, Some("wrong".into()), pool);
    let report = site.apply_with(&wrong, &plan).await.unwrap();
    let halted = ApplyEnding::Halted {
        halt: Halt::BadCredentials,
    };
    assert_eq!(report.ending, halted);
    assert_eq!((report.left, report.failed), (50, 0));
    assert_eq!(site.plan_state(&plan).await, PlanState::Interrupted);
    assert_eq!(site.asked("POST /Users"), 0);
    let report = site.apply(&plan).await;
    assert_eq!(
        (report.ending, report.done),
        (ApplyEnding::Applied, 50),
        "the right one goes on"
    );
}

#[tokio::test]
async fn scim_that_is_switched_off_stops_everything() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    changes.create("fay@acme.com");
    changes.create("guy@acme.com");
    let plan = site.save(&changes).await;
    let mut off = acme(Switches {
        scim: OnOff::Off,
        ..Switches::default()
    });
    off.scim_token = Some(site.world.sandbox.scim_token.clone());
    let elsewhere = usher_sandbox::Sandbox::start(off).await.unwrap();
    let client = usher_miro::MiroClient::new(usher_miro::MiroSettings {
        scim_url: elsewhere.scim_url(),
        scim_token: Some(elsewhere.scim_token.clone()),
        ..usher_miro::MiroSettings::default()
    })
    .unwrap();
    let report = site.apply_with(&client, &plan).await.unwrap();
    let halted = ApplyEnding::Halted {
        halt: Halt::ScimDisabled,
    };
    assert_eq!(report.ending, halted);
}

#[tokio::test]
async fn when_too_much_fails_everything_stops() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    for one in 0..100 {
        changes.create(&format!("person{one}@elsewhere.org"));
    }
    let plan = site.save(&changes).await;
    let report = site.apply(&plan).await;
    assert_eq!(report.ending, ApplyEnding::MassFailure);
    assert!((20..90).contains(&report.failed), "{}", report.failed);
    assert!(report.left > 0);
    assert_eq!(site.plan_state(&plan).await, PlanState::Interrupted);
}
