use serde_json::json;
use usher_model::{Account, AccountStatus, Email, Known, Organization, Team, Timestamp, UserGroup};
use usher_plan::{TeamState, UserGroupState};

use super::*;

const ADA: &str = "3074457345600000001";
const BOB: &str = "3074457345600000002";
const NEW: &str = "3074457345600000009";
const TEAM: &str = "3074457345700000001";
const GROUP: &str = "3074457345800000001";
const ORGANIZATION: &str = "3074457345000000001";

fn account(id: &str, email: &str) -> Account {
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

fn inventory() -> Inventory {
    Inventory {
        organization: Organization {
            id: OrganizationId::new(ORGANIZATION),
            name: Known::Unknown,
            plan: Known::Unknown,
            full_licenses_purchased: Known::Unknown,
        },
        group_model: Known::Unknown,
        snapshot: None,
        accounts: vec![
            account(ADA, "ada@example.org"),
            account(BOB, "bob@example.org"),
        ],
        teams: vec![TeamState {
            team: Team {
                id: TeamId::new(TEAM),
                name: "Design".into(),
            },
            members: Vec::new(),
        }],
        user_groups: vec![UserGroupState {
            user_group: UserGroup {
                id: UserGroupId::new(GROUP),
                name: "Makers".into(),
                description: Known::Unknown,
            },
            members: Vec::new(),
        }],
        default_team: Known::Unknown,
        boards: BTreeMap::new(),
    }
}

fn entry(event: &str, object: (&str, &str), details: Value) -> MiroAuditEntry {
    MiroAuditEntry {
        id: "1".into(),
        created_at: Timestamp::UNIX_EPOCH,
        event: event.into(),
        category: None,
        actor_type: Some("user".into()),
        actor_id: Some(BOB.into()),
        actor_name: None,
        actor_email: Some("bob@example.org".into()),
        object_id: Some(object.0.into()),
        object_name: Some(object.1.into()),
        details,
    }
}

fn read(entries: &[MiroAuditEntry]) -> FeedReading {
    let inventory = inventory();
    interpret(entries, &KnownThings::of(&inventory))
}

fn clear(entries: &[MiroAuditEntry]) -> Touched {
    match read(entries) {
        FeedReading::Clear(touched) => touched,
        unclear @ FeedReading::Unclear { .. } => panic!("{unclear:?}"),
    }
}

fn ids<const N: usize>(ids: [&str; N]) -> BTreeSet<AccountId> {
    ids.into_iter().map(AccountId::new).collect()
}

#[test]
fn who_did_it_was_not_touched_by_it() {
    let changed = entry("user_deactivated", (ADA, "ada@example.org"), json!({}));
    assert_eq!(clear(&[changed]).accounts, ids([ADA]));
}

#[test]
fn a_membership_is_read_again_when_person_and_team_are_named() {
    let context = json!({"details": {}, "context": {"team": {"id": TEAM, "name": "Design"}}});
    let touched = clear(&[entry(
        "team_member_added",
        (ADA, "ada@example.org"),
        context,
    )]);
    assert_eq!(touched.accounts, ids([ADA]));
    let members = TouchedMembers::These(ids([ADA]));
    assert_eq!(touched.teams[&TeamId::new(TEAM)], members);
}

#[test]
fn a_teams_members_are_all_read_again_when_nobody_is_named() {
    let touched = clear(&[entry("people_left", (TEAM, "Design"), json!({}))]);
    assert_eq!(touched.teams[&TeamId::new(TEAM)], TouchedMembers::All);
    let renamed = clear(&[entry("team_updated", (TEAM, "Design"), json!({}))]);
    let nobody = TouchedMembers::These(BTreeSet::new());
    assert_eq!(renamed.teams[&TeamId::new(TEAM)], nobody);
}

#[test]
fn somebody_new_is_read_by_id_and_address() {
    let added = entry(
        "user_added_to_organization",
        (NEW, "new@example.org"),
        json!({}),
    );
    let touched = clear(&[added]);
    assert_eq!(touched.accounts, ids([NEW]));
    assert!(touched.addresses.contains("new@example.org"));
}

#[test]
fn a_new_team_and_a_new_user_group_are_told_apart_by_the_events_name() {
    let team = entry("team_created", (NEW, "Sales"), json!({}));
    assert!(clear(&[team]).teams.contains_key(&TeamId::new(NEW)));
    let group = entry("user_group_created", (NEW, "Sales"), json!({}));
    assert!(
        clear(&[group])
            .user_groups
            .contains_key(&UserGroupId::new(NEW))
    );
}

#[test]
fn details_that_miro_prints_as_text_are_searched_for_ids() {
    let text = format!("{{\"userId\": \"{ADA}\"}}");
    let touched = clear(&[entry(
        "something_new",
        (GROUP, "Makers"),
        json!({"details": text}),
    )]);
    assert_eq!(touched.accounts, ids([ADA]));
    let members = TouchedMembers::These(ids([ADA]));
    assert_eq!(touched.user_groups[&UserGroupId::new(GROUP)], members);
}

#[test]
fn signing_in_and_boards_touch_nobody() {
    let signed_in = entry("sign_in_succeeded", (ADA, "ada@example.org"), json!({}));
    let board = entry("board_opened", ("uXjVO=", "Plan"), json!({"userId": ADA}));
    assert!(clear(&[signed_in, board]).is_empty());
}

#[test]
fn a_profile_is_no_file() {
    let changed = entry("user_profile_updated", (ADA, "ada@example.org"), json!({}));
    assert_eq!(clear(&[changed]).accounts, ids([ADA]));
}

#[test]
fn settings_of_the_organization_touch_nobody() {
    let settings = entry("sso_changed", (ORGANIZATION, "Contoso"), json!({}));
    assert!(clear(&[settings]).is_empty());
}

#[test]
fn an_entry_that_names_nothing_known_is_unclear() {
    let event = "department_dissolved".to_owned();
    let odd = entry(&event, ("17", "Sales"), json!({"n": 3}));
    let fine = entry("user_deactivated", (ADA, "ada@example.org"), json!({}));
    assert_eq!(read(&[fine, odd]), FeedReading::Unclear { event });
}

#[test]
fn somebody_unknown_is_read_again_although_somebody_known_is_mentioned() {
    let details = json!({"invitedBy": BOB});
    let added = entry("organization_user_added", (NEW, "New Person"), details);
    let FeedReading::Clear(touched) = read(&[added]) else {
        panic!("unclear")
    };
    assert!(touched.accounts.contains(&AccountId::new(NEW)));
}

#[test]
fn an_unknown_object_of_no_known_kind_is_unclear_although_somebody_known_is_mentioned() {
    let details = json!({"by": BOB});
    let odd = entry("something_happened", (NEW, "Something"), details);
    assert!(matches!(read(&[odd]), FeedReading::Unclear { .. }));
}
