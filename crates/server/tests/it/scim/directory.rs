//! What is pushed becomes people together with what other sources say. Bit by bit it comes to what merging everything
//! comes to.

use proptest::prelude::*;
use serde_json::{Value, json};
use usher_directory::builtin::EntryChange;
use usher_directory::{EntryKey, Reference, SourcePerson};
use usher_engine::people::{
    DirectorySettings, merge_directory, push_entries, save_directory_settings,
};
use usher_model::{AttributeName, PersonStatus, SourceName};
use usher_store::SourceDefinition;

use super::support::*;

const HR: &str = "hr";

async fn add_hr(provider: &Provider, place: u32) {
    let definition = SourceDefinition {
        name: HR.into(),
        place,
        settings: json!({"kind": "builtin"}),
    };
    provider.store.save_source(&definition, &[]).await.unwrap();
    let acting = acting(&provider.store, &provider.clock);
    merge_directory(acting).await.unwrap();
}

/// What the other source says of somebody.
fn said(key: &str, email: &str, manager: Option<&str>) -> EntryChange {
    let mut person = SourcePerson::new(key);
    person.attributes.set_text("email", email);
    person.attributes.set_text("costCenter", key);
    person.manager = manager.map(|email| Reference::attribute("email", email));
    EntryChange {
        people: vec![person],
        ..EntryChange::default()
    }
}

async fn says(provider: &Provider, change: EntryChange) {
    let acting = acting(&provider.store, &provider.clock);
    push_entries(acting, &SourceName::new(HR), &change)
        .await
        .unwrap();
}

on_both_engines! {
    async fn a_pushed_user_joins_the_person_whom_another_source_knows(provider: Provider) {
        add_hr(&provider, 1).await;
        says(&provider, said("7", "ada@example.com", None)).await;
        let before = provider.person("ada@example.com").await;
        let ada = provider.user("Ada@Example.com").await;
        let after = provider.person("ada@example.com").await;
        assert_eq!(after.id, before.id);
        assert_eq!(after.attributes.text("costCenter"), Some("7"));
        assert_eq!(after.attributes.text("userName"), Some("Ada@Example.com"));
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        provider.patch(&format!("/Users/{ada}"), off).await.expect(200);
        assert_eq!(provider.person("ada@example.com").await.status, PersonStatus::Disabled, "the first source decides");
        provider.delete(&format!("/Users/{ada}")).await.expect(204);
        let left = provider.person("ada@example.com").await;
        assert_eq!((left.id, left.status), (before.id, PersonStatus::Active), "the other source still knows them");
        provider.merging_everything_changes_nothing().await;
    }

    async fn a_new_address_keeps_the_person_and_their_groups(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        provider.group("Engines", &[&ada]).await;
        let before = provider.person("ada@example.com").await.id;
        let moved = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ada@example.org"}]);
        provider.patch(&format!("/Users/{ada}"), moved).await.expect(200);
        assert_eq!(provider.person("ada@example.org").await.id, before);
        assert_eq!(provider.groups().await, [("Engines".to_owned(), vec!["ada@example.org".to_owned()])]);
        provider.merging_everything_changes_nothing().await;
    }

    async fn two_known_people_who_turn_out_to_be_one_are_joined_at_once(provider: Provider) {
        add_hr(&provider, 1).await;
        says(&provider, said("7", "ada@example.com", None)).await;
        let ada = provider.user("lovelace@example.com").await;
        assert_eq!(provider.people().await.len(), 2);
        let same = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ada@example.com"}]);
        provider.patch(&format!("/Users/{ada}"), same).await.expect(200);
        let there: Vec<_> = provider.people().await.into_iter().filter(|one| one.1 != PersonStatus::Gone).collect();
        assert_eq!(there, [("ada@example.com".to_owned(), PersonStatus::Active)]);
        provider.merging_everything_changes_nothing().await;
    }

    async fn what_follows_from_a_push_is_written_with_it_and_nothing_is_merged_behind_it(provider: Provider) {
        add_hr(&provider, 1).await;
        says(&provider, said("7", "ada@example.com", None)).await;
        let group = provider.group("Engines", &[]).await;
        let generation = provider.store.directory_generation().await.unwrap();
        let ada = provider.user("ada@example.com").await;
        let join = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
        provider.patch(&format!("/Groups/{group}"), join).await.expect(204);
        let title = json!([{"op": "add", "path": "title", "value": "Countess"}]);
        provider.patch(&format!("/Users/{ada}"), title).await.expect(200);
        provider.delete(&format!("/Users/{ada}")).await.expect(204);
        let now = provider.store.directory_generation().await.unwrap();
        assert_eq!(now - generation, 4, "each push counts once, and so would each merge");
        provider.merging_everything_changes_nothing().await;
    }

    async fn people_who_are_matched_by_something_else_follow_too(provider: Provider) {
        let settings = DirectorySettings {
            key: AttributeName::new("employeeNumber"),
            ..DirectorySettings::default()
        };
        let acting = acting(&provider.store, &provider.clock);
        save_directory_settings(acting, &settings, None).await.unwrap();
        let body = json!({"userName": "ada", ENTERPRISE: {"employeeNumber": "7"}});
        let ada = id(&provider.post("/Users", body).await.expect(201));
        provider.group("Engines", &[&ada]).await;
        assert_eq!(provider.people().await.len(), 1);
        provider.merging_everything_changes_nothing().await;
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Create(usize),
    Move(usize, usize),
    Toggle(usize, bool),
    Delete(usize),
    Group(Vec<usize>),
    Join(usize, usize),
    Leave(usize, usize),
    DeleteGroup(usize),
    Manage(usize, usize),
    Says(usize, usize, Option<usize>),
    Unsays(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let small = 0..4_usize;
    prop_oneof![
        3 => small.clone().prop_map(Step::Create),
        2 => (small.clone(), small.clone()).prop_map(|(who, to)| Step::Move(who, to)),
        1 => (small.clone(), any::<bool>()).prop_map(|(who, active)| Step::Toggle(who, active)),
        2 => small.clone().prop_map(Step::Delete),
        1 => prop::collection::vec(small.clone(), 0..3).prop_map(Step::Group),
        2 => (small.clone(), small.clone()).prop_map(|(group, who)| Step::Join(group, who)),
        1 => (small.clone(), small.clone()).prop_map(|(group, who)| Step::Leave(group, who)),
        1 => small.clone().prop_map(Step::DeleteGroup),
        2 => (small.clone(), small.clone()).prop_map(|(who, boss)| Step::Manage(who, boss)),
        2 => (small.clone(), small.clone(), prop::option::of(small.clone()))
            .prop_map(|(key, email, boss)| Step::Says(key, email, boss)),
        1 => small.prop_map(Step::Unsays),
    ]
}

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

/// The users and groups that are there.
struct World {
    provider: Provider,
    users: Vec<String>,
    groups: Vec<String>,
    created: usize,
}

impl World {
    fn user(&self, at: usize) -> Option<String> {
        self.users.get(at % self.users.len().max(1)).cloned()
    }

    fn group(&self, at: usize) -> Option<String> {
        self.groups.get(at % self.groups.len().max(1)).cloned()
    }

    async fn change(&self, user: Option<String>, operation: Value) {
        if let Some(user) = user {
            let address = format!("/Users/{user}");
            self.provider
                .patch(&address, json!([operation]))
                .await
                .expect(200);
        }
    }

    async fn change_members(&self, group: usize, op: &str, who: usize) {
        if let (Some(group), Some(user)) = (self.group(group), self.user(who)) {
            let value = json!([{"value": user}]);
            let change = json!([{"op": op, "path": "members", "value": value}]);
            let address = format!("/Groups/{group}");
            self.provider.patch(&address, change).await.expect(204);
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Create(address) => {
                self.created += 1;
                let emails = json!([{"value": email(address), "type": "work"}]);
                let body = json!({"userName": format!("u{}", self.created), "emails": emails});
                let made = self.provider.post("/Users", body).await.expect(201);
                self.users.push(id(&made));
            }
            Step::Move(who, to) => {
                let path = "emails[type eq \"work\"].value";
                let operation = json!({"op": "replace", "path": path, "value": email(to)});
                self.change(self.user(who), operation).await;
            }
            Step::Toggle(who, active) => {
                let operation = json!({"op": "replace", "path": "active", "value": active});
                self.change(self.user(who), operation).await;
            }
            Step::Delete(who) => {
                if let Some(user) = self.user(who) {
                    self.users.retain(|other| *other != user);
                    let address = format!("/Users/{user}");
                    self.provider.delete(&address).await.expect(204);
                }
            }
            Step::Group(who) => {
                let mut members: Vec<String> = who.iter().filter_map(|at| self.user(*at)).collect();
                members.extend(self.groups.first().cloned());
                let members: Vec<&str> = members.iter().map(String::as_str).collect();
                let group = self.provider.group("Some", &members).await;
                self.groups.push(group);
            }
            Step::Join(group, who) => self.change_members(group, "add", who).await,
            Step::Leave(group, who) => self.change_members(group, "remove", who).await,
            Step::DeleteGroup(at) => {
                if let Some(group) = self.group(at) {
                    self.groups.retain(|other| *other != group);
                    let address = format!("/Groups/{group}");
                    self.provider.delete(&address).await.expect(204);
                }
            }
            Step::Manage(who, boss) => {
                let path = format!("{ENTERPRISE}:manager");
                let value = json!({"value": self.user(boss)});
                if self.user(boss).is_some() {
                    let operation = json!({"op": "replace", "path": path, "value": value});
                    self.change(self.user(who), operation).await;
                }
            }
            Step::Says(key, address, boss) => {
                let boss = boss.map(email);
                let change = said(&key.to_string(), &email(address), boss.as_deref());
                says(&self.provider, change).await;
            }
            Step::Unsays(key) => {
                let change = EntryChange {
                    removed_people: vec![EntryKey::new(key.to_string())],
                    ..EntryChange::default()
                };
                says(&self.provider, change).await;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_pushed_in_whichever_order_merging_everything_finds_nothing_to_do(
        steps in prop::collection::vec(step(), 1..25),
        hr_first in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let provider = Provider::on_sqlite().await;
            add_hr(&provider, u32::from(!hr_first)).await;
            let mut world = World { provider, users: Vec::new(), groups: Vec::new(), created: 0 };
            // Merging everything in between would make up for what a step forgot to note for the next one.
            for step in steps {
                world.take(step).await;
            }
            world.provider.merging_everything_changes_nothing().await;
        });
    }
}

fn cases() -> u32 {
    std::env::var_os("USHER_TEST_FULL").map_or(12, |_| 500)
}
