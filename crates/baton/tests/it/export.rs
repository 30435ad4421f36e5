//! How an organization looks in a file.

use std::collections::BTreeMap;
use std::path::Path;

use usher_baton::c1z::Written;
use usher_baton::emit::{Detail, InventoryExport};
use usher_baton::messages::{
    LicenseProfileTrait, Resource, RoleTrait, Status, UserTrait, annotation_of,
};
use usher_model::{
    Account, AccountId, AccountStatus, AdminRole, AdminRoleKind, Email, EnterpriseAttributes,
    Entitlement, Grant, Known, License, Organization, OrganizationId, OrganizationRole, Team,
    TeamId, TeamRole, Timestamp, UserGroup, UserGroupId,
};

use crate::support::{Contents, begin, clock, read_shown};

pub fn account(id: &str, email: &str) -> Account {
    Account {
        id: AccountId::new(id),
        email: Email::new(email),
        display_name: Known::Unknown,
        status: AccountStatus::Active,
        role: Known::Unknown,
        license: Known::Unknown,
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Unknown,
        admin_roles: Known::Unknown,
        enterprise: Known::Unknown,
    }
}

pub fn grant(account: &str, entitlement: Entitlement) -> Grant {
    Grant {
        account: AccountId::new(account),
        entitlement,
    }
}

/// An inventory as the export takes it.
#[derive(Default)]
pub struct Inventory {
    pub organization: Option<Organization>,
    pub accounts: Vec<Account>,
    pub teams: Vec<Team>,
    pub groups: Vec<UserGroup>,
    pub grants: Vec<Grant>,
}

pub async fn export(path: &Path, inventory: &Inventory, detail: Detail) -> Written {
    let writer = begin(path, &clock()).await.unwrap();
    let mut export = InventoryExport::begin(writer, detail).await.unwrap();
    if let Some(organization) = &inventory.organization {
        export.organization(organization);
    }
    for account in &inventory.accounts {
        export.account(account).await.unwrap();
    }
    for team in &inventory.teams {
        export.team(team).await.unwrap();
    }
    for group in &inventory.groups {
        export.user_group(group).await.unwrap();
    }
    for grant in &inventory.grants {
        export.grant(grant).await.unwrap();
    }
    export.finish().await.unwrap()
}

async fn exported(inventory: &Inventory, detail: Detail) -> Contents {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    export(&path, inventory, detail).await;
    read_shown(&path).await.unwrap()
}

fn resource<'a>(contents: &'a Contents, id: &str) -> &'a Resource {
    let found = contents
        .resources
        .iter()
        .find(|r| r.external_id_text() == id);
    found.unwrap_or_else(|| panic!("there is no {id}"))
}

fn profile(of: Option<&usher_baton::messages::Struct>) -> BTreeMap<String, String> {
    use prost_types::value::Kind;
    let text = |value: &prost_types::Value| match &value.kind {
        Some(Kind::StringValue(text)) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    let fields = &of.unwrap().fields;
    fields
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn texts<const N: usize>(members: [(&str, &str); N]) -> BTreeMap<String, String> {
    members
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into()
}

#[tokio::test]
async fn an_account_says_all_that_is_known_and_nothing_else() {
    let at: Timestamp = "2026-03-04T05:06:07.5Z".parse().unwrap();
    let mut ada = account("1", "Ada@example.org");
    ada.display_name = Known::Known("Ada Lovelace".into());
    ada.status = AccountStatus::Deactivated;
    ada.role = Known::Known(OrganizationRole::InternalUser);
    ada.license = Known::Known(License::FreeRestricted);
    ada.last_activity_at = Known::Known(Some(at));
    ada.enterprise = Known::Known(EnterpriseAttributes {
        employee_number: Some("007".into()),
        department: Some("Engines".into()),
        ..EnterpriseAttributes::default()
    });
    let mut never = account("2", "bob@example.org");
    never.last_activity_at = Known::Known(None);
    let nameless = account("3", "");
    let inventory = Inventory {
        accounts: vec![ada, never, nameless],
        ..Inventory::default()
    };
    let contents = exported(&inventory, Detail::Everything).await;

    let ada = resource(&contents, "user:1");
    assert_eq!(ada.display_name, "Ada@example.org");
    assert_eq!(ada.creation_source, 1);
    assert_eq!(ada.status.as_ref().unwrap().status, Status::Disabled as i32);
    let traits: UserTrait = ada.annotation().unwrap().unwrap();
    assert_eq!(
        traits.status.as_ref().unwrap().status,
        Status::Disabled as i32
    );
    assert_eq!(traits.login, "Ada@example.org");
    assert_eq!(traits.account_type, 1);
    assert_eq!(traits.emails[0].address, "Ada@example.org");
    assert!(traits.emails[0].is_primary);
    assert_eq!(traits.employee_ids, ["007"]);
    let last = traits.last_login.unwrap();
    assert_eq!((last.seconds, last.nanos), (at.as_second(), 500_000_000));
    let connectors = [
        ("email", "Ada@example.org"),
        ("login", "Ada@example.org"),
        ("license", "free_restricted"),
    ];
    assert_eq!(profile(traits.profile.as_ref()), texts(connectors));
    let full = profile(ada.profile.as_ref());
    assert_eq!(full["display_name"], "Ada Lovelace");
    assert_eq!(full["department"], "Engines");
    assert_eq!(full["role"], "organization_internal_user");
    assert!(!full.contains_key("division"));

    let traits: UserTrait = resource(&contents, "user:2").annotation().unwrap().unwrap();
    assert_eq!(traits.last_login, None, "never used is not a date");
    let nameless = resource(&contents, "user:3");
    let traits: UserTrait = nameless.annotation().unwrap().unwrap();
    let empty = texts([("email", ""), ("login", ""), ("license", "")]);
    assert_eq!(profile(traits.profile.as_ref()), empty);
    assert_eq!(traits.emails, []);
}

#[tokio::test]
async fn no_grant_is_lost_to_a_role_that_was_never_published() {
    let team = TeamId::new("7");
    let held = [
        Entitlement::Role(OrganizationRole::Other("organization_robot".into())),
        Entitlement::Role(OrganizationRole::Other(String::new())),
        Entitlement::Team {
            team: team.clone(),
            role: TeamRole::Other("captain".into()),
        },
        Entitlement::Team {
            team,
            role: TeamRole::Unknown,
        },
        Entitlement::Team {
            team: TeamId::new("8"),
            role: TeamRole::Member,
        },
        Entitlement::UserGroup(UserGroupId::new("9")),
        Entitlement::License(License::Other("Gold: Plated".into())),
    ];
    let inventory = Inventory {
        teams: vec![Team {
            id: TeamId::new("7"),
            name: "Crew".into(),
        }],
        grants: held.iter().cloned().map(|held| grant("1", held)).collect(),
        ..Inventory::default()
    };
    let contents = exported(&inventory, Detail::Everything).await;
    let ids: Vec<_> = contents
        .grants
        .iter()
        .map(|grant| grant.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "role:organization_robot:assigned:user:1",
            "role:unknown:assigned:user:1",
            "team:7:captain:user:1",
            "team:7:unknown:user:1",
            "team:8:member:user:1",
            "user_group:9:member:user:1",
            "license:Gold: Plated:assigned:user:1",
        ]
    );
    assert_eq!(
        resource(&contents, "role:organization_robot").display_name,
        "organization_robot"
    );
    for grant in &contents.grants {
        let held = grant.entitlement.as_ref().unwrap();
        let id = held.resource.as_ref().unwrap().external_id_text();
        resource(&contents, &id);
        assert!(
            contents.entitlements.iter().any(|e| e.id == held.id),
            "{}",
            held.id
        );
    }
    let captain = contents
        .entitlements
        .iter()
        .find(|e| e.id == "team:7:captain")
        .unwrap();
    assert_eq!(captain.display_name, "Crew team role captain");
}

#[tokio::test]
async fn what_the_go_connector_does_not_have_is_of_types_of_its_own() {
    let mut ada = account("1", "ada@example.org");
    let role = AdminRole {
        kind: Known::Known(AdminRoleKind::Prebuilt),
        name: "organization_internal_admin".into(),
    };
    ada.admin_roles = Known::Known(vec![role.clone()]);
    let inventory = Inventory {
        organization: Some(Organization {
            id: OrganizationId::new("1"),
            name: Known::Unknown,
            plan: Known::Unknown,
            full_licenses_purchased: Known::Known(50),
        }),
        accounts: vec![ada],
        groups: vec![UserGroup {
            id: UserGroupId::new("g"),
            name: "Makers".into(),
            description: Known::Known("Those who make".into()),
        }],
        grants: vec![
            grant("1", Entitlement::AdminRole(role.name.clone())),
            grant("1", Entitlement::License(License::Full)),
            grant("2", Entitlement::License(License::Full)),
            grant("3", Entitlement::License(License::Free)),
            grant("1", Entitlement::UserGroup(UserGroupId::new("g"))),
        ],
        ..Inventory::default()
    };
    let contents = exported(&inventory, Detail::Everything).await;
    let types: Vec<_> = contents.types.iter().map(|kind| kind.id.as_str()).collect();
    assert_eq!(
        types,
        [
            "user",
            "team",
            "role",
            "license",
            "admin_role",
            "user_group"
        ]
    );

    let admin = resource(&contents, "admin_role:organization_internal_admin");
    let traits: RoleTrait = admin.annotation().unwrap().unwrap();
    assert_eq!(profile(traits.profile.as_ref())["kind"], "prebuilt");
    let company = resource(&contents, "role:organization_internal_admin");
    assert_eq!(
        company.display_name, "Organization Admin",
        "a name cannot collide"
    );

    let seats = |id: &str| {
        let found = resource(&contents, id).annotation::<LicenseProfileTrait>();
        found.unwrap().unwrap()
    };
    let full = seats("license:full");
    assert_eq!((full.purchased_seats, full.consumed_seats), (50, 2));
    assert_eq!(full.entitlement_ids, ["license:full:assigned"]);
    let free = seats("license:free");
    assert_eq!(
        (free.purchased_seats, free.consumed_seats),
        (0, 0),
        "takes no seat"
    );
    let group = resource(&contents, "user_group:g");
    assert_eq!(
        (group.display_name.as_str(), group.description.as_str()),
        ("Makers", "Those who make")
    );

    for kind in &contents.types {
        for resource in contents
            .resources
            .iter()
            .filter(|r| r.id.as_ref().unwrap().resource_type == kind.id)
        {
            let url = &resource.annotations[0].type_url;
            let expected = match kind.traits[0] {
                1 => "UserTrait",
                2 => "GroupTrait",
                3 => "RoleTrait",
                _ => "LicenseProfileTrait",
            };
            assert!(
                url.ends_with(expected),
                "every resource carries its type's trait"
            );
        }
    }

    let like_go = exported(&inventory, Detail::LikeGoConnector).await;
    assert_eq!(like_go.types.len(), 3);
    assert_eq!(like_go.resources.len(), 5);
    assert_eq!(like_go.grants.len(), 0);
    assert!(
        annotation_of::<LicenseProfileTrait>(&like_go.resources[4].annotations)
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn teams_and_roles_have_the_names_that_the_go_connector_gives_them() {
    let inventory = Inventory {
        teams: vec![Team {
            id: TeamId::new("42"),
            name: "Design".into(),
        }],
        ..Inventory::default()
    };
    let contents = exported(&inventory, Detail::Everything).await;
    let lines: Vec<_> = contents
        .entitlements
        .iter()
        .map(|e| {
            assert_eq!(e.purpose, 1);
            assert_eq!(e.grantable_to, [usher_baton::emit::user_type()]);
            let about = e.resource.as_ref().unwrap();
            assert_eq!(about, resource(&contents, &about.external_id_text()));
            format!(
                "{} | {} | {} | {}",
                e.id, e.slug, e.display_name, e.description
            )
        })
        .collect();
    let of_team =
        |role| format!("team:42:{role} | {role} | Design team role {role} | Has Design team role");
    let of_role = |role, name| {
        format!(
            "role:{role}:assigned | assigned | {name} organization role assigned | Has {name} organization role"
        )
    };
    let expected = [
        of_role("organization_internal_admin", "Organization Admin"),
        of_role("organization_internal_user", "Organization Internal User"),
        of_role("organization_external_user", "Organization External User"),
        of_role("organization_team_guest_user", "Team Guest User"),
        of_team("non_team"),
        of_team("member"),
        of_team("admin"),
        of_team("team_guest"),
    ];
    assert_eq!(lines, expected);

    let team = resource(&contents, "team:42");
    let traits: usher_baton::messages::GroupTrait = team.annotation().unwrap().unwrap();
    let members = [("id", "42"), ("name", "Design")];
    assert_eq!(profile(traits.profile.as_ref()), texts(members));
    let role = resource(&contents, "role:organization_team_guest_user");
    let traits: RoleTrait = role.annotation().unwrap().unwrap();
    let members = [
        ("role_id", "organization_team_guest_user"),
        ("role_name", "Team Guest User"),
    ];
    assert_eq!(profile(traits.profile.as_ref()), texts(members));
}

#[tokio::test]
async fn a_grant_repeats_the_team_and_otherwise_only_ids() {
    let team = TeamId::new("42");
    let inventory = Inventory {
        teams: vec![Team {
            id: team.clone(),
            name: "Design".into(),
        }],
        grants: vec![
            grant(
                "1",
                Entitlement::Team {
                    team,
                    role: TeamRole::Admin,
                },
            ),
            grant("1", Entitlement::Role(OrganizationRole::ExternalUser)),
        ],
        ..Inventory::default()
    };
    let contents = exported(&inventory, Detail::Everything).await;
    let held = |at: usize| contents.grants[at].entitlement.as_ref().unwrap();
    assert_eq!(
        held(0).resource.as_ref(),
        Some(resource(&contents, "team:42"))
    );
    let reference =
        |kind, id| Resource::reference(usher_baton::messages::ResourceId::new(kind, id));
    assert_eq!(
        held(1).resource,
        Some(reference("role", "organization_external_user"))
    );
    for grant in &contents.grants {
        assert_eq!(grant.principal, Some(reference("user", "1")));
        let held = grant.entitlement.as_ref().unwrap();
        assert_eq!(grant.id, format!("{}:user:1", held.id));
        assert!(
            held.display_name.is_empty() && held.slug.is_empty() && held.grantable_to.is_empty()
        );
    }
}
