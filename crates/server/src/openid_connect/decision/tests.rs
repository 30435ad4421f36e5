//! Who may come in, and as what.

use jiff::Timestamp;
use proptest::prelude::*;

use super::super::claims::Mailbox;
use super::super::issuer::Issuer;
use super::super::settings::{ClaimNames, ProviderName, RoleRule, UnknownPeople};
use super::*;

fn settings(rules: &[(&str, Role)], default_role: Option<Role>) -> OpenIdConnectSettings {
    let rule = |(group, role): &(&str, Role)| RoleRule {
        group: (*group).to_owned(),
        role: *role,
    };
    OpenIdConnectSettings {
        name: ProviderName::parse("sso").unwrap(),
        title: "SSO".to_owned(),
        issuer: Issuer::parse("https://id.example.org").unwrap(),
        client_id: "usher".to_owned(),
        client_secret: None,
        scopes: Vec::new(),
        claims: ClaimNames::default(),
        roles: rules.iter().map(rule).collect(),
        default_role,
        domains: Vec::new(),
        unknown_people: UnknownPeople::Refuse,
        second_factor: SecondFactor::Usher,
        ca_file: None,
        timeout: std::time::Duration::from_secs(1),
    }
}

fn in_groups(groups: &[&str]) -> Person {
    Person {
        groups: Groups::Listed(groups.iter().map(|one| (*one).to_owned()).collect()),
        ..Person::default()
    }
}

fn administrator(role: Role) -> AdministratorRecord {
    AdministratorRecord {
        id: "1".into(),
        kind: AdministratorKind::Person,
        name: "Ada".to_owned(),
        email: Some("ada@example.org".to_owned()),
        role,
        state: AdministratorState::Active,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
        signed_in_at: None,
        has_password: false,
        has_second_factor: false,
    }
}

#[test]
fn the_highest_of_several_roles_counts() {
    let settings = settings(
        &[
            ("staff", Role::Member),
            ("root", Role::SuperAdministrator),
            ("audit", Role::Auditor),
        ],
        None,
    );
    let role = |groups: &[&str]| mapped(&settings, &in_groups(groups));
    assert_eq!(role(&["staff", "audit"]), Ok(Mapped::Role(Role::Auditor)));
    assert_eq!(
        role(&["audit", "root"]),
        Ok(Mapped::Role(Role::SuperAdministrator))
    );
    assert_eq!(role(&["Root"]), Err(Refusal::NoGroup));
}

#[test]
fn whoever_is_in_no_group_is_refused_unless_there_is_a_default_role() {
    let rules = [("root", Role::SuperAdministrator)];
    assert_eq!(
        mapped(&settings(&rules, None), &in_groups(&[])),
        Err(Refusal::NoGroup)
    );
    let unsaid = mapped(&settings(&rules, None), &Person::default());
    assert!(
        matches!(unsaid, Err(Refusal::GroupsUnsaid { .. })),
        "{unsaid:?}"
    );
    let with_default = settings(&rules, Some(Role::Member));
    assert_eq!(
        mapped(&with_default, &Person::default()),
        Ok(Mapped::Role(Role::Member))
    );
}

#[test]
fn groups_that_were_left_out_are_no_reason_for_the_default_role() {
    let person = Person {
        groups: Groups::Elsewhere,
        ..Person::default()
    };
    let settings = settings(&[("root", Role::SuperAdministrator)], Some(Role::Member));
    assert_eq!(mapped(&settings, &person), Err(Refusal::TooManyGroups));
}

#[test]
fn without_rules_roles_are_ushers_own_matter() {
    let own = mapped(&settings(&[], Some(Role::Member)), &in_groups(&["root"]));
    assert_eq!(
        own,
        Ok(Mapped::Own {
            at_first: Some(Role::Member)
        })
    );
    let kept = role_of(&administrator(Role::Auditor), own, IsLast::No);
    assert_eq!(kept, Ok(Role::Auditor));
}

#[test]
fn no_claim_takes_the_last_super_administrator_away_or_locks_them_out() {
    let last = administrator(Role::SuperAdministrator);
    for claimed in [Ok(Mapped::Role(Role::Member)), Err(Refusal::NoGroup)] {
        let kept = role_of(&last, claimed.clone(), IsLast::Yes);
        assert_eq!(kept, Ok(Role::SuperAdministrator));
        let followed = role_of(&last, claimed.clone(), IsLast::No);
        assert_ne!(followed, Ok(Role::SuperAdministrator));
    }
}

#[test]
fn whoever_is_disabled_stays_out_whatever_is_claimed() {
    let disabled = AdministratorRecord {
        state: AdministratorState::Disabled,
        ..administrator(Role::Auditor)
    };
    let robot = AdministratorRecord {
        kind: AdministratorKind::ServiceAccount,
        ..administrator(Role::Auditor)
    };
    for record in [disabled, robot] {
        let claimed = Ok(Mapped::Role(Role::SuperAdministrator));
        assert_eq!(
            role_of(&record, claimed, IsLast::No),
            Err(Refusal::Disabled)
        );
    }
}

#[test]
fn only_verified_addresses_of_allowed_domains_are_let_in() {
    let settings = OpenIdConnectSettings {
        domains: vec!["example.org".to_owned()],
        ..settings(&[], None)
    };
    let with = |address: &str, is_verified| Person {
        email: Some(Mailbox {
            address: address.to_owned(),
            is_verified,
        }),
        ..Person::default()
    };
    assert_eq!(
        check_domain(&settings, &with("ada@Example.org", true)),
        Ok(())
    );
    assert_eq!(
        check_domain(&settings, &with("ada@example.org", false)),
        Err(Refusal::EmailNotVerified)
    );
    for address in [
        "ada@evil.example",
        "ada@sub.example.org",
        "ada@example.org.evil.example",
        "x@example.org@evil.example",
    ] {
        let refused = check_domain(&settings, &with(address, true));
        assert!(
            matches!(refused, Err(Refusal::Domain { .. })),
            "{address}: {refused:?}"
        );
    }
    assert_eq!(
        check_domain(&settings, &Person::default()),
        Err(Refusal::NoEmail)
    );
}

#[test]
fn whose_second_factor_counts_is_a_setting() {
    let (with, without) = (
        AdministratorRecord {
            has_second_factor: true,
            ..administrator(Role::Auditor)
        },
        administrator(Role::Auditor),
    );
    let by_claims = SecondFactor::Claims(vec!["mfa".to_owned()]);
    let shown = Person {
        methods: vec!["pwd".to_owned(), "mfa".to_owned()],
        ..Person::default()
    };
    let bare = Person {
        methods: vec!["pwd".to_owned()],
        ..Person::default()
    };
    for (second_factor, person, administrator, expected) in [
        (SecondFactor::Usher, &shown, &with, Ok(Asked::Code)),
        (SecondFactor::Usher, &bare, &without, Ok(Asked::Nothing)),
        (SecondFactor::Provider, &bare, &with, Ok(Asked::Nothing)),
        (by_claims.clone(), &shown, &with, Ok(Asked::Nothing)),
        (by_claims.clone(), &shown, &without, Ok(Asked::Nothing)),
        (by_claims.clone(), &bare, &with, Ok(Asked::Code)),
        (by_claims, &bare, &without, Err(Refusal::NoSecondFactor)),
    ] {
        let settings = OpenIdConnectSettings {
            second_factor,
            ..settings(&[], None)
        };
        let found = asked(&settings, person, administrator);
        assert_eq!(
            found, expected,
            "{:?} {:?}",
            settings.second_factor, person.methods
        );
    }
}

fn any_role() -> impl Strategy<Value = Role> {
    (0..Role::ALL.len()).prop_map(|at| Role::ALL[at])
}

proptest! {
    /// A role that comes from groups is the default one, or one that a group of theirs means, and none of these is higher.
    #[test]
    fn a_role_is_never_higher_than_what_a_group_of_theirs_means(
        rules in prop::collection::vec(("[a-d]", any_role()), 1..6),
        groups in prop::collection::vec("[a-e]", 0..4),
        default_role in prop::option::of(any_role()),
    ) {
        let named: Vec<(&str, Role)> = rules.iter().map(|(group, role)| (group.as_str(), *role)).collect();
        let listed: Vec<&str> = groups.iter().map(String::as_str).collect();
        let meant: Vec<Role> = rules.iter().filter(|(group, _)| groups.contains(group)).map(|(_, role)| *role).collect();
        match mapped(&settings(&named, default_role), &in_groups(&listed)) {
            Ok(Mapped::Role(role)) if meant.is_empty() => prop_assert_eq!(Some(role), default_role),
            Ok(Mapped::Role(role)) => {
                prop_assert!(meant.contains(&role));
                prop_assert!(meant.iter().all(|other| *other >= role));
            }
            Ok(Mapped::Own { .. }) => prop_assert!(false, "there are rules"),
            Err(refusal) => {
                prop_assert_eq!(refusal, Refusal::NoGroup);
                prop_assert!(meant.is_empty() && default_role.is_none());
            }
        }
    }
}
