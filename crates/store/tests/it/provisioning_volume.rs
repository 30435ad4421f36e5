//! How long provisioning's reading and writing takes at a hundred thousand people. Run in release mode:
//! `cargo test --release -p usher-store -- --ignored --nocapture provisioning_volume`.

#![allow(clippy::print_stdout, reason = "the measurements are what it is for")]

use std::time::Instant;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;
use crate::volume::{self, processor_seconds};

const PEOPLE: usize = 100_000;
const TEAMS: usize = 5_000;
const CHANGES: u32 = 10_000;

async fn timed<T>(what: &str, work: impl Future<Output = T>) -> T {
    volume::timed(what, work).await.1
}

fn account(n: usize) -> Account {
    member(
        &(3_074_457_345_700_000_000 + n).to_string(),
        &format!("person.{n}@example.org"),
    )
}

/// A hundred thousand accounts with five teams each: half a million memberships.
async fn fill_inventory(fixture: &Fixture) {
    let sync = fixture.begin("1").await;
    fixture.store.begin_merge(&sync).await.unwrap();
    let teams = (0..TEAMS).map(|n| Team {
        id: n.to_string().into(),
        name: format!("Team {n}"),
    });
    let teams = Merged {
        teams: teams.collect(),
        ..Merged::default()
    };
    fixture.store.merge(&sync, &teams).await.unwrap();
    for first in (0..PEOPLE).step_by(2_000) {
        let mut piece = Merged::default();
        for n in first..first + 2_000 {
            let account = account(n);
            for step in 0..5 {
                let team = (n + step * 997) % TEAMS;
                piece
                    .grants
                    .push(grant(account.id.as_str(), &format!("team:{team}:member")));
            }
            piece.accounts.push(account);
        }
        fixture.store.merge(&sync, &piece).await.unwrap();
    }
    let finish = finish(fixture.clock.now(), everything());
    let outcome = fixture.store.publish(&sync, &finish, |_| Vec::new()).await;
    println!("{:?}", outcome.unwrap().grants);
}

fn person(n: usize) -> Person {
    let mut attributes = Attributes::default();
    let texts = [
        ("email", format!("person.{n}@example.org")),
        ("userName", format!("person.{n}@example.org")),
        ("displayName", format!("Person Number {n}")),
        ("givenName", "Person".to_owned()),
        ("familyName", format!("Number {n}")),
        ("title", "Senior Something of Anything".to_owned()),
        ("department", format!("Department {}", n % 50)),
        ("division", format!("Division {}", n % 7)),
        ("costCenter", format!("CC-{}", n % 300)),
        ("organization", "Example".to_owned()),
        ("employeeNumber", n.to_string()),
        ("preferredLanguage", "en_US".to_owned()),
        ("country", "NL".to_owned()),
        ("startDate", "2020-01-01".to_owned()),
    ];
    for (name, text) in texts {
        attributes.set_text(name, &text);
    }
    Person {
        id: format!("01890000-0000-7000-8000-{n:012}").into(),
        status: PersonStatus::Active,
        manager: Some(format!("01890000-0000-7000-8000-{:012}", n / 10).into()),
        attributes,
    }
}

async fn measure_directory(fixture: &Fixture) {
    let store = &fixture.store;
    let directory = DirectoryWrite {
        people: (0..PEOPLE).map(person).collect(),
        groups: (0..500)
            .map(|g| Group {
                id: format!("group-{g}").into(),
                name: format!("Group {g}"),
                description: None,
                members: (0..600)
                    .map(|m| GroupMember::Person(person_id((g * 131 + m * 7) % PEOPLE)))
                    .collect(),
            })
            .collect(),
        ..DirectoryWrite::default()
    };
    let written = timed(
        "write 100k people, 500 groups of 600",
        store.write_directory(&directory, |_| Vec::new()),
    );
    assert_eq!(written.await.unwrap().people.added, PEOPLE as u64);
    let again = timed(
        "write them again, unchanged",
        store.write_directory(&directory, |_| Vec::new()),
    );
    assert!(again.await.unwrap().is_empty());
    let everybody = PersonFilter::default();
    let people = timed("load 100k people", store.load_people(&everybody))
        .await
        .unwrap();
    assert_eq!(people.len(), PEOPLE);
    let groups = timed("load 500 groups of 600", store.groups())
        .await
        .unwrap();
    assert_eq!(groups.len(), 500);
    timed(
        "find one by part of a name",
        store.find_people("number 77777"),
    )
    .await
    .unwrap();
    let links: Vec<Link> = (0..PEOPLE)
        .map(|n| Link {
            person: person_id(n),
            account: account(n).id,
            how: LinkOrigin::Matched,
            since: fixture.clock.now(),
            sent: std::collections::BTreeMap::from([("preferredLanguage".into(), "en_US".into())]),
            disabled_at: None,
        })
        .collect();
    let organization = OrganizationId::new("1");
    timed(
        "save 100k links",
        store.save_links(&organization, &links, &[]),
    )
    .await
    .unwrap();
    timed("load 100k links", store.links(&organization))
        .await
        .unwrap();
}

fn person_id(n: usize) -> PersonId {
    format!("01890000-0000-7000-8000-{n:012}").into()
}

/// Ten thousand changes in calls of `batch`, each with its observation, ledger entry and event.
async fn journal(fixture: &Fixture, batch: usize) {
    let store = &fixture.store;
    let plan = new_plan(store, PlanState::Ready, CHANGES);
    timed("save a plan of 10k changes", store.save_plan(&plan, &[]))
        .await
        .unwrap();
    let lease = lease("this process");
    let apply = store
        .begin_apply(&plan.id, Under::Lease(&lease), &[])
        .await
        .unwrap();
    let numbers: Vec<u32> = (1..=CHANGES).collect();
    let (start, used) = (Instant::now(), processor_seconds());
    for chunk in numbers.chunks(batch) {
        let intended: Vec<_> = chunk.iter().map(|number| intention(*number)).collect();
        store.journal_intend(&apply, &intended).await.unwrap();
        let settlement = settlement(chunk, batch);
        let events: Vec<_> = chunk
            .iter()
            .map(|number| event(fixture, *number, &plan.id))
            .collect();
        store
            .journal_settle(&apply, &settlement, fixture.clock.now(), &events)
            .await
            .unwrap();
    }
    let took = start.elapsed().as_secs_f64();
    let used = processor_seconds() - used;
    println!(
        "{:<40} {took:>7.3} s, {used:>6.2} s of processor time, {:.0} changes per second",
        format!("journal 10k changes, {batch} at a time"),
        f64::from(CHANGES) / took
    );
    store
        .finish_apply(&apply, &ApplyEnd::Applied, &[])
        .await
        .unwrap();
    let rows = timed(
        "read the journal",
        all(store.journal(&plan.id, &ChangeFilter::default())),
    )
    .await;
    assert_eq!(rows.len(), CHANGES as usize);
}

fn settlement(numbers: &[u32], batch: usize) -> Settlement {
    let mut settlement = Settlement::default();
    for number in numbers {
        // Each batch fills its own team, so that no run finds the memberships of the one before.
        let joined = grant(
            account(*number as usize).id.as_str(),
            &format!("team:{}:member", 4_000 + batch),
        );
        settlement.settled.push(done(*number));
        settlement.given.push(ProvisionedGrant {
            account: joined.account.clone(),
            entitlement: joined.entitlement.clone(),
            since: at("2026-03-01T08:00:00Z"),
        });
        settlement.observation.grants_added.push(joined);
    }
    settlement
}

fn event(fixture: &Fixture, number: u32, plan: &PlanId) -> Event {
    Event {
        data: json!({"plan": plan, "change": number, "account": number.to_string(), "person": format!("p{number}"),
            "before": null, "after": {"team": "Design"}}),
        ..fixture.event(
            EventKind::GroupUpdateProvision,
            &format!("person:p{number}"),
        )
    }
}

async fn measure(fixture: Fixture) {
    timed("fill the inventory", fill_inventory(&fixture)).await;
    let organization = OrganizationId::new("1");
    for _ in 0..2 {
        let loaded = timed(
            "load 100k accounts, 500k memberships",
            fixture.store.load_inventory(&organization),
        );
        let loaded = loaded.await.unwrap();
        assert_eq!(loaded.accounts.len(), PEOPLE);
        let members: usize = loaded.teams.iter().map(|team| team.members.len()).sum();
        assert_eq!(members, 5 * PEOPLE);
    }
    measure_directory(&fixture).await;
    for batch in [1, 11, 50, 500] {
        journal(&fixture, batch).await;
    }
}

#[tokio::test]
#[ignore = "measures; run in release mode"]
async fn provisioning_volume_on_sqlite() {
    measure(Fixture::sqlite().await).await;
}

#[tokio::test]
#[ignore = "measures; run in release mode"]
async fn provisioning_volume_on_postgres() {
    measure(Fixture::postgres().await).await;
}
