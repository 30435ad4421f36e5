//! Stopping, being killed, and going on.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_engine::apply::ApplyEnding;
use usher_sandbox::switches::Switches;
use usher_store::PlanState;

use super::creation::{newcomers, small_company};
use super::site::{Listener, Site};
use crate::support::Tokens;

#[tokio::test]
async fn an_apply_that_is_told_to_stop_settles_what_was_sent_and_can_go_on() {
    let site = Site::with(small_company(Switches::default())).await;
    let changes = newcomers(300, 5);
    let plan = site.save(&changes).await;
    let stop = CancellationToken::new();
    let listener = Listener {
        stop_after: Some((60, stop.clone())),
        ..Listener::default()
    };
    let client = site.client(Tokens::Both);
    let report = site
        .apply_until(&client, &plan, stop, &listener)
        .await
        .unwrap();
    assert_eq!(report.ending, ApplyEnding::Interrupted);
    assert!(report.done >= 60 && report.left > 0, "{report:#?}");
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    assert_eq!(site.plan_state(&plan).await, PlanState::Interrupted);
    let counts = site.world.store.journal_counts(&plan).await.unwrap();
    assert_eq!(counts.intended, 0, "nothing is left in the air");

    let report = site.apply(&plan).await;
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_eq!(
        (report.done, report.failed),
        (changes.0.len() as u64, 0),
        "{:#?}",
        report.failures
    );
    assert_eq!(site.asked("POST /Users"), 300, "each is created once");
    site.assert_inventory_is_true().await;
}

#[tokio::test]
async fn an_apply_that_was_cut_off_anywhere_goes_on_without_doing_anything_twice() {
    let site = Site::with(small_company(Switches::default())).await;
    let changes = newcomers(150, 5);
    let plan = site.save(&changes).await;
    let mut cuts = 0;
    // Dropped where it stands, like a process that is killed: calls are on their way, intentions are not settled.
    for milliseconds in [15, 40, 70, 110, 160, 220, 300] {
        let client = site.client(Tokens::Both);
        let run = site.apply_with(&client, &plan);
        let cut = tokio::time::timeout(Duration::from_millis(milliseconds), run).await;
        match cut {
            Err(_) => cuts += 1,
            Ok(report) => assert_eq!(report.unwrap().ending, ApplyEnding::Applied),
        }
        if site.plan_state(&plan).await == PlanState::Applied {
            break;
        }
    }
    assert!(cuts > 0);
    if site.plan_state(&plan).await != PlanState::Applied {
        let report = site.apply(&plan).await;
        assert_eq!(report.ending, ApplyEnding::Applied);
        assert_eq!(
            (report.done, report.failed),
            (changes.0.len() as u64, 0),
            "{:#?}",
            report.failures
        );
    }
    site.assert_inventory_is_true().await;
    let links = site.world.store.links(&site.organization).await.unwrap();
    assert_eq!(links.len(), 150);
    let teams = site.miro(|miro| {
        miro.teams_after(0)
            .filter(|key| miro.team(*key).name.starts_with("Team "))
            .count()
    });
    assert_eq!(teams, 5, "no team was created twice");
}
