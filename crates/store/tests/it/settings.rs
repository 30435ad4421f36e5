//! Settings and their history.

use serde_json::json;
use usher_model::*;
use usher_store::*;

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

on_both_engines! {
    async fn every_version_is_kept_with_who_saved_it(fixture: Fixture) {
        assert_eq!(fixture.store.provisioning_settings(&one()).await.unwrap(), None);
        let event = Event {
            actor: Actor::Operator { name: "ada".into() },
            ..fixture.event(EventKind::ProvisioningSettingsSaved, "organization:1")
        };
        let events = std::slice::from_ref(&event);
        let store = &fixture.store;
        assert_eq!(store.save_provisioning_settings(&one(), &json!({"n": 1}), None, events).await.unwrap(), 1);
        assert_eq!(store.save_provisioning_settings(&one(), &json!({"n": 2}), Some(1), &[]).await.unwrap(), 2);
        assert_eq!(fixture.store.provisioning_settings(&one()).await.unwrap(), Some((2, json!({"n": 2}))));
        let history = fixture.store.settings_history(SettingsOf::Provisioning(&one())).await.unwrap();
        assert_eq!(history.iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(history[1].value, json!({"n": 1}));
        assert_eq!(history[1].saved_by, Some(event.actor));
        assert_eq!(history[0].saved_by, None);
    }

    async fn settings_that_somebody_else_saved_meanwhile_are_not_overwritten(fixture: Fixture) {
        fixture.store.save_provisioning_settings(&one(), &json!({"n": 1}), None, &[]).await.unwrap();
        for stale in [None, Some(0), Some(7)] {
            let event = fixture.event(EventKind::ProvisioningSettingsSaved, "organization:1");
            let refused = fixture.store.save_provisioning_settings(&one(), &json!({"n": 2}), stale, &[event]).await;
            assert!(matches!(refused, Err(StoreError::SettingsMoved { found: 1, .. })), "{refused:?}");
        }
        assert_eq!(fixture.store.provisioning_settings(&one()).await.unwrap(), Some((1, json!({"n": 1}))));
        assert_eq!(fixture.store.last_event().await.unwrap(), 0);
    }

    async fn of_many_who_save_at_once_one_succeeds(fixture: Fixture) {
        let other = fixture.second_process().await;
        let value = json!({});
        let organization = one();
        let saves = (0..6).map(|n| {
            let store = if n % 2 == 0 { &fixture.store } else { &other };
            store.save_provisioning_settings(&organization, &value, None, &[])
        });
        let results = futures::future::join_all(saves).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        for refused in results.into_iter().filter_map(Result::err) {
            assert!(matches!(refused, StoreError::SettingsMoved { .. }), "{refused:?}");
        }
    }

    async fn settings_of_one_kind_do_not_touch_another(fixture: Fixture) {
        let two = OrganizationId::new("2");
        let kinds = [
            SettingsOf::Directory,
            SettingsOf::Provisioning(&two),
            SettingsOf::Notifications(&two),
        ];
        for (n, of) in kinds.into_iter().enumerate() {
            assert_eq!(fixture.store.save_settings(of, &json!(n), None, &[]).await.unwrap(), 1);
        }
        for (n, of) in kinds.into_iter().enumerate() {
            assert_eq!(fixture.store.settings(of).await.unwrap(), Some((1, json!(n))));
        }
        assert_eq!(fixture.store.provisioning_settings(&one()).await.unwrap(), None);
    }
}
