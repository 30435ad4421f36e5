use super::*;
use crate::switches::GroupModel;
use crate::world::{License, TeamRole};

const ACME: &str = "
organization: { name: Acme, seats: 2, allowed_domains: [acme.com] }
switches: { group_model: user_group, emails_type: on }
users:
  - { email: jane@acme.com, name: Jane Doe, role: admin, department: Art }
  - { email: bob@acme.com, license: Free Restricted, idle_days: 120, manager: jane@acme.com }
  - { email: eve@out.org, role: external }
teams:
  - { name: Everyone, admins: [jane@acme.com] }
  - { name: Design, admins: [bob@acme.com], members: [jane@acme.com], guests: [eve@out.org], boards: { bob@acme.com: 2 } }
groups:
  - { name: Auditors, members: [bob@acme.com], teams: [Design] }
";

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn refused(text: &str) -> String {
    read(text, &Switches::default(), now())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_described_organization_is_as_described() {
    let world = read(ACME, &Switches::default(), now()).unwrap();
    assert_eq!(world.switches.group_model, GroupModel::UserGroup);
    assert!(world.switches.emails_type.is_on());
    let bob = world.find_user_by_email("BOB@acme.com").unwrap();
    let jane = world.find_user_by_email("jane@acme.com").unwrap();
    assert_eq!(world.user(bob).license, License::FreeRestricted);
    let manager = world
        .user(bob)
        .enterprise
        .as_ref()
        .and_then(|data| data.manager);
    assert_eq!(manager, Some(world.user(jane).id));
    assert_eq!(world.team(world.default_team()).members().len(), 2);
    let design = world.teams_after(0).nth(1).unwrap();
    assert_eq!(
        world.team(design).membership(bob).unwrap().role,
        TeamRole::Admin
    );
    assert_eq!(world.user(bob).boards().len(), 2);
    let group = world.find_group_by_name("auditors").unwrap();
    assert_eq!(world.group(group).teams(), [design]);
    assert_eq!((world.seats_taken(), world.seats_left()), (1, Some(1)));
    assert_eq!(world.broken_promise(), None);
}

#[test]
fn the_documents_example_is_an_organization() {
    let page = include_str!("../../../../docs/sandbox.md");
    let (_, example) = page.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let world = read(example, &Switches::default(), now()).unwrap();
    assert_eq!(world.scim_user_count(), 3);
    assert_eq!(world.broken_promise(), None);
}

#[test]
fn what_was_written_reads_back_the_same() {
    let world = read(ACME, &Switches::default(), now()).unwrap();
    let text = write(&world, now()).unwrap();
    let again = read(&text, &Switches::default(), now()).unwrap();
    assert_eq!(write(&again, now()).unwrap(), text);
    assert_eq!(again.organization, world.organization);
    assert_eq!(again.switches, world.switches);
    assert_eq!(again.to_parts().users, world.to_parts().users);
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let with = |users: &str, teams: &str| refused(&format!("users: [{users}]\nteams: [{teams}]"));
    let jane = "{ email: jane@acme.com, role: admin }";
    let everyone = "{ name: Everyone, admins: [jane@acme.com] }";
    assert!(with("{ email: jane }", everyone).starts_with("users[0].email: "));
    let twice = format!("{jane}, {{ email: JANE@acme.com }}");
    assert!(with(&twice, everyone).starts_with("users[1].email: users[0] has the same"));
    let nobody = format!("{everyone}, {{ name: X, members: [bob@acme.com] }}");
    assert_eq!(
        with(jane, &nobody),
        "teams[1].members[0]: there is no user 'bob@acme.com'"
    );
    assert_eq!(
        with(jane, ""),
        "teams: an organization has at least one team, the default team"
    );
    assert!(with("{ email: jane@acme.com }", everyone).contains("the organization has no admin"));
    let headless = format!("{everyone}, {{ name: X, members: [jane@acme.com] }}");
    assert!(with(jane, &headless).contains("has members and no admin"));
    assert!(
        refused("switches: { group_modell: team }").contains("there is no switch `group_modell`")
    );
    assert!(refused("user: []").contains("user"));
}
