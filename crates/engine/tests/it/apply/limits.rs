//! Calls under the limits.

use usher_engine::apply::ApplyEnding;
use usher_plan::{AccountRef, Action, TeamRef, Urgency};
use usher_sandbox::switches::Switches;
use usher_sandbox::{GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings};

use super::site::{Changes, SCALE, Site};

fn company(users: usize) -> SandboxSettings {
    SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users,
            teams: 3,
            memberships: 1,
            guests: 0.0,
            inactive: 0.0,
            seed: 3,
            ..GenerateSettings::default()
        }),
        switches: Switches::default(),
        limits: LimitSettings {
            enforced: true,
            time_scale: SCALE,
        },
        ..SandboxSettings::default()
    }
}

#[tokio::test]
async fn a_team_of_many_is_filled_by_one_call_and_a_handful_goes_by_small_ones() {
    let site = Site::with(company(600)).await;
    let mut changes = Changes::default();
    let big = changes.create_team("Big");
    let small = changes.create_team("Small");
    let accounts = site.miro(|miro| {
        let ids = miro
            .scim_users()
            .iter()
            .map(|key| miro.user(*key).id.to_string());
        ids.map(usher_model::AccountId::from).collect::<Vec<_>>()
    });
    for account in &accounts {
        let account = AccountRef::Existing(account.clone());
        changes.join(account, TeamRef::New("Big".into()), &[big]);
    }
    for account in accounts.iter().take(20) {
        let account = AccountRef::Existing(account.clone());
        changes.join(account, TeamRef::New("Small".into()), &[small]);
    }
    let report = site.carry_out(&changes).await;
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    assert_eq!(site.asked("PATCH /Groups/{id}"), 3, "one large, two small");
    assert_eq!(site.members("Big").len(), 600);
    assert_eq!(site.refused_for_the_limit(), 0);
}

#[tokio::test]
async fn the_end_of_somebodys_access_does_not_wait_behind_everybody_elses_changes() {
    let site = Site::with(company(300)).await;
    let mut changes = Changes::default();
    let accounts = site.miro(|miro| {
        let ids = miro.scim_users().iter().filter(|key| {
            let user = miro.user(**key);
            !user.is_acting_company_admin()
                && user.teams().iter().all(|team| {
                    miro.team(*team)
                        .membership(**key)
                        .is_some_and(|one| one.role == usher_sandbox::world::TeamRole::Member)
                })
        });
        ids.map(|key| miro.user(*key).id.to_string())
            .map(usher_model::AccountId::from)
            .collect::<Vec<_>>()
    });
    for (number, account) in accounts.iter().take(150).enumerate() {
        changes.add(
            "somebody",
            Action::Rename {
                account: account.clone(),
                before: String::new(),
                after: format!("renamed{number}@meridian.example"),
            },
            &[],
        );
    }
    let leaver = accounts.last().unwrap().clone();
    changes.add_urgent(
        "leaver",
        Action::Disable { account: leaver },
        &[],
        Urgency::Urgent,
    );
    let plan = site.save(&changes).await;
    let listener = super::site::Listener::default();
    let client = site.client(crate::support::Tokens::Both);
    let stop = tokio_util::sync::CancellationToken::new();
    let report = site
        .apply_until(&client, &plan, stop, &listener)
        .await
        .unwrap();
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    let order: Vec<u32> = listener
        .events
        .lock()
        .unwrap()
        .iter()
        .filter_map(|event| match event {
            usher_engine::apply::ApplyEvent::Changed { number, .. } => Some(*number),
            _ => None,
        })
        .collect();
    let place = order.iter().position(|number| *number == 151).unwrap();
    assert!(place < 60, "it was the {place}. of {}", order.len());
}
