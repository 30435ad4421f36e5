//! What the log and the journal tell beside what was done, and signing people out.

use futures::TryStreamExt;
use serde_json::json;
use usher_engine::apply::{ApplyEnding, ApplyReport};
use usher_model::{ChainedEvent, EventKind, PlanId};
use usher_plan::{AccountRef, Action, Settings, Switch, TeamRef, Urgency};
use usher_store::{EventFilter, JournalState};

use super::site::{Changes, Site, new};
use crate::support::Tokens;

const RESET: &str = "POST /v2/sessions/reset_all";

impl Site {
    async fn events(&self, kind: EventKind) -> Vec<ChainedEvent> {
        let filter = EventFilter {
            kinds: vec![kind],
            ..EventFilter::default()
        };
        let found = self.world.store.find_events(&filter).try_collect();
        found.await.unwrap()
    }

    async fn end_sessions(&self) {
        let mut settings = Settings::default();
        settings.deprovision.end_sessions = Switch::On;
        let store = &self.world.store;
        let value = json!(settings);
        let saved = store.save_provisioning_settings(&self.organization, &value, None, &[]);
        saved.await.unwrap();
    }

    /// A plan after which Ada is disabled.
    async fn ada_leaves(&self) -> PlanId {
        let mut changes = Changes::default();
        let account = self.account("ada@acme.com");
        changes.add_urgent("ada", Action::Disable { account }, &[], Urgency::Urgent);
        self.save(&changes).await
    }
}

fn resets(report: &ApplyReport) -> u64 {
    report.requests.get(RESET).copied().unwrap_or(0)
}

#[tokio::test]
async fn who_is_disabled_is_signed_out_everywhere_if_the_settings_say_so() {
    let site = Site::acme().await;
    let report = site.apply(&site.ada_leaves().await).await;
    assert_eq!(resets(&report), 0, "nobody asked for it");
    let site = Site::acme().await;
    site.end_sessions().await;
    let report = site.apply(&site.ada_leaves().await).await;
    assert_eq!((report.done, resets(&report)), (1, 1), "{report:#?}");
    let events = site.events(EventKind::UserDeprovision).await;
    assert_eq!(events[0].event.data["sessions"], "ended");
}

#[tokio::test]
async fn sessions_that_cannot_be_ended_are_told_and_fail_nothing() {
    let site = Site::acme().await;
    site.end_sessions().await;
    site.fault("POST /v2/sessions/reset_all status=403");
    let plan = site.ada_leaves().await;
    let report = site.apply(&plan).await;
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_eq!((report.done, report.failed), (1, 0), "{report:#?}");
    assert_eq!(site.is_active("ada@acme.com"), Some(false));
    let events = site.events(EventKind::SessionsNotEnded).await;
    assert_eq!(events.len(), 1);
    let data = &events[0].event.data;
    assert_eq!(data["account"], json!(site.account("ada@acme.com")));
    assert!(data["error"].as_str().is_some_and(|why| !why.is_empty()));
}

#[tokio::test]
async fn who_was_disabled_by_an_apply_that_was_cut_off_is_signed_out_by_the_next() {
    let site = Site::acme().await;
    site.end_sessions().await;
    let plan = site.ada_leaves().await;
    site.killed_at(&plan, &[1]).await;
    let client = site.client(Tokens::Both);
    let scim = client.scim().unwrap();
    let account = site.account("ada@acme.com");
    let inactive = usher_miro::Patch::new().replace("active", false);
    scim.patch_user(&account, &inactive).await.unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(site.state(&plan, 1).await, JournalState::Done);
    assert_eq!(resets(&report), 1, "{report:#?}");
}

#[tokio::test]
async fn a_change_that_is_left_out_is_in_the_log_with_the_one_that_it_needed() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    let created = changes.create("eve@elsewhere.org");
    let team = TeamRef::Existing(site.team("Design"));
    let eve: AccountRef = new("eve@elsewhere.org");
    changes.join(eve, team, &[created]);
    let report = site.carry_out(&changes).await;
    assert_eq!((report.failed, report.skipped), (1, 1), "{report:#?}");
    let events = site.events(EventKind::ChangeSkipped).await;
    assert_eq!(events.len(), 1);
    let data = &events[0].event.data;
    assert_eq!(
        (&data["change"], &data["because_of"]),
        (&json!(2), &json!(1))
    );
}
