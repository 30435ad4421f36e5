//! Groups and their members.

use serde_json::json;

use super::support::*;

fn add(ids: &[&str]) -> serde_json::Value {
    let members: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
    json!([{"op": "add", "path": "members", "value": members}])
}

fn group(name: &str, members: &[&str]) -> (String, Vec<String>) {
    let members = members.iter().map(|&one| one.to_owned()).collect();
    (name.to_owned(), members)
}

on_both_engines! {
    async fn a_pushed_group_is_one_of_the_directory_with_its_members(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let bob = provider.user("bob@example.com").await;
        let engines = provider.group("Engines", &[&ada]).await;
        let all = provider.group("All", &[&engines, &bob]).await;
        assert_eq!(provider.groups().await, [
            group("All", &["Engines", "bob@example.com"]),
            group("Engines", &["ada@example.com"]),
        ]);
        let shown = provider.get(&format!("/Groups/{all}")).await.expect(200);
        let kinds: Vec<_> = shown["members"].as_array().unwrap().iter().map(|one| text(&one["type"])).collect();
        assert!(kinds.contains(&"Group".to_owned()) && kinds.contains(&"User".to_owned()), "{shown}");
        provider.delete(&format!("/Groups/{engines}")).await.expect(204);
        assert_eq!(provider.groups().await, [group("All", &["bob@example.com"])]);
        provider.merging_everything_changes_nothing().await;
    }

    async fn members_join_and_leave_by_patch(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let bob = provider.user("bob@example.com").await;
        let engines = provider.group("Engines", &[]).await;
        let address = format!("/Groups/{engines}");
        let reply = provider.patch(&address, add(&[&ada, &bob])).await;
        assert_eq!(reply.header("etag"), Some("W/\"2\""));
        reply.expect(204);
        assert_eq!(provider.members(&engines).await, [ada.as_str(), bob.as_str()]);
        assert_eq!(provider.groups().await, [group("Engines", &["ada@example.com", "bob@example.com"])]);
        let leave = json!([{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}]);
        provider.patch(&address, leave).await.expect(204);
        assert_eq!(provider.groups().await, [group("Engines", &["bob@example.com"])]);
        let other = json!([{"op": "replace", "path": "members", "value": [{"value": ada}]}]);
        provider.patch(&address, other).await.expect(204);
        assert_eq!(provider.groups().await, [group("Engines", &["ada@example.com"])]);
        provider.patch(&address, json!([{"op": "remove", "path": "members"}])).await.expect(204);
        assert_eq!(provider.groups().await, [group("Engines", &[])]);
        provider.merging_everything_changes_nothing().await;
    }

    async fn who_joins_twice_changes_nothing_the_second_time(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let engines = provider.group("Engines", &[&ada]).await;
        let last = provider.events(0).await.last().unwrap().sequence;
        let reply = provider.patch(&format!("/Groups/{engines}"), add(&[&ada])).await;
        assert_eq!(reply.header("etag"), Some("W/\"1\""));
        reply.expect(204);
        let both = json!([
            {"op": "remove", "path": format!("members[value eq \"{ada}\"]")},
            {"op": "add", "path": "members", "value": [{"value": ada}]},
        ]);
        provider.patch(&format!("/Groups/{engines}"), both).await.expect(204);
        assert_eq!(provider.events(last).await, []);
        assert_eq!(provider.members(&engines).await, [ada]);
    }

    async fn a_member_who_is_nobody_is_refused_by_name_and_nobody_joins(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let engines = provider.group("Engines", &[]).await;
        let reply = provider.patch(&format!("/Groups/{engines}"), add(&[&ada, "nobody"])).await;
        assert!(reply.body["detail"].as_str().unwrap().contains("`nobody`"), "{}", reply.body);
        assert_eq!(reply.refused(400), "invalidValue");
        assert!(provider.members(&engines).await.is_empty());
    }

    async fn a_put_without_members_renames_and_one_with_none_empties(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let engines = provider.group("Engines", &[&ada]).await;
        let address = format!("/Groups/{engines}");
        provider.put(&address, json!({"displayName": "Motors"})).await.expect(200);
        assert_eq!(provider.groups().await, [group("Motors", &["ada@example.com"])]);
        let emptied = json!({"displayName": "Motors", "members": []});
        provider.put(&address, emptied).await.expect(200);
        assert_eq!(provider.groups().await, [group("Motors", &[])]);
        provider.merging_everything_changes_nothing().await;
    }

    async fn a_deleted_user_leaves_its_groups(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let bob = provider.user("bob@example.com").await;
        let engines = provider.group("Engines", &[&ada, &bob]).await;
        provider.delete(&format!("/Users/{ada}")).await.expect(204);
        assert_eq!(provider.members(&engines).await, [bob]);
        assert_eq!(provider.groups().await, [group("Engines", &["bob@example.com"])]);
        let version = provider.get(&format!("/Groups/{engines}")).await;
        assert_eq!(version.header("etag"), Some("W/\"2\""), "the group is another one without them");
        provider.merging_everything_changes_nothing().await;
    }

    async fn a_change_of_members_is_an_event_that_names_them(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let engines = provider.group("Engines", &[]).await;
        let last = provider.events(0).await.last().unwrap().sequence;
        provider.patch(&format!("/Groups/{engines}"), add(&[&ada])).await.expect(204);
        let events = provider.events(last).await;
        assert_eq!(events[0].event.data["joined"], json!({"count": 1, "ids": [ada]}));
        assert_eq!(events[1].event.kind.as_str(), "people_changed");
    }
}

#[tokio::test]
async fn members_are_left_out_where_they_are_not_asked_for() {
    let provider = Provider::on_sqlite().await;
    let ada = provider.user("ada@example.com").await;
    let engines = provider.group("Engines", &[&ada]).await;
    for path in ["", "?excludedAttributes=members", "?attributes=displayName"] {
        let shown = provider.get(&format!("/Groups/{engines}{path}")).await;
        let shown = shown.expect(200);
        assert_eq!(shown.get("members").is_some(), path.is_empty(), "{path}");
    }
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Motors"}]);
    let address = format!("/Groups/{engines}?attributes=displayName");
    let shown = provider.patch(&address, rename).await.expect(200);
    assert_eq!(shown["displayName"], "Motors");
}

#[tokio::test]
async fn members_are_selected_by_any_filter() {
    let provider = Provider::on_sqlite().await;
    let ada = provider.user("ada@example.com").await;
    let inner = provider.group("Inner", &[]).await;
    let outer = provider.group("Outer", &[&ada, &inner]).await;
    let groups = json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]);
    provider
        .patch(&format!("/Groups/{outer}"), groups)
        .await
        .expect(204);
    assert_eq!(provider.members(&outer).await, [ada.as_str()]);
    let unknown = json!([{"op": "remove", "path": "members[color eq \"red\"]"}]);
    let refused = provider.patch(&format!("/Groups/{outer}"), unknown).await;
    assert_eq!(refused.refused(400), "invalidFilter");
    let found = filtered("/Groups", &format!("members.value eq \"{ada}\""));
    let list = provider.get(&found).await.expect(200);
    assert_eq!(named(&list, "displayName"), ["Outer"]);
}
