//! Pages of a running synchronization.

use usher_model::*;
use usher_store::*;

use crate::support::*;

fn page(part: PartKey, rows: StagedRows) -> StagedPage {
    StagedPage {
        part,
        cursor_after: None,
        done: true,
        total_results: None,
        items: 0,
        rows,
    }
}

fn view(id: &str, email: &str) -> StagedView {
    StagedView {
        account: id.into(),
        email: Email::new(email),
        data: format!("{{\"id\":\"{id}\"}}"),
    }
}

fn in_team(account: &str, team: &str, role: TeamRole) -> StagedMember {
    StagedMember {
        group: MemberGroup::Team(team.into()),
        account: account.into(),
        role,
    }
}

on_both_engines! {
    async fn people_come_back_in_order_of_their_ids(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let views = vec![view("20", "b@x.org"), view("100", "a@x.org"), view("3", "C@x.org")];
        let rows = StagedRows { views, ..StagedRows::default() };
        fixture.store.stage_page(&sync, &page(PartKey::Members, rows)).await.unwrap();
        let ids: Vec<_> = all(fixture.store.staged_views(&sync, View::Rest)).await
            .into_iter().map(|view| view.account.to_string()).collect();
        assert_eq!(ids, ["100", "20", "3"]);
        assert!(all(fixture.store.staged_views(&sync, View::Scim)).await.is_empty());
        let email = Email::new("c@X.ORG");
        let found = fixture.store.staged_views_by_email(&sync, View::Rest, &email).await.unwrap();
        assert_eq!(found, [view("3", "C@x.org")]);
    }

    async fn an_id_that_comes_again_is_reported_and_its_first_showing_counts(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let first = StagedRows { views: vec![view("1", "a@x.org"), view("2", "b@x.org")], ..StagedRows::default() };
        let first = StagedPage { items: 2, done: false, ..page(PartKey::Members, first) };
        assert_eq!(fixture.store.stage_page(&sync, &first).await.unwrap().repeated, Vec::<String>::new());
        let second = StagedRows {
            views: vec![view("2", "other@x.org"), view("3", "c@x.org"), view("3", "c@x.org")],
            ..StagedRows::default()
        };
        let second = StagedPage { items: 3, ..page(PartKey::Members, second) };
        assert_eq!(fixture.store.stage_page(&sync, &second).await.unwrap().repeated, ["2", "3"]);
        let part = fixture.store.parts(&sync).await.unwrap().remove(0);
        assert_eq!((part.pages, part.items, part.repeats), (2, 5, 2));
        assert_eq!(part.first_repeat.as_deref(), Some("2"));
        let emails: Vec<_> = all(fixture.store.staged_views(&sync, View::Rest)).await
            .into_iter().map(|view| view.email.to_string()).collect();
        assert_eq!(emails, ["a@x.org", "b@x.org", "c@x.org"]);
    }

    async fn the_same_person_in_two_lists_is_no_repetition(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let rows = StagedRows { views: vec![view("1", "a@x.org")], ..StagedRows::default() };
        for part in [PartKey::Members, PartKey::ScimUsers] {
            let outcome = fixture.store.stage_page(&sync, &page(part, rows.clone())).await.unwrap();
            assert_eq!(outcome, StagedOutcome::default());
        }
        for team in ["10", "20"] {
            let rows = StagedRows { members: vec![in_team("1", team, TeamRole::Member)], ..StagedRows::default() };
            let part = PartKey::TeamMembers(team.into());
            let outcome = fixture.store.stage_page(&sync, &page(part, rows)).await.unwrap();
            assert_eq!(outcome, StagedOutcome::default());
        }
    }

    async fn a_member_that_comes_again_in_a_team_is_reported(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let rows = StagedRows { members: vec![in_team("1", "10", TeamRole::Member)], ..StagedRows::default() };
        let page = page(PartKey::TeamMembers("10".into()), rows);
        fixture.store.stage_page(&sync, &page).await.unwrap();
        assert_eq!(fixture.store.stage_page(&sync, &page).await.unwrap().repeated, ["1"]);
    }

    async fn a_person_that_comes_again_with_their_teams_is_one_repetition(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let rows = StagedRows {
            views: vec![view("1", "a@x.org")],
            members: vec![in_team("1", "10", TeamRole::Unknown), in_team("1", "20", TeamRole::Unknown)],
            ..StagedRows::default()
        };
        let page = page(PartKey::ScimUsers, rows);
        assert!(fixture.store.stage_page(&sync, &page).await.unwrap().repeated.is_empty());
        assert_eq!(fixture.store.stage_page(&sync, &page).await.unwrap().repeated, ["1"]);
    }

    async fn teams_and_user_groups_come_back(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let team = Team { id: "10".into(), name: "Design".into() };
        let group = UserGroup { id: "7".into(), name: "All".into(), description: Known::Unknown };
        let teams = StagedRows { teams: vec![team.clone()], ..StagedRows::default() };
        fixture.store.stage_page(&sync, &page(PartKey::Teams, teams.clone())).await.unwrap();
        let again = fixture.store.stage_page(&sync, &page(PartKey::Teams, teams)).await.unwrap();
        assert_eq!(again.repeated, ["10"]);
        let groups = StagedRows { user_groups: vec![group.clone()], ..StagedRows::default() };
        fixture.store.stage_page(&sync, &page(PartKey::ScimGroups, groups)).await.unwrap();
        assert_eq!(all(fixture.store.staged_teams(&sync, View::Rest)).await, [team]);
        assert_eq!(all(fixture.store.staged_user_groups(&sync, View::Scim)).await, [group]);
    }

    async fn totals_of_the_newest_page_count(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        for total in [Some(7), Some(8), None] {
            let page = StagedPage { total_results: total, ..page(PartKey::ScimUsers, StagedRows::default()) };
            fixture.store.stage_page(&sync, &page).await.unwrap();
        }
        let parts = fixture.store.parts(&sync).await.unwrap();
        assert_eq!(parts[0].total_results, Some(8));
    }

    async fn text_that_postgresql_cannot_hold_is_stored_without_it(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let team = Team { id: "10".into(), name: "De\0sign".into() };
        let rows = StagedRows { teams: vec![team], ..StagedRows::default() };
        fixture.store.stage_page(&sync, &page(PartKey::Teams, rows)).await.unwrap();
        let teams = all(fixture.store.staged_teams(&sync, View::Rest)).await;
        assert_eq!(teams[0].name, "De\u{fffd}sign");
    }

    async fn pages_that_are_stored_at_the_same_time_all_arrive(fixture: Fixture) {
        let sync = fixture.begin("1").await;
        let pages = (0..30).map(|team| {
            let id = team.to_string();
            let members = (0..50).map(|account| in_team(&account.to_string(), &id, TeamRole::Member));
            let rows = StagedRows { members: members.collect(), ..StagedRows::default() };
            page(PartKey::TeamMembers(id.as_str().into()), rows)
        });
        let pages: Vec<_> = pages.collect();
        futures::future::try_join_all(pages.iter().map(|page| fixture.store.stage_page(&sync, page)))
            .await
            .unwrap();
        assert_eq!(all(fixture.store.staged_members(&sync)).await.len(), 1500);
        assert_eq!(fixture.store.parts(&sync).await.unwrap().len(), 30);
    }
}
