//! In which order accounts are created. Pure.
//!
//! Members can be brought into a group only when they are there. Were accounts created in just any order, most groups
//! would be complete at the very end, and the lanes of group changes would stand idle until then. So people are
//! created group by group: first those groups that go by one large call, which waits for all its members.

use std::collections::HashMap;

use usher_model::PersonId;
use usher_plan::{AccountRef, Action, Change};

/// A rank for each change: its number in the order in which changes that may start are sent.
///
/// `groups` are the changes of memberships, group by group, in the order in which groups should be complete.
pub fn ranks(changes: &[Change], groups: &[Vec<usize>]) -> Vec<u32> {
    let creations: HashMap<&PersonId, usize> = changes
        .iter()
        .enumerate()
        .filter_map(|(at, change)| match &change.action {
            Action::CreateAccount { person, .. } => Some((person, at)),
            _ => None,
        })
        .collect();
    let mut order = Vec::with_capacity(changes.len());
    let mut seen = vec![false; changes.len()];
    let mut push = |at: usize, order: &mut Vec<usize>| {
        if let Some(seen) = seen.get_mut(at)
            && !*seen
        {
            *seen = true;
            order.push(at);
        }
    };
    // Whatever is about accounts that are there, teams and groups comes first: it is little, and others need it.
    for (at, change) in changes.iter().enumerate() {
        if !matches!(change.action, Action::CreateAccount { .. }) {
            push(at, &mut order);
        }
    }
    for member in groups.iter().flatten() {
        let account = changes
            .get(*member)
            .and_then(|change| change.action.account());
        if let Some(AccountRef::New(person)) = account
            && let Some(creation) = creations.get(&person)
        {
            push(*creation, &mut order);
        }
    }
    for at in 0..changes.len() {
        push(at, &mut order);
    }
    let mut ranks = vec![0; changes.len()];
    for (rank, at) in (0..).zip(order) {
        if let Some(slot) = ranks.get_mut(at) {
            *slot = rank;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use usher_model::TeamId;
    use usher_plan::{ChangeKey, TargetAttributes, TeamRef, Urgency};

    use super::*;

    fn change(number: u32, action: Action) -> Change {
        Change {
            number,
            key: ChangeKey(number.to_string()),
            person: None,
            label: String::new(),
            action,
            reasons: Vec::new(),
            consequences: Vec::new(),
            after: Vec::new(),
            urgency: Urgency::Normal,
        }
    }

    fn create(number: u32, person: &str) -> Change {
        change(
            number,
            Action::CreateAccount {
                person: PersonId::new(person),
                attributes: TargetAttributes::new(),
            },
        )
    }

    fn join(number: u32, person: &str, team: &str) -> Change {
        change(
            number,
            Action::AddToTeam {
                account: AccountRef::New(PersonId::new(person)),
                team: TeamRef::Existing(TeamId::new(team)),
            },
        )
    }

    #[test]
    fn people_are_created_group_by_group_in_the_order_of_the_groups() {
        let changes = [
            create(1, "a"),
            create(2, "b"),
            create(3, "c"),
            create(4, "d"),
            join(5, "b", "x"),
            join(6, "d", "y"),
            join(7, "b", "y"),
        ];
        let ranks = ranks(&changes, &[vec![5, 6], vec![4]]);
        assert!(ranks[3] < ranks[0] && ranks[1] < ranks[0]);
        assert!(
            ranks[3] < ranks[1],
            "d is the first member of the first group"
        );
        assert!(ranks[0] < ranks[2], "the rest in the plan's order");
        let mut sorted = ranks.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..7).collect::<Vec<u32>>());
    }
}
