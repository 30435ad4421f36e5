//! What the API shows of the inventory, the directory, plans and the log.

use std::time::Duration;

use serde_json::{Value, json};
use usher_engine::Acting;
use usher_engine::provisioning::{PlanOrder, make_plan};
use usher_model::{Actor, Clock as _, Origin, Role};

fn emails(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["email"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn accounts_are_listed_page_by_page_filtered_and_sorted(app: App) {
        app.inventory().await;
        let sender = app.in_person("eve", Role::Auditor).await;
        let path = "/organizations/1/accounts";
        let first = app.get(&sender, &format!("{path}?limit=2")).await.expect(200).json();
        assert_eq!(emails(&first), ["ada@example.org", "bob@example.org"]);
        let next = first["next"].as_str().unwrap();
        let second = app.get(&sender, &format!("{path}?limit=2&cursor={next}")).await.expect(200).json();
        assert_eq!(emails(&second), ["eve@example.org"]);
        assert!(second.get("next").is_none());
        let sorted = app.get(&sender, &format!("{path}?sort=-email&team=10")).await.expect(200).json();
        assert_eq!(emails(&sorted), ["bob@example.org", "ada@example.org"]);
        let found = app.get(&sender, &format!("{path}?search=EVE&status=active&license=full")).await.json();
        assert_eq!(emails(&found), ["eve@example.org"]);
        let one = &found["items"][0];
        assert_eq!(one["last_activity_at"], Value::Null);
        assert_eq!(one["unknown"], json!(["license_assigned_at"]));
        for wrong in ["sort=age", "limit=0", "limit=501", "cursor=nonsense", "status=asleep", "population=cats", "as_of=yesterday"] {
            app.get(&sender, &format!("{path}?{wrong}")).await.expect(422);
        }
        // {"offset":18446744073709551615,"as_of":"2026-03-01T08:00:00Z"}
        let far = "eyJvZmZzZXQiOjE4NDQ2NzQ0MDczNzA5NTUxNjE1LCJhc19vZiI6IjIwMjYtMDMtMDFUMDg6MDA6MDBaIn0";
        app.get(&sender, &format!("{path}?cursor={far}")).await.expect(422);
        // {"after":["zzz"],"as_of":"2026-03-01T08:00:00Z"}: of no list, and no fault of Usher's.
        let odd = "eyJhZnRlciI6WyJ6enoiXSwiYXNfb2YiOiIyMDI2LTAzLTAxVDA4OjAwOjAwWiJ9";
        for list in ["accounts", "teams", "grants?sort=since"] {
            let joint = if list.contains('?') { '&' } else { '?' };
            let page = app.get(&sender, &format!("/organizations/1/{list}{joint}cursor={odd}")).await.expect(200).json();
            assert_eq!(page["items"], json!([]), "{list}");
        }
        let long = "x".repeat(60_000);
        for list in ["/organizations/1/accounts", "/organizations/1/teams", "/people", "/groups", "/administrators"] {
            app.get(&sender, &format!("{list}?search={long}")).await.expect(422);
        }
    }

    async fn the_pages_of_one_list_are_of_one_moment_and_the_past_can_be_asked_for(app: App) {
        app.inventory().await;
        let sender = app.in_person("eve", Role::Auditor).await;
        let before = app.clock.now();
        app.clock.advance(Duration::from_secs(60));
        let path = "/organizations/1/grants?limit=1";
        let first = app.get(&sender, path).await.expect(200).json();
        app.clock.advance(Duration::from_secs(60));
        let now = app.clock.now();
        let next = first["next"].as_str().unwrap();
        let second = app.get(&sender, &format!("{path}&cursor={next}")).await.expect(200).json();
        assert_ne!(first["items"][0]["account"], second["items"][0]["account"]);
        let early = app.get(&sender, "/organizations/1/accounts?as_of=2025-01-01T00:00:00Z").await.expect(200).json();
        assert_eq!(early["items"], json!([]));
        let diff = format!("/organizations/1/diff?from=2025-01-01T00:00:00Z&to={before}");
        let diff = app.get(&sender, &diff).await.expect(200).json();
        assert_eq!(diff["items"].as_array().unwrap().len(), 1 + 3 + 2, "{diff}");
        let none = app.get(&sender, &format!("/organizations/1/diff?from={before}&to={now}")).await.expect(200).json();
        assert_eq!(none["items"], json!([]));
    }

    async fn an_organization_and_what_is_in_it_is_shown(app: App) {
        app.inventory().await;
        let sender = app.in_person("eve", Role::Auditor).await;
        let list = app.get(&sender, "/organizations").await.expect(200).json();
        assert_eq!(list["items"][0]["name"], "Example");
        assert_eq!(list["items"][0]["unknown"], json!(["plan"]));
        let shown = app.get(&sender, "/organizations/1").await.expect(200).json();
        assert_eq!((&shown["accounts"], &shown["teams"]), (&json!(3), &json!(1)));
        let teams = app.get(&sender, "/organizations/1/teams?sort=-members").await.expect(200).json();
        assert_eq!(teams["items"][0]["members"], 2);
        let held = app.get(&sender, "/organizations/1/entitlements?kind=team").await.expect(200).json();
        assert_eq!(held["items"][0], json!({"entitlement": "team:10:member", "resource_name": "Design", "holders": 2}));
        let account = app.get(&sender, "/organizations/1/accounts/1").await.expect(200).json();
        assert_eq!(account["grants"][0]["entitlement"], "team:10:member");
        app.get(&sender, "/organizations/1/accounts/99").await.expect(404);
        let syncs = app.get(&sender, "/organizations/1/syncs").await.expect(200).json();
        let id = syncs["items"][0]["id"].as_str().unwrap();
        let sync = app.get(&sender, &format!("/syncs/{id}")).await.expect(200).json();
        assert_eq!(sync["state"], "complete");
        for path in ["user-groups", "assignments", "failures", "drift", "cycles"] {
            let empty = app.get(&sender, &format!("/organizations/1/{path}")).await.expect(200).json();
            assert_eq!(empty["items"], json!([]), "{path}");
        }
        for path in ["/people", "/groups"] {
            assert_eq!(app.get(&sender, path).await.expect(200).json()["items"], json!([]));
        }
        for path in ["/people/none", "/groups/none", "/cycles/none", "/syncs/none", "/plans/none"] {
            assert_eq!(app.get(&sender, path).await.expect(404).problem(), "not-found");
        }
    }

    async fn a_plan_is_shown_and_decided(app: App) {
        app.inventory().await;
        let acting = Acting { store: &app.store, clock: &*app.clock, actor: &Actor::System, origin: Origin::Schedule };
        let made = make_plan(acting, &"1".into(), &PlanOrder::default(), None).await.unwrap();
        let sender = app.in_person("rita", Role::Reviewer).await;
        let list = app.get(&sender, "/organizations/1/plans").await.expect(200).json();
        assert_eq!(list["items"][0]["id"], made.plan.id.as_str());
        let path = format!("/plans/{}", made.plan.id);
        let shown = app.get(&sender, &path).await.expect(200).json();
        assert_eq!(shown["plan"]["state"], "ready");
        app.get(&sender, &format!("{path}/changes")).await.expect(200);
        let rejected = app.post(&sender, &format!("{path}/reject"), json!({"reason": "not now"})).await.expect(200).json();
        assert_eq!(rejected["decision"]["by"], "rita@example.org");
        assert_eq!(rejected["state"], "rejected");
        app.post(&sender, &format!("{path}/approve"), json!({})).await.expect(409);
        app.post(&sender, "/plans/none/approve", json!({})).await.expect(404);
    }

    async fn the_log_is_read_in_both_directions_and_filtered(app: App) {
        let root = app.in_person("root", Role::SuperAdministrator).await;
        for name in ["one", "two", "three"] {
            app.post(&root, "/service-accounts", json!({"name": name, "role": "member"})).await.expect(201);
        }
        app.post(&root, "/me/tokens", json!({"name": "t", "scopes": ["events:read"]})).await.expect(201);
        let sequences = |page: &Value| -> Vec<u64> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|item| item["sequence"].as_u64().unwrap()).collect()
        };
        let added = app.get(&root, "/events?kind=administrator_added&origin=http").await.expect(200).json();
        assert_eq!(sequences(&added), [1, 2, 3]);
        let newest = app.get(&root, "/events?sort=-sequence&limit=2").await.expect(200).json();
        assert_eq!(sequences(&newest), [4, 3]);
        let next = newest["next"].as_str().unwrap();
        let older = app.get(&root, &format!("/events?sort=-sequence&limit=2&cursor={next}")).await.json();
        assert_eq!(sequences(&older), [2, 1]);
        assert_eq!(newest["items"][0]["actor"]["email"], "root@example.org");
        let id = newest["items"][0]["actor"]["id"].as_str().unwrap();
        let by_root = app.get(&root, &format!("/events?administrator={id}")).await.json();
        assert_eq!(sequences(&by_root), [1, 2, 3, 4]);
        let by_nobody = app.get(&root, "/events?administrator=0").await.json();
        assert_eq!(by_nobody["items"], json!([]));
        app.get(&root, "/events?kind=boat_launched").await.expect(422);
    }
}
