//! What is still to be read back, and what it is compared with. Pure but for the counter of pages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use usher_miro::ScimUser;
use usher_model::{AccountId, TeamRole};

use super::batch::Direction;
use super::job::GroupId;
use super::verify::{Expected, Mismatch};

/// Differences, by the place of the change that sent the value.
pub type Differences = Vec<(usize, Mismatch)>;

/// What is expected of one account: of several changes of one thing the last one.
pub type Wanted = BTreeMap<String, (usize, Expected)>;

/// What is expected of one group.
pub type WantedMembers = BTreeMap<AccountId, Membership>;

/// A membership that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    change: usize,
    direction: Direction,
    role: Option<TeamRole>,
}

/// What is still to be read back.
#[derive(Debug, Default)]
pub struct Verifier {
    accounts: HashMap<AccountId, Wanted>,
    memberships: HashMap<GroupId, WantedMembers>,
    sizes: HashMap<GroupId, usize>,
}

impl Verifier {
    /// Notes what must be seen of an account.
    pub fn expect(&mut self, account: &AccountId, change: usize, expected: Vec<Expected>) {
        if expected.is_empty() {
            return;
        }
        let wanted = self.accounts.entry(account.clone()).or_default();
        if expected.contains(&Expected::Gone) {
            wanted.clear();
        }
        for one in expected {
            wanted.insert(one.about(), (change, one));
        }
    }

    /// Notes that an account must be in a group, or out of it.
    pub fn expect_member(
        &mut self,
        group: &GroupId,
        account: &AccountId,
        (change, direction, role): (usize, Direction, Option<TeamRole>),
    ) {
        let members = self.memberships.entry(group.clone()).or_default();
        let membership = Membership {
            change,
            direction,
            role,
        };
        members.insert(account.clone(), membership);
    }

    /// Notes how many members a group has.
    pub fn note_size(&mut self, group: &GroupId, members: usize) {
        self.sizes.insert(group.clone(), members);
    }

    /// Accounts that are to be read back.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.keys()
    }

    /// How many accounts are to be read back.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Groups of which memberships are to be read back.
    pub fn groups(&self) -> Vec<GroupId> {
        let mut groups: Vec<GroupId> = self.memberships.keys().cloned().collect();
        groups.sort();
        groups
    }

    /// Accounts of which memberships are to be read back.
    pub fn member_accounts(&self) -> BTreeSet<AccountId> {
        let members = self.memberships.values().flat_map(BTreeMap::keys);
        members.cloned().collect()
    }

    /// Takes out what is expected of an account, to compare it with what is read now.
    pub fn take(&mut self, account: &AccountId) -> Wanted {
        self.accounts.remove(account).unwrap_or_default()
    }

    /// Takes out the memberships that are expected of an account.
    pub fn take_groups(&mut self, account: &AccountId) -> Vec<(GroupId, Membership)> {
        let mut taken = Vec::new();
        for (group, members) in &mut self.memberships {
            let membership = members.remove(account);
            taken.extend(membership.map(|membership| (group.clone(), membership)));
        }
        self.memberships.retain(|_, members| !members.is_empty());
        taken
    }

    /// Takes out what is expected of a group, and how many members it has, about.
    pub fn take_members(&mut self, group: &GroupId) -> (WantedMembers, usize) {
        let wanted = self.memberships.remove(group).unwrap_or_default();
        let size = self.sizes.get(group).copied().unwrap_or(0);
        let size = size.max(wanted.len());
        (wanted, size)
    }

    /// All that is to be read back from the whole list of users.
    pub fn sweep(&mut self, memberships: Memberships) -> Sweep {
        let mut groups: HashMap<AccountId, Vec<(GroupId, Membership)>> = HashMap::new();
        if memberships == Memberships::Too {
            for (group, members) in self.memberships.drain() {
                for (account, membership) in members {
                    groups
                        .entry(account)
                        .or_default()
                        .push((group.clone(), membership));
                }
            }
        }
        Sweep {
            accounts: std::mem::take(&mut self.accounts),
            groups,
            pages: AtomicU64::new(0),
        }
    }
}

/// Whether memberships are read back from the list of users too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memberships {
    /// They are.
    Too,
    /// They are read elsewhere.
    Elsewhere,
}

/// What is compared with the whole list of users.
#[derive(Debug)]
pub struct Sweep {
    accounts: HashMap<AccountId, Wanted>,
    groups: HashMap<AccountId, Vec<(GroupId, Membership)>>,
    pages: AtomicU64,
}

impl Sweep {
    /// Whom it is about.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        let more = self.groups.keys();
        self.accounts
            .keys()
            .chain(more.filter(|id| !self.accounts.contains_key(*id)))
    }

    /// How many accounts it is about.
    pub fn len(&self) -> usize {
        self.accounts().count()
    }

    /// Counts a page that was read.
    pub fn read_page(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
    }

    /// How many pages were read.
    pub fn pages(&self) -> u64 {
        self.pages.load(Ordering::Relaxed)
    }

    /// How one account differs from what was expected.
    pub fn mismatches(&self, account: &AccountId, user: &ScimUser) -> Differences {
        self.compare(account, Some(user))
    }

    /// How an account that is not there differs from what was expected.
    pub fn absent(&self, account: &AccountId) -> Differences {
        self.compare(account, None)
    }

    /// The same for an account that was read by itself.
    pub fn compare(&self, account: &AccountId, user: Option<&ScimUser>) -> Differences {
        let wanted = self.accounts.get(account).cloned().unwrap_or_default();
        let groups = self.groups.get(account).map_or(&[][..], Vec::as_slice);
        judge(wanted, groups, user)
    }
}

/// Compares an account with what was expected of it.
pub fn judge(
    wanted: Wanted,
    groups: &[(GroupId, Membership)],
    user: Option<&ScimUser>,
) -> Differences {
    let mut differences = compare(wanted.into_values(), user);
    differences.extend(
        groups
            .iter()
            .filter_map(|(group, membership)| compare_group(group, membership, user)),
    );
    differences
}

/// Compares the members of a group with what was expected.
pub fn judge_members(
    group: &GroupId,
    wanted: &WantedMembers,
    present: &[(AccountId, Option<TeamRole>)],
) -> Differences {
    let present: HashMap<&AccountId, &Option<TeamRole>> =
        present.iter().map(|(id, role)| (id, role)).collect();
    let one = |(account, membership): (&AccountId, &Membership)| {
        let role = present.get(account).map(|role| role.as_ref());
        let mismatch = member_mismatch(group, membership, role)?;
        Some((membership.change, mismatch))
    };
    wanted.iter().filter_map(one).collect()
}

fn compare(
    wanted: impl Iterator<Item = (usize, Expected)>,
    user: Option<&ScimUser>,
) -> Differences {
    let one = |(change, expected): (usize, Expected)| {
        let mismatch = match (user, &expected) {
            (None, Expected::Gone) => None,
            (None, expected) => Some(Mismatch {
                what: expected.about(),
                sent: "there".to_owned(),
                shown: "gone".to_owned(),
            }),
            (Some(user), expected) => expected.mismatch(user),
        };
        mismatch.map(|mismatch| (change, mismatch))
    };
    wanted.filter_map(one).collect()
}

fn compare_group(
    group: &GroupId,
    membership: &Membership,
    user: Option<&ScimUser>,
) -> Option<(usize, Mismatch)> {
    let is_in = user.is_some_and(|user| {
        let mut ids = user.groups.iter().filter_map(|held| held.value.as_deref());
        ids.any(|id| id == group.as_str())
    });
    let mismatch = member_mismatch(group, membership, is_in.then_some(None))?;
    Some((membership.change, mismatch))
}

/// `shown`: whether the account is in the group, with the role where it was seen.
#[expect(clippy::option_option, reason = "not in it, in it, in it with a role")]
fn member_mismatch(
    group: &GroupId,
    membership: &Membership,
    shown: Option<Option<&TeamRole>>,
) -> Option<Mismatch> {
    let word = |role: Option<&TeamRole>| role.map_or("member", TeamRole::as_str).to_owned();
    let sent = match membership.direction {
        Direction::Add => word(membership.role.as_ref()),
        Direction::Remove => "not a member".to_owned(),
    };
    let shown = match shown {
        None => "not a member".to_owned(),
        // A role that was not asked for, or not seen, differs in nothing.
        Some(role) if membership.role.is_none() || role.is_none() => match membership.direction {
            Direction::Add => return None,
            Direction::Remove => word(role),
        },
        Some(role) => word(role),
    };
    let kind = match group {
        GroupId::Team(_) => "team",
        GroupId::UserGroup(_) => "user group",
    };
    (sent != shown).then(|| Mismatch {
        what: format!("{kind} {}", group.as_str()),
        sent,
        shown,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use usher_model::TeamId;

    use super::super::verify::Flag;
    use super::*;

    fn user(active: bool, groups: &[&str]) -> ScimUser {
        let groups: Vec<_> = groups.iter().map(|id| json!({"value": id})).collect();
        serde_json::from_value(
            json!({"id": "1", "userName": "a@example.com", "active": active, "groups": groups}),
        )
        .unwrap()
    }

    fn account() -> AccountId {
        AccountId::new("1")
    }

    #[test]
    fn of_several_changes_of_one_thing_the_last_one_counts() {
        let mut verifier = Verifier::default();
        verifier.expect(&account(), 0, vec![Expected::Active(Flag::Yes)]);
        verifier.expect(&account(), 4, vec![Expected::Active(Flag::No)]);
        let differences = judge(verifier.take(&account()), &[], Some(&user(true, &[])));
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].0, 4);
        assert_eq!(verifier.account_count(), 0, "it is settled");
    }

    #[test]
    fn an_account_that_should_be_gone_and_one_that_should_not() {
        let mut verifier = Verifier::default();
        verifier.expect(&account(), 0, vec![Expected::Active(Flag::Yes)]);
        verifier.expect(&account(), 1, vec![Expected::Gone]);
        let gone = judge(verifier.take(&account()), &[], None);
        assert_eq!(gone, Differences::new());
        verifier.expect(&account(), 2, vec![Expected::Active(Flag::Yes)]);
        let differences = judge(verifier.take(&account()), &[], None);
        assert_eq!(differences[0].1.shown, "gone");
    }

    #[test]
    fn memberships_are_compared_with_the_groups_that_a_user_shows_or_the_members_that_a_group_shows()
     {
        let team = GroupId::Team(TeamId::new("7"));
        let mut verifier = Verifier::default();
        verifier.expect_member(&team, &account(), (3, Direction::Add, None));
        let groups = verifier.take_groups(&account());
        let seen = judge(Wanted::new(), &groups, Some(&user(true, &["7"])));
        assert_eq!(seen, Differences::new());
        verifier.expect_member(&team, &account(), (3, Direction::Remove, None));
        let present = [(account(), Some(TeamRole::Member))];
        let (wanted, _) = verifier.take_members(&team);
        let differences = judge_members(&team, &wanted, &present);
        assert_eq!(
            differences[0].1.to_string(),
            "team 7: `not a member` was sent, Miro shows `member`"
        );
        verifier.expect_member(
            &team,
            &account(),
            (5, Direction::Add, Some(TeamRole::Admin)),
        );
        let (wanted, _) = verifier.take_members(&team);
        let differences = judge_members(&team, &wanted, &present);
        assert_eq!(
            (differences[0].0, differences[0].1.sent.as_str()),
            (5, "admin")
        );
    }

    #[test]
    fn a_sweep_takes_everything_over() {
        let team = GroupId::Team(TeamId::new("7"));
        let mut verifier = Verifier::default();
        verifier.expect(&account(), 0, vec![Expected::Active(Flag::Yes)]);
        verifier.expect_member(&team, &account(), (1, Direction::Add, None));
        let sweep = verifier.sweep(Memberships::Too);
        assert_eq!((sweep.len(), verifier.groups().len()), (1, 0));
        let differences = sweep.mismatches(&account(), &user(false, &[]));
        assert_eq!(differences.len(), 2);
    }
}
