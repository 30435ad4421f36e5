use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn group(id: &str, name: &str, members: &[&str]) -> Group {
    let member = |id: &&str| match id.strip_prefix('@') {
        Some(group) => GroupMember::Group(GroupId::new(group)),
        None => GroupMember::Person(PersonId::new(id)),
    };
    Group {
        id: GroupId::new(id),
        name: name.to_owned(),
        description: None,
        members: members.iter().map(member).collect(),
    }
}

fn ids(members: &[&PersonId]) -> Vec<String> {
    members.iter().map(ToString::to_string).collect()
}

#[test]
fn members_of_a_group_in_a_group_are_members_of_both() {
    let index = GroupIndex::build(&[
        group("g1", "Company", &["zoe", "@g2", "@unknown"]),
        group("g2", "Design", &["bob", "ada", "zoe"]),
    ]);
    assert_eq!(ids(&index.members(&"g1".into())), ["ada", "bob", "zoe"]);
    assert_eq!(ids(&index.members(&"g2".into())), ["ada", "bob", "zoe"]);
    assert_eq!(index.group_names(&"ada".into()), ["Company", "Design"]);
    assert!(index.contains(&"g1".into(), &"ada".into()));
    assert!(!index.contains(&"g1".into(), &"eve".into()));
    assert!(index.members(&"unknown".into()).is_empty());
}

#[test]
fn the_way_to_a_person_is_told_from_the_outermost_group_and_is_the_shortest() {
    let index = GroupIndex::build(&[
        group("g1", "Company", &["@g2", "@g4"]),
        group("g2", "Design", &["@g3"]),
        group("g3", "Icons", &["ada"]),
        group("g4", "Parents", &["bob", "ada"]),
    ]);
    let path = |person: &str, group: &str| index.path(&person.into(), &group.into());
    assert_eq!(path("ada", "g2").unwrap(), ["Design", "Icons"]);
    assert_eq!(path("ada", "g1").unwrap(), ["Company", "Parents"]);
    assert_eq!(path("ada", "g3").unwrap(), ["Icons"]);
    assert_eq!(path("bob", "g2"), None);
    assert_eq!(path("eve", "g1"), None);
    assert_eq!(path("ada", "g9"), None);
}

#[test]
fn everybody_in_a_circle_is_in_each_of_its_groups() {
    let index = GroupIndex::build(&[
        group("g1", "One", &["ada", "@g2"]),
        group("g2", "Two", &["bob", "@g3", "@g2"]),
        group("g3", "Three", &["eve", "@g1"]),
    ]);
    for id in ["g1", "g2", "g3"] {
        assert_eq!(ids(&index.members(&id.into())), ["ada", "bob", "eve"]);
    }
    let path = index.path(&"eve".into(), &"g1".into());
    assert_eq!(path.unwrap(), ["One", "Two", "Three"]);
}

#[test]
fn a_name_is_found_in_any_letter_case_and_must_not_be_ambiguous() {
    let index = GroupIndex::build(&[
        group("g1", "Design", &[]),
        group("g2", "Sales", &[]),
        group("g3", "DESIGN", &[]),
    ]);
    assert_eq!(index.by_name("sALES"), Ok(Some(&"g2".into())));
    assert_eq!(index.by_name("Legal"), Ok(None));
    assert_eq!(
        index.by_name("design").unwrap_err().to_string(),
        "`design` is the name of 2 groups: g1, g3"
    );
    assert_eq!(index.find("g3"), Ok(Some(&"g3".into())));
}

#[test]
fn a_chain_of_ten_thousand_groups_costs_no_stack() {
    let deep = 10_000;
    let groups: Vec<Group> = (0..deep)
        .map(|at| {
            let inner = format!("@g{}", at + 1);
            let members = if at + 1 < deep { inner.as_str() } else { "ada" };
            group(&format!("g{at}"), &format!("Level {at}"), &[members])
        })
        .collect();
    let index = GroupIndex::build(&groups);
    assert_eq!(ids(&index.members(&"g0".into())), ["ada"]);
    let path = index.path(&"ada".into(), &"g0".into()).unwrap();
    assert_eq!(path.len(), deep);
    assert_eq!(index.groups_of(&"ada".into()).len(), deep);
}

/// Members by walking the groups with no cleverness at all.
fn naive(
    groups: &BTreeMap<u8, Vec<Result<u8, u8>>>,
    group: u8,
    seen: &mut BTreeSet<u8>,
) -> BTreeSet<u8> {
    if !seen.insert(group) {
        return BTreeSet::new();
    }
    let members = groups.get(&group).cloned().unwrap_or_default();
    members
        .into_iter()
        .flat_map(|member| match member {
            Ok(person) => BTreeSet::from([person]),
            Err(inner) => naive(groups, inner, seen),
        })
        .collect()
}

proptest! {
    #![proptest_config(crate::cases::cases(10_000))]

    #[test]
    fn the_index_says_what_a_naive_walk_says(
        groups in prop::collection::btree_map(
            0..8_u8,
            prop::collection::vec(prop_oneof![(0..6_u8).prop_map(Ok), (0..9_u8).prop_map(Err)], 0..5),
            0..8,
        )
    ) {
        let built: Vec<Group> = groups
            .iter()
            .map(|(id, members)| {
                let members: Vec<String> = members
                    .iter()
                    .map(|member| match member {
                        Ok(person) => format!("p{person}"),
                        Err(group) => format!("@g{group}"),
                    })
                    .collect();
                let members: Vec<&str> = members.iter().map(String::as_str).collect();
                group(&format!("g{id}"), &format!("Group {id}"), &members)
            })
            .collect();
        let index = GroupIndex::build(&built);
        for id in groups.keys() {
            let group = GroupId::new(format!("g{id}"));
            let expected: Vec<String> = naive(&groups, *id, &mut BTreeSet::new())
                .iter()
                .map(|person| format!("p{person}"))
                .collect();
            prop_assert_eq!(ids(&index.members(&group)), expected.clone());
            let set = index.member_set(&group).unwrap();
            for person in 0..6 {
                let person = PersonId::new(format!("p{person}"));
                let is_member = expected.iter().any(|known| known == person.as_str());
                prop_assert_eq!(set.contains(&person), is_member);
                prop_assert_eq!(index.contains(&group, &person), is_member);
                prop_assert_eq!(index.groups_of(&person).contains(&&group), is_member);
                let path = index.path(&person, &group);
                prop_assert_eq!(path.is_some(), is_member);
                if let Some(path) = path {
                    prop_assert_eq!(path[0], format!("Group {id}"));
                }
            }
        }
    }
}
