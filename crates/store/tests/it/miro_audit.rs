//! The copy of Miro's audit log.

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

fn entry(id: &str, time: &str, object: &str) -> MiroAuditEntry {
    MiroAuditEntry {
        id: id.into(),
        created_at: at(time),
        event: "team_member_removed".into(),
        category: Some("teams".into()),
        actor_type: Some("user".into()),
        actor_id: Some("1".into()),
        actor_name: Some("Ada".into()),
        actor_email: Some("ada@example.org".into()),
        object_id: Some(object.into()),
        object_name: None,
        details: json!({"user": {"email": "Bob@example.org"}}),
    }
}

on_both_engines! {
    async fn entries_are_stored_once_and_found_by_time_and_object(fixture: Fixture) {
        let id = OrganizationId::new("1");
        let entries = [
            entry("b", "2026-02-02T00:00:00Z", "20"),
            entry("a", "2026-02-01T00:00:00Z", "10"),
        ];
        assert_eq!(fixture.store.add_miro_audit(&id, &entries).await.unwrap(), 0, "unheard-of organization");
        fixture.begin("1").await;
        assert_eq!(fixture.store.latest_miro_audit(&id).await.unwrap(), None);
        assert_eq!(fixture.store.add_miro_audit(&id, &entries).await.unwrap(), 2);
        assert_eq!(fixture.store.add_miro_audit(&id, &entries).await.unwrap(), 0);
        assert_eq!(fixture.store.latest_miro_audit(&id).await.unwrap(), Some(at("2026-02-02T00:00:00Z")));
        let anything = MiroAuditFilter { organization: id, from: None, until: None, about: None, limit: None };
        let all_of_them = all(fixture.store.miro_audit(&anything)).await;
        assert_eq!(all_of_them, [entries[1].clone(), entries[0].clone()]);
        for (filter, expected) in [
            (MiroAuditFilter { from: Some(at("2026-02-02T00:00:00Z")), ..anything.clone() }, 1),
            (MiroAuditFilter { until: Some(at("2026-02-02T00:00:00Z")), ..anything.clone() }, 1),
            (MiroAuditFilter { about: Some("10".into()), ..anything.clone() }, 1),
            (MiroAuditFilter { about: Some("bob@example.org".into()), ..anything.clone() }, 2),
            (MiroAuditFilter { limit: Some(1), ..anything.clone() }, 1),
        ] {
            assert_eq!(all(fixture.store.miro_audit(&filter)).await.len(), expected, "{filter:?}");
        }
    }
}
