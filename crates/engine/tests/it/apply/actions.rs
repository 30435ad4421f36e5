//! Every kind of change, with every choice of tokens that can make it.

use futures::TryStreamExt;
use usher_engine::apply::{ApplyEnding, ApplyEvent};
use usher_model::{
    Entitlement, EventKind, GroupId, License, OrganizationRole, Team, TeamRole, UserGroup,
    UserGroupId,
};
use usher_plan::{
    AccountRef, Action, AttributeChange, TargetAttribute, TargetValue, TeamRef, Urgency,
    UserGroupRef,
};
use usher_sandbox::switches::{Dialect, GroupModel, Switches};

use super::site::{Changes, Listener, Site, acme, assert_all_done, person};
use crate::support::Tokens;

fn attribute(attribute: TargetAttribute, after: Option<&str>) -> AttributeChange {
    AttributeChange {
        attribute,
        before: None,
        after: after.map(|text| TargetValue::Text(text.into())),
    }
}

#[tokio::test]
async fn every_change_of_an_account_takes_effect_and_is_read_back() {
    let site = Site::acme().await;
    let [ada, bob, cyd, dan] =
        ["ada", "bob", "cyd", "dan"].map(|name| site.account(&format!("{name}@acme.com")));
    let mut changes = Changes::default();
    changes.add(
        "ada",
        Action::UpdateAttributes {
            account: ada.clone(),
            changes: vec![
                attribute(TargetAttribute::DisplayName, Some("Ada Lovelace")),
                attribute(TargetAttribute::Department, None),
                attribute(TargetAttribute::CostCenter, Some("CC7")),
            ],
        },
        &[],
    );
    changes.add(
        "ada",
        Action::Rename {
            account: ada.clone(),
            before: "ada@acme.com".into(),
            after: "countess@acme.com".into(),
        },
        &[],
    );
    changes.add(
        "bob",
        Action::RaiseLicense {
            account: bob.clone(),
            before: License::FreeRestricted,
            after: License::Full,
        },
        &[],
    );
    let enabled = changes.add(
        "cyd",
        Action::Enable {
            account: cyd.clone(),
        },
        &[],
    );
    changes.add(
        "cyd",
        Action::SetRole {
            account: AccountRef::Existing(cyd.clone()),
            before: Some(OrganizationRole::InternalUser),
            after: OrganizationRole::InternalAdmin,
        },
        &[enabled],
    );
    let given = changes.add(
        "bob",
        Action::AddAdminRole {
            account: AccountRef::Existing(bob.clone()),
            name: "Content Admin".into(),
        },
        &[],
    );
    changes.add(
        "bob",
        Action::RemoveAdminRole {
            account: bob.clone(),
            name: "Content Admin".into(),
        },
        &[given],
    );
    let led = changes.add(
        "ada",
        Action::SetTeamRole {
            account: AccountRef::Existing(ada.clone()),
            team: TeamRef::Existing(site.team("Sales")),
            before: TeamRole::Member,
            after: TeamRole::Admin,
        },
        &[],
    );
    changes.add_urgent(
        "dan",
        Action::Disable {
            account: dan.clone(),
        },
        &[led],
        Urgency::Urgent,
    );
    changes.add(
        "bob",
        Action::Delete {
            account: bob.clone(),
        },
        &[7],
    );
    let plan = site.save(&changes).await;
    let listener = Listener::default();
    let report = site
        .apply_until(
            &site.client(Tokens::Both),
            &plan,
            tokio_util::sync::CancellationToken::new(),
            &listener,
        )
        .await
        .unwrap();
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_all_done(&report, 10);
    assert_eq!(report.unverified, 0);
    assert_eq!(site.is_active("bob@acme.com"), None, "deleted");
    assert_eq!(site.is_active("dan@acme.com"), Some(false));
    assert_eq!(site.is_active("cyd@acme.com"), Some(true));
    assert_eq!(site.is_active("countess@acme.com"), Some(true));
    site.miro(|miro| {
        let ada = miro.user(miro.find_user_by_email("countess@acme.com").unwrap());
        assert_eq!(ada.full_name, "Ada Lovelace");
        let enterprise = ada.enterprise.as_ref().unwrap();
        assert_eq!(enterprise.department, None);
        assert_eq!(enterprise.cost_center.as_deref(), Some("CC7"));
        assert_eq!(miro.company_admins(), 2);
    });
    site.assert_inventory_is_true().await;
    let given = site
        .world
        .store
        .provisioned(&site.organization)
        .await
        .unwrap();
    let held: Vec<String> = given
        .iter()
        .map(|row| row.entitlement.to_string())
        .collect();
    assert!(
        held.contains(&Entitlement::Role(OrganizationRole::InternalAdmin).to_string()),
        "{held:?}"
    );
    assert!(held.iter().any(|held| held.ends_with(":admin")), "{held:?}");
    assert!(
        !held.iter().any(|held| held.contains("Content Admin")),
        "taken back: {held:?}"
    );
    let events: Vec<_> = site
        .world
        .store
        .events(0, None)
        .try_collect()
        .await
        .unwrap();
    let kinds: Vec<EventKind> = events.iter().map(|event| event.event.kind).collect();
    for kind in [
        EventKind::ApplyStarted,
        EventKind::UserUpdateProvision,
        EventKind::UserDeprovision,
        EventKind::UserDeleteProvision,
        EventKind::ApplyFinished,
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
    let told = listener.events.lock().unwrap();
    assert!(matches!(told.first(), Some(ApplyEvent::Started { .. })));
    assert!(matches!(told.last(), Some(ApplyEvent::Finished(_))));
    assert!(
        told.iter().any(
            |event| matches!(event, ApplyEvent::Progressed(progress) if progress.eta.is_some())
        )
    );
}

#[tokio::test]
async fn teams_are_changed_by_scim_where_its_groups_are_teams() {
    teams(Switches::default(), Tokens::Both, "PATCH /Groups/{id}").await;
}

#[tokio::test]
async fn teams_are_changed_by_rest_where_scim_groups_are_user_groups() {
    let switches = Switches {
        group_model: GroupModel::UserGroup,
        ..Switches::default()
    };
    teams(
        switches,
        Tokens::Both,
        "POST /v2/orgs/{org_id}/teams/{team_id}/members",
    )
    .await;
}

#[tokio::test]
async fn teams_are_changed_by_rest_without_a_scim_token() {
    let route = "POST /v2/orgs/{org_id}/teams/{team_id}/members";
    teams(Switches::default(), Tokens::Rest, route).await;
}

async fn teams(switches: Switches, tokens: Tokens, route: &str) {
    let site = Site::with(acme(switches)).await;
    let account = |name: &str| site.account(&format!("{name}@acme.com"));
    let mut changes = Changes::default();
    let made = changes.create_team("Research");
    for name in ["ada", "bob", "dan"] {
        let account = AccountRef::Existing(account(name));
        changes.join(account, TeamRef::New("Research".into()), &[made]);
    }
    changes.add(
        "bob",
        Action::SetTeamRole {
            account: AccountRef::Existing(account("bob")),
            team: TeamRef::New("Research".into()),
            before: TeamRole::Member,
            after: TeamRole::Admin,
        },
        &[made, 3],
    );
    for name in ["ada", "bob"] {
        changes.add(
            name,
            Action::RemoveFromTeam {
                account: account(name),
                team: site.team("Sales"),
            },
            &[],
        );
    }
    changes.add(
        "Design",
        Action::RenameTeam {
            team: Team {
                id: site.team("Design"),
                name: "Design".into(),
            },
            after: "Design Studio".into(),
        },
        &[],
    );
    changes.add(
        "Everyone",
        Action::LinkTeam {
            group: GroupId::new("g"),
            team: site.team("Everyone"),
        },
        &[],
    );
    let plan = site.save(&changes).await;
    let report = site.apply_with(&site.client(tokens), &plan).await.unwrap();
    assert_all_done(&report, 9);
    assert_eq!(report.unverified, 0);
    assert!(
        site.asked(route) > 0,
        "{:#?}",
        site.world.sandbox.state().log.report().by_route
    );
    let research = site.members("Research");
    for name in ["ada", "bob", "dan"] {
        assert!(
            research.contains(&format!("{name}@acme.com")),
            "{research:?}"
        );
    }
    assert_eq!(site.members("Sales").len(), 1);
    site.team("Design Studio");
    let links = site
        .world
        .store
        .group_links(&site.organization)
        .await
        .unwrap();
    assert_eq!(links.len(), 1);
    site.assert_inventory_is_true().await;
}

#[tokio::test]
async fn user_groups_are_changed_by_scim_and_by_rest_in_bulk() {
    for (model, tokens, route) in [
        (GroupModel::UserGroup, Tokens::Both, "PATCH /Groups/{id}"),
        (
            GroupModel::Team,
            Tokens::Both,
            "PATCH /v2/orgs/{org_id}/groups/{group_id}/members",
        ),
        (
            GroupModel::Team,
            Tokens::Rest,
            "PATCH /v2/orgs/{org_id}/groups/{group_id}/members",
        ),
    ] {
        let switches = Switches {
            group_model: model,
            ..Switches::default()
        };
        let site = Site::with(acme(switches)).await;
        let auditors = site.miro(|miro| {
            let key = miro.find_group_by_name("Auditors").unwrap();
            UserGroupId::new(miro.group(key).id.to_string())
        });
        let group = |name: &str| UserGroup {
            id: auditors.clone(),
            name: name.into(),
            description: usher_model::Known::Unknown,
        };
        let mut changes = Changes::default();
        let made = changes.add(
            "Readers",
            Action::CreateUserGroup {
                name: "Readers".into(),
                group: Some(GroupId::new("readers")),
            },
            &[],
        );
        for name in ["ada", "dan"] {
            changes.add(
                name,
                Action::AddToUserGroup {
                    account: AccountRef::Existing(site.account(&format!("{name}@acme.com"))),
                    user_group: UserGroupRef::New("Readers".into()),
                },
                &[made],
            );
        }
        let removed = changes.add(
            "bob",
            Action::RemoveFromUserGroup {
                account: site.account("bob@acme.com"),
                user_group: auditors.clone(),
            },
            &[],
        );
        let renamed = changes.add(
            "Auditors",
            Action::RenameUserGroup {
                user_group: group("Auditors"),
                after: "Old Auditors".into(),
            },
            &[removed],
        );
        changes.add(
            "Auditors",
            Action::DeleteUserGroup {
                user_group: group("Old Auditors"),
            },
            &[renamed],
        );
        let plan = site.save(&changes).await;
        let report = site.apply_with(&site.client(tokens), &plan).await.unwrap();
        assert_eq!(
            (report.done, report.failed),
            (6, 0),
            "{model:?} {tokens:?} {:#?}",
            report.failures
        );
        assert_eq!(report.unverified, 0);
        assert!(
            site.asked(route) > 0,
            "{:#?}",
            site.world.sandbox.state().log.report().by_route
        );
        site.miro(|miro| {
            assert_eq!(miro.find_group_by_name("Old Auditors"), None);
            let readers = miro.find_group_by_name("Readers").unwrap();
            assert_eq!(miro.group(readers).members().len(), 2);
        });
        let links = site
            .world
            .store
            .group_links(&site.organization)
            .await
            .unwrap();
        assert_eq!(links.len(), 1);
    }
}

#[tokio::test]
async fn where_miro_refuses_quoted_ids_they_are_sent_as_numbers() {
    // The sandbox takes both; it is told to refuse the first removal, as an organization would that takes numbers only.
    let switches = Switches {
        unquoted_numbers: Dialect::Accepted,
        ..Switches::default()
    };
    let site = Site::with(acme(switches)).await;
    site.fault("PATCH /api/v1/scim/Groups/* nth=1 status=400");
    let mut changes = Changes::default();
    changes.add(
        "ada",
        Action::RemoveFromTeam {
            account: site.account("ada@acme.com"),
            team: site.team("Sales"),
        },
        &[],
    );
    let report = site.carry_out(&changes).await;
    assert_all_done(&report, 1);
    assert_eq!(site.members("Sales").len(), 2);
}

#[tokio::test]
async fn an_account_that_is_there_is_linked_and_nothing_is_asked_of_miro() {
    let site = Site::acme().await;
    let mut changes = Changes::default();
    changes.add(
        "ada",
        Action::LinkAccount {
            person: person("ada@acme.com"),
            account: site.account("ada@acme.com"),
            by: TargetAttribute::UserName,
        },
        &[],
    );
    let report = site.carry_out(&changes).await;
    assert_eq!((report.done, report.failed), (1, 0));
    let link = site
        .world
        .store
        .link_of_account(&site.organization, &site.account("ada@acme.com"))
        .await
        .unwrap();
    assert_eq!(link.map(|link| link.person), Some(person("ada@acme.com")));
    assert_eq!(
        report.requests.values().sum::<u64>(),
        0,
        "{:?}",
        report.requests
    );
}
