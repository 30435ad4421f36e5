//! The rules of the planner, one by one.

use proptest::prelude::{ProptestConfig, proptest};
use usher_model::{
    AccountStatus, AdminRole, AssignmentTarget, Completeness, HoldKind, HoldSubject, Known,
    License, LinkOrigin, OrganizationRole, PersonId, PersonStatus, SourceName, TeamRole,
};
use usher_plan::{
    Action, ActionKind, Consequence, Drift, DriftOutcome, DriftPolicy, FirstCycle, Guard,
    MappingSource, MatchingProperty, PlanError, ProtectedAccount, Reason, TargetAttribute,
    UnmanagedPolicy, Urgency, WhenEmpty, plan,
};

use crate::build::{World, application, days_ago, member, now, only, request, team_target, words};

fn admin() -> Known<OrganizationRole> {
    Known::Known(OrganizationRole::InternalAdmin)
}

// Trust

#[test]
fn an_organization_that_was_never_read_or_is_not_believed_gets_no_plan() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    let mut suspect = world.clone();
    suspect.inventory.snapshot.as_mut().unwrap().verdict = Completeness::Suspect {
        reasons: Vec::new(),
    };
    world.inventory.snapshot = None;
    for world in [world, suspect] {
        let (plan, report) = world.plan();
        assert!(plan.is_empty());
        assert_eq!(report.blocked[0].what, "everything");
    }
}

#[test]
fn an_old_inventory_gives_and_takes_nothing_away() {
    let mut world = World::new();
    world.person("new");
    world.assign_person("new", application());
    world.employee("ada", "10").status = PersonStatus::Gone;
    world.inventory.snapshot.as_mut().unwrap().confirmed_at = days_ago(2);
    let (plan, report) = world.plan();
    assert_eq!(
        plan.changes.iter().map(words).collect::<Vec<_>>(),
        ["create new@x.org"]
    );
    assert_eq!(report.blocked[0].what, "removals");
}

#[test]
fn nobody_is_taken_for_gone_while_a_source_is_not_believed() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Gone;
    world.employee("ben", "11").status = PersonStatus::Disabled;
    world.desired.suspect_sources.push(SourceName::new("ldap"));
    let (plan, report) = world.plan();
    assert_eq!(
        plan.changes.iter().map(words).collect::<Vec<_>>(),
        ["disable ben@x.org"]
    );
    assert_eq!(report.skipped[0].label, "ada@x.org");
}

#[test]
fn what_nobody_could_see_is_sent_once_and_never_cleared() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.account_named("10").display_name = Known::Unknown;
    world.account_named("10").enterprise = Known::Unknown;
    for mapping in &mut world.settings.user_mapping {
        if mapping.target == TargetAttribute::Department {
            mapping.when_empty = WhenEmpty::Clear;
        }
    }
    assert_eq!(world.changes(), ["update ada@x.org displayName=ada"]);
    assert!(world.applied().changes().is_empty());
}

// Linking

#[test]
fn an_ambiguous_match_is_an_error_and_not_a_guess() {
    let mut world = World::new();
    world
        .person("ada")
        .attributes
        .set_text("displayName", "Ann");
    world.assign_person("ada", application());
    world.account("10", "a1@x.org").display_name = Known::Known("ann".to_owned());
    world.account("11", "a2@x.org").display_name = Known::Known("Ann".to_owned());
    world.settings.unmanaged = UnmanagedPolicy::Disable;
    world.settings.matching.push(by_name());
    let (plan, report) = world.plan();
    assert!(plan.is_empty(), "{plan:?}");
    let why = &report.skipped[0].why;
    assert!(
        why.contains("2 accounts have the same displayName"),
        "{why}"
    );
}

fn by_name() -> MatchingProperty {
    MatchingProperty {
        target: TargetAttribute::DisplayName,
        source: MappingSource::Direct("displayName".into()),
    }
}

#[test]
fn two_people_who_want_one_account_both_go_without() {
    let mut world = World::new();
    for name in ["ada", "ben"] {
        world
            .person(name)
            .attributes
            .set_text("email", "team@x.org");
        world.assign_person(name, application());
    }
    world.account("10", "team@x.org");
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert_eq!(report.skipped.len(), 2);
}

#[test]
fn the_first_matching_property_with_a_hit_decides() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    world.account("10", "ada@x.org").display_name = Known::Known("other".to_owned());
    world.account("11", "other@x.org").display_name = Known::Known("ada".to_owned());
    world.settings.matching.push(by_name());
    let (plan, _) = world.plan();
    let Action::LinkAccount { account, by, .. } = &plan.changes[0].action else {
        panic!("{plan:?}");
    };
    assert_eq!((account.as_str(), *by), ("10", TargetAttribute::UserName));
}

#[test]
fn a_pinned_link_wins_over_matching_and_other_links() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    world.account("10", "ada@x.org");
    world.account("11", "pinned@x.org").display_name = Known::Known("ada".to_owned());
    world.link("ada", "10");
    world.link("ada", "11").how = LinkOrigin::Pinned;
    assert_eq!(world.changes(), Vec::<String>::new());
    let (_, report) = world.plan();
    assert!(
        report.skipped[0].why.contains("cannot become ada@x.org"),
        "{report:?}"
    );
}

#[test]
fn a_guest_is_neither_adopted_nor_created_again() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    world.assign_person("ada", team_target("901", TeamRole::Member));
    world.team("901", "Design", &[]);
    world.account("10", "ada@x.org").role = Known::Known(OrganizationRole::TeamGuestUser);
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert!(report.skipped[0].why.contains("guest"), "{report:?}");
}

#[test]
fn an_account_that_is_gone_is_created_again_and_says_so() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    world.link("ada", "10");
    let (plan, _) = world.plan();
    let change = only(&plan, ActionKind::Create);
    assert!(change.consequences.contains(&Consequence::Reactivates));
}

// Attributes

#[test]
fn given_and_family_name_are_never_compared() {
    let mut world = World::new();
    let person = world.employee("ada", "10");
    person.attributes.set_text("givenName", "Ada");
    person.attributes.set_text("familyName", "Lovelace");
    assert!(world.changes().is_empty());
}

#[test]
fn an_address_changes_by_rename_alone_and_not_for_its_letter_case() {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("email", "ADA@x.org");
    assert!(world.changes().is_empty());
    world
        .person_named("ada")
        .attributes
        .set_text("email", "ada.l@x.org");
    let (plan, _) = world.plan();
    let change = only(&plan, ActionKind::Rename);
    assert!(
        change
            .consequences
            .contains(&Consequence::MailsOldAndNewAddress)
    );
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn an_address_that_becomes_free_is_taken_afterwards() {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("email", "ben@x.org");
    world
        .employee("ben", "11")
        .attributes
        .set_text("email", "cid@x.org");
    world
        .person("new")
        .attributes
        .set_text("email", "ada@x.org");
    world.assign_person("new", application());
    let (plan, _) = world.plan();
    let lines: Vec<String> = plan.changes.iter().map(words).collect();
    assert_eq!(
        lines,
        [
            "rename ben@x.org -> cid@x.org",
            "rename ada@x.org -> ben@x.org",
            "create ada@x.org"
        ]
    );
    assert!(world.applied().changes().is_empty());
}

#[test]
fn an_address_that_several_accounts_have_is_taken_when_all_have_given_it_up() {
    let mut world = World::new();
    for (name, id) in [("ada", "10"), ("ben", "11")] {
        world.employee(name, id);
        world.account_named(id).email = usher_model::Email::new("shared@x.org");
    }
    world
        .person("new")
        .attributes
        .set_text("email", "shared@x.org");
    world.assign_person("new", application());
    let (plan, _) = world.plan();
    let lines: Vec<String> = plan.changes.iter().map(words).collect();
    assert_eq!(
        lines,
        [
            "rename shared@x.org -> ada@x.org",
            "rename shared@x.org -> ben@x.org",
            "create shared@x.org"
        ]
    );
    assert_eq!(plan.changes[2].after, [1, 2]);
    assert!(world.applied().changes().is_empty());
}

#[test]
fn a_manager_is_the_number_of_an_account_or_left_out() {
    let mut world = World::new();
    world.employee("ada", "10").manager = Some(PersonId::new("boss"));
    world.person("boss");
    assert!(
        world
            .changes()
            .iter()
            .all(|change| !change.contains("manager.value"))
    );
    world.assign_person("boss", application());
    world
        .person_named("boss")
        .attributes
        .set_text("displayName", "boss");
    let changes = world.changes();
    assert!(
        changes
            .iter()
            .any(|change| change.contains("manager.value=1")),
        "{changes:?}"
    );
    assert!(world.applied().changes().is_empty());
}

#[test]
fn a_manager_who_gets_an_account_is_linked_by_the_next_plan() {
    let mut world = World::new();
    world.employee("ada", "10").manager = Some(PersonId::new("ben"));
    world.link_of("ada").sent.insert(
        TargetAttribute::ManagerDisplayName.path().to_owned(),
        "ben".to_owned(),
    );
    world.person("ben");
    world.assign_person("ben", application());
    assert_eq!(world.changes(), ["create ben@x.org"]);
    let after = world.applied();
    assert_eq!(after.changes().len(), 1);
    assert!(after.changes()[0].contains("manager.value="));
    assert!(after.applied().changes().is_empty());
}

fn drifted(policy: DriftPolicy) -> (Vec<String>, Vec<Drift>) {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("department", "Art");
    if let Known::Known(enterprise) = &mut world.account_named("10").enterprise {
        enterprise.department = Some("Law".to_owned());
    }
    let path = TargetAttribute::Department.path().to_owned();
    world.link_of("ada").sent.insert(path, "Art".to_owned());
    world
        .settings
        .drift
        .insert(TargetAttribute::Department, policy);
    (world.changes(), world.plan().1.drift)
}

#[test]
fn a_drift_is_corrected_reported_or_adopted_as_the_policy_says() {
    for (policy, changes, outcome) in [
        (DriftPolicy::Correct, 1, DriftOutcome::Corrected),
        (DriftPolicy::Report, 0, DriftOutcome::Reported),
        (DriftPolicy::Adopt, 0, DriftOutcome::Adopted),
    ] {
        let (made, drift) = drifted(policy);
        assert_eq!(made.len(), changes, "{made:?}");
        assert_eq!(drift[0].outcome, outcome);
    }
}

#[test]
fn what_was_never_sent_is_aligned_whatever_the_drift_policy_says() {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("department", "Art");
    world
        .settings
        .drift
        .insert(TargetAttribute::Department, DriftPolicy::Adopt);
    assert_eq!(world.changes(), ["update ada@x.org department=Art"]);
}

// Licences

#[test]
fn a_licence_only_rises_and_lowering_it_is_somebodys_task() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.account_named("10").license = Known::Known(License::Full);
    let license = License::FreeRestricted;
    world.assign_person("ada", AssignmentTarget::License { license });
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert_eq!(report.manual[0].label, "ada@x.org");
}

#[test]
fn seats_are_counted_down_over_the_plan() {
    let mut world = World::new();
    world.inventory.organization.full_licenses_purchased = Known::Known(1);
    for (name, id) in [("ada", "10"), ("ben", "11")] {
        world.employee(name, id);
        let license = License::Full;
        world.assign_person(name, AssignmentTarget::License { license });
    }
    let (plan, _) = world.plan();
    let license = License::Full;
    let taken = Consequence::LicenseTaken {
        license,
        seats_left: Some(0),
    };
    assert_eq!(plan.changes[0].consequences, [taken]);
    assert_eq!(plan.changes[1].consequences, [Consequence::NoSeatLeft]);
}

#[test]
fn a_licence_is_sent_at_creation_only_if_an_assignment_asks() {
    let mut world = World::new();
    world.person("ada");
    let license = License::Full;
    world.assign_person("ada", AssignmentTarget::License { license });
    let (plan, _) = world.plan();
    let Action::CreateAccount { attributes, .. } = &plan.changes[0].action else {
        panic!("{plan:?}");
    };
    assert!(attributes.contains_key(&TargetAttribute::UserType));
    assert!(!plan.is_held(), "{:?}", plan.guards);
}

// Leavers, holds, unmanaged accounts

#[test]
fn a_leaving_company_admin_is_demoted_first() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Gone;
    world.account_named("10").role = admin();
    world.account_named("10").license = Known::Known(License::Full);
    let (plan, _) = world.plan();
    let kinds: Vec<ActionKind> = plan
        .changes
        .iter()
        .map(|change| change.action.kind())
        .collect();
    assert_eq!(kinds, [ActionKind::Role, ActionKind::Disable]);
    assert_eq!(plan.changes[1].after, [1]);
    assert_eq!(plan.changes[1].urgency, Urgency::Urgent);
    let license = License::Full;
    let freed = Consequence::LicenseFreed { license };
    assert!(plan.changes[1].consequences.contains(&freed));
}

#[test]
fn a_hold_disables_and_nothing_enables_again() {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("department", "Art");
    world.hold(
        HoldSubject::Person(PersonId::new("ada")),
        HoldKind::KeepDisabled,
    );
    let (plan, _) = world.plan();
    assert_eq!(plan.changes.len(), 1);
    let change = only(&plan, ActionKind::Disable);
    assert!(matches!(change.reasons[0], Reason::Held { .. }));
    let after = world.applied();
    assert!(after.changes().is_empty());
    assert_eq!(
        after.desired.links[0].disabled_at, None,
        "no grace runs for a hold"
    );
    let mut released = after;
    released.desired.holds[0].expires_at = Some(now());
    assert_eq!(released.changes()[0], "enable ada@x.org");
}

#[test]
fn somebody_who_is_to_be_left_alone_is_so_on_an_account_that_others_claim_too() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.person("dot");
    world.link("dot", "10");
    world.hold(HoldSubject::Account("10".into()), HoldKind::KeepDisabled);
    assert_eq!(world.changes(), ["disable ada@x.org"]);
    let mut left_alone = world.clone();
    left_alone.hold(
        HoldSubject::Person(PersonId::new("dot")),
        HoldKind::LeaveAlone,
    );
    assert!(left_alone.changes().is_empty());
    left_alone.desired.links[0].how = LinkOrigin::Pinned;
    assert_eq!(
        left_alone.changes(),
        ["disable ada@x.org"],
        "a pinned tie says whose account it is"
    );
}

#[test]
fn a_hold_on_a_person_without_account_creates_none() {
    let mut world = World::new();
    world.person("ada");
    world.assign_person("ada", application());
    world.hold(
        HoldSubject::Person(PersonId::new("ada")),
        HoldKind::KeepDisabled,
    );
    assert!(world.changes().is_empty());
}

#[test]
fn protected_accounts_and_those_to_be_left_alone_are_never_touched() {
    let mut world = World::new();
    for (name, id) in [("ada", "10"), ("ben", "11"), ("cid", "12")] {
        world.employee(name, id).status = PersonStatus::Gone;
    }
    world.hold(HoldSubject::Account("10".into()), HoldKind::LeaveAlone);
    world.hold(HoldSubject::Account("10".into()), HoldKind::KeepDisabled);
    let protected = &mut world.settings.guards.protected;
    protected.push(ProtectedAccount::Id("11".into()));
    protected.push(ProtectedAccount::Email(usher_model::Email::new(
        "CID@x.org",
    )));
    let (plan, report) = world.plan();
    assert!(plan.is_empty(), "{plan:?}");
    assert!(report.skipped.len() >= 3);
}

#[test]
fn unmanaged_accounts_are_listed_or_disabled_but_never_guests_or_company_admins() {
    let mut world = World::new();
    world.account("10", "who@x.org");
    world.account("11", "guest@y.org").role = Known::Known(OrganizationRole::TeamGuestUser);
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert_eq!(report.unmanaged.len(), 3);
    world.settings.unmanaged = UnmanagedPolicy::Disable;
    let (plan, report) = world.plan();
    assert_eq!(
        plan.changes.iter().map(words).collect::<Vec<_>>(),
        ["disable who@x.org"]
    );
    assert_eq!(plan.changes[0].reasons, [Reason::Unmanaged]);
    assert_eq!(report.unmanaged.len(), 2);
}

// Last admins

#[test]
fn the_last_company_admin_stays_and_the_report_says_what_to_do() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Gone;
    world.account_named("10").role = admin();
    world.account_named("1").role = Known::Known(OrganizationRole::InternalUser);
    let (plan, report) = world.plan();
    assert!(plan.is_empty());
    assert_eq!(report.skipped[0].step, "last admins");
    assert!(report.skipped[0].remedy.contains("company admin"));
}

#[test]
fn of_two_last_admins_who_leave_together_one_stays() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Gone;
    world.employee("ben", "11").status = PersonStatus::Gone;
    world.employee("cid", "12");
    let members = [
        ("10", TeamRole::Admin),
        ("11", TeamRole::Admin),
        ("12", TeamRole::Member),
    ];
    world.team("901", "Design", &members);
    let (plan, report) = world.plan();
    assert_eq!(
        plan.changes.iter().map(words).collect::<Vec<_>>(),
        ["disable ben@x.org"]
    );
    assert!(report.skipped[0].remedy.contains("cid@x.org"), "{report:?}");
    assert!(world.applied().changes().is_empty());
}

#[test]
fn a_last_admin_leaves_after_somebody_else_was_made_one() {
    let mut world = World::new();
    world.employee("ada", "10").status = PersonStatus::Gone;
    world.employee("ben", "11");
    world.team(
        "901",
        "Design",
        &[("10", TeamRole::Admin), ("11", TeamRole::Member)],
    );
    world.assign_person("ben", team_target("901", TeamRole::Admin));
    let (plan, _) = world.plan();
    let (role, disable) = (
        only(&plan, ActionKind::TeamRole),
        only(&plan, ActionKind::Disable),
    );
    assert!(disable.after.contains(&role.number));
    let (alone, report) = world.plan_for(&["ada"]);
    assert!(alone.is_empty(), "{alone:?}");
    assert_eq!(report.skipped[0].step, "chosen people");
}

// Guards

#[test]
fn over_a_guard_a_plan_is_held_whole() {
    let mut world = World::new();
    for at in 0..7 {
        world
            .employee(&format!("p{at}"), &format!("{}", 10 + at))
            .status = PersonStatus::Gone;
    }
    let (plan, _) = world.plan();
    assert_eq!(plan.changes.len(), 7);
    let verdict = &plan.guards[0];
    assert_eq!((verdict.guard, verdict.tripped), (Guard::MassRemoval, true));
    assert_eq!(
        (verdict.counted, verdict.allowed, verdict.changes.len()),
        (7, 5, 7)
    );
    world.settings.guards.disables.at_least = 7;
    assert!(!world.plan().0.is_held());
    world.desired.recent.disables_and_revokes = 1;
    let held = world.plan().0;
    let tripped: Vec<Guard> = held
        .guards
        .iter()
        .filter(|verdict| verdict.tripped)
        .map(|verdict| verdict.guard)
        .collect();
    assert_eq!(tripped, [Guard::RollingRemoval]);
}

#[test]
fn admin_grants_deletions_and_first_cycles_are_always_held() {
    let mut world = World::new();
    world.employee("ada", "10");
    let role = OrganizationRole::InternalAdmin;
    world.assign_person("ada", AssignmentTarget::Role { role });
    world.employee("ben", "11").status = PersonStatus::Gone;
    world.account_named("11").status = AccountStatus::Deactivated;
    world.link_of("ben").disabled_at = Some(days_ago(31));
    world.settings.deprovision.delete_after_days = Some(30);
    world.allow_everything();
    world.desired.first_cycle = FirstCycle::Pending;
    let (plan, _) = world.plan();
    let tripped: Vec<Guard> = plan
        .guards
        .iter()
        .filter(|verdict| verdict.tripped)
        .map(|verdict| verdict.guard)
        .collect();
    assert_eq!(
        tripped,
        [Guard::Deletion, Guard::AdminGrant, Guard::FirstCycle]
    );
}

#[test]
fn a_team_that_would_lose_more_than_its_share_holds_the_plan() {
    let mut world = World::new();
    let ids: Vec<String> = (10..15).map(|id| id.to_string()).collect();
    for (at, id) in ids.iter().enumerate() {
        world.employee(&format!("p{at}"), id);
    }
    let members: Vec<(&str, TeamRole)> = ids
        .iter()
        .map(|id| (id.as_str(), TeamRole::Member))
        .collect();
    world.team("901", "Design", &members);
    world.given("10", "team:901:member");
    let shrink = |world: &World| world.plan().0.guards[6].clone();
    assert_eq!(
        (shrink(&world).counted, shrink(&world).tripped),
        (20, false)
    );
    world.given("11", "team:901:member");
    let verdict = shrink(&world);
    assert_eq!(
        (verdict.guard, verdict.counted, verdict.tripped),
        (Guard::GroupShrink, 40, true)
    );
}

// Plans as such

#[test]
fn the_key_of_a_change_does_not_depend_on_the_plan_it_is_in() {
    let mut world = World::new();
    world
        .employee("ada", "10")
        .attributes
        .set_text("department", "Art");
    let key = |world: &World| {
        let (plan, _) = world.plan();
        let found = plan
            .changes
            .iter()
            .find(|change| change.label == "ada@x.org");
        found.unwrap().key.clone()
    };
    let first = key(&world);
    world.person("aaa");
    world.assign_person("aaa", application());
    assert_eq!(key(&world), first);
    world
        .person_named("ada")
        .attributes
        .set_text("department", "Law");
    assert_ne!(key(&world), first);
}

#[test]
fn the_same_thing_from_several_assignments_is_one_change_with_all_reasons() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.team("901", "Design", &[]);
    world.group("g1", "Any", &[member("ada")]);
    world.assign_person("ada", team_target("901", TeamRole::Member));
    world.assign_group("g1", team_target("901", TeamRole::Member));
    let (plan, _) = world.plan();
    assert_eq!(only(&plan, ActionKind::AddToTeam).reasons.len(), 2);
}

#[test]
fn settings_that_do_not_compile_give_no_plan_but_the_place() {
    let mut world = World::new();
    world.settings.user_mapping[1].source = MappingSource::Expression("person.".to_owned());
    let request = request(Vec::new());
    let error: PlanError =
        plan(&world.inventory, &world.desired, &world.settings, &request).unwrap_err();
    assert!(
        error.problems[0].starts_with("user_mapping[1] displayName"),
        "{error}"
    );
}

#[test]
fn an_admin_role_that_usher_did_not_give_stays() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.account_named("10").admin_roles = Known::Known(vec![AdminRole {
        kind: Known::Unknown,
        name: "Content Admin".to_owned(),
    }]);
    assert!(world.changes().is_empty());
    world.given("10", "admin_role:Content Admin");
    assert_eq!(world.changes(), ["admin role ada@x.org -Content Admin"]);
}

#[test]
fn a_company_admin_whom_usher_did_not_make_one_stays_one() {
    let mut world = World::new();
    world.employee("ada", "10");
    world.account_named("10").role = admin();
    assert!(world.changes().is_empty());
    world.given("10", "role:organization_internal_admin");
    assert_eq!(
        world.changes(),
        ["role ada@x.org organization_internal_user"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_plan_reads_back_from_json(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let world = crate::worlds::world(&bytes);
        let (made, report) = plan(&world.inventory, &world.desired, &world.settings, &request(Vec::new())).unwrap();
        let text = serde_json::to_string(&(&made, &report)).unwrap();
        assert_eq!(serde_json::from_str::<(usher_plan::Plan, usher_plan::Report)>(&text).unwrap(), (made, report));
    }
}
