//! Reading back what was written.

use std::sync::Arc;

use usher_miro::{Priority, RestLevel, ScimClass, Scope};
use usher_model::AccountId;
use usher_plan::Urgency;

use super::graph::account_changed;
use super::job::{Came, GroupId, Job};
use super::lanes::Cost;
use super::observer::ApplyEvent;
use super::queue::Item;
use super::run::{Lost, Phase, Run};
use super::verifier::{
    Differences, Membership, Memberships, Sweep, Wanted, WantedMembers, judge, judge_members,
};
use super::verify::{ReadBack, asks_for_each};

/// What is compared with what is read.
#[derive(Debug)]
pub(super) enum Reading {
    Account(Wanted, Vec<(GroupId, Membership)>),
    Group(GroupId, WantedMembers),
    /// An account that the whole list did not have.
    Unseen(AccountId, Arc<Sweep>),
    All(Arc<Sweep>),
}

impl Run<'_> {
    fn push(&mut self, cost: Cost, urgency: Urgency, job: Job, reading: Reading) {
        let number = self.readings.len();
        self.readings.push(Some(job));
        self.reading.push(Some(reading));
        self.readings_left += 1;
        let rank = u32::try_from(number).unwrap_or(u32::MAX);
        let lane = self.pace.lane(cost);
        self.queue.put(lane, urgency, rank, Item::Reading(number));
    }

    /// An account's change is over; when it was the last one, the account can be read.
    pub(super) fn account_is_over(&mut self, at: usize) {
        let Some(change) = self.changes.get(at) else {
            return;
        };
        let Some(account) = account_changed(&change.action) else {
            return;
        };
        let Some(left) = self.own_left.get_mut(&account) else {
            return;
        };
        *left = left.saturating_sub(1);
        if *left == 0
            && self.read_back == ReadBack::Singly
            && let Some(account) = self.books.account(&account)
        {
            self.read_account(&account, Priority::Normal);
        }
    }

    /// Reads one account back, if anything is expected of it.
    pub(super) fn read_account(&mut self, account: &AccountId, priority: Priority) {
        let wanted = self.verifier.take(account);
        if !wanted.is_empty() {
            self.push_account(account, wanted, Vec::new(), priority);
        }
    }

    fn push_account(
        &mut self,
        account: &AccountId,
        wanted: Wanted,
        groups: Vec<(GroupId, Membership)>,
        priority: Priority,
    ) {
        let urgency = match priority {
            Priority::Urgent => Urgency::Urgent,
            Priority::Normal => Urgency::Normal,
        };
        let job = Job::VerifyUser {
            account: account.clone(),
            priority,
        };
        let reading = Reading::Account(wanted, groups);
        self.push(Cost::Scim(ScimClass::GetUser), urgency, job, reading);
    }

    /// When a group's members are settled, they are read back at once where that has a lane of its own.
    pub(super) fn verify_group_if_over(&mut self, at: usize) {
        let is_over = self
            .groups
            .get(at)
            .is_some_and(super::groups::Group::is_over);
        if let Some(group) = self.group_id(at).filter(|_| is_over)
            && self.rest_shows(&group)
        {
            self.read_group(&group);
        }
    }

    fn rest_shows(&self, group: &GroupId) -> bool {
        self.tools.may(match group {
            GroupId::Team(_) => Scope::TeamsRead,
            GroupId::UserGroup(_) => Scope::GroupsRead,
        })
    }

    fn read_group(&mut self, group: &GroupId) {
        let (wanted, members) = self.verifier.take_members(group);
        if wanted.is_empty() {
            return;
        }
        let cost = if !self.rest_shows(group) {
            Cost::Scim(ScimClass::GetGroup)
        } else if asks_for_each(wanted.len(), members) {
            Cost::Rest(RestLevel::One)
        } else {
            Cost::Rest(RestLevel::Two)
        };
        let job = Job::VerifyMembers {
            group: group.clone(),
            accounts: wanted.keys().cloned().collect(),
            members,
        };
        let reading = Reading::Group(group.clone(), wanted);
        self.push(cost, Urgency::Normal, job, reading);
    }

    /// When nothing is left to be sent: reads back what was not read back yet. Says whether there is anything.
    pub(super) fn begin_verifying(&mut self) -> bool {
        if self.phase == Phase::Carrying {
            crate::fault_point::reached("apply.before_verify");
        }
        self.phase = Phase::Verifying;
        let groups = self.verifier.groups();
        let (by_rest, by_scim): (Vec<GroupId>, Vec<GroupId>) =
            groups.into_iter().partition(|group| self.rest_shows(group));
        for group in &by_rest {
            self.read_group(group);
        }
        self.read_rest_of_accounts(&by_scim);
        let left = self.readings_left;
        if left > 0 {
            self.tell(ApplyEvent::Verifying { left });
        }
        left > 0
    }

    /// Accounts that are left, and memberships that only SCIM shows.
    fn read_rest_of_accounts(&mut self, groups: &[GroupId]) {
        let (shown, hidden): (Vec<&GroupId>, Vec<&GroupId>) =
            groups.iter().partition(|group| self.scim_shows(group));
        for group in hidden {
            let (wanted, _) = self.verifier.take_members(group);
            self.unverified += u64::from(!wanted.is_empty());
        }
        let has_scim = self.tools.scim == super::means::Token::There;
        if !has_scim {
            return;
        }
        let members = self.verifier.member_accounts();
        let pages = self.all_users.div_ceil(100).max(1) * ScimClass::ListUsers.credits();
        let singles = members.len() as u64 * ScimClass::GetUser.credits();
        let by_group = shown.len() as u64 * ScimClass::GetGroup.credits();
        let will_sweep = self.sweep.is_none()
            && (self.read_back == ReadBack::Pages || pages < singles.min(by_group));
        if will_sweep && (self.verifier.account_count() > 0 || !members.is_empty()) {
            let memberships = if members.is_empty() {
                Memberships::Elsewhere
            } else {
                Memberships::Too
            };
            let sweep = Arc::new(self.verifier.sweep(memberships));
            self.sweep = Some(sweep.clone());
            let cost = Cost::Scim(ScimClass::ListUsers);
            let job = Job::VerifyAll(sweep.clone());
            self.push(cost, Urgency::Normal, job, Reading::All(sweep));
            return;
        }
        if by_group <= singles {
            for group in shown {
                self.read_group(group);
            }
        }
        let mut accounts = self.verifier.member_accounts();
        accounts.extend(self.verifier.accounts().cloned());
        for account in accounts {
            let (wanted, groups) = (
                self.verifier.take(&account),
                self.verifier.take_groups(&account),
            );
            self.push_account(&account, wanted, groups, Priority::Normal);
        }
    }

    /// Takes what was read.
    pub(super) async fn reading_came(&mut self, number: usize, came: Came) -> Result<(), Lost> {
        let reading = self.reading.get_mut(number).and_then(Option::take);
        self.readings_left = self.readings_left.saturating_sub(1);
        let Some(reading) = reading else {
            return Ok(());
        };
        match (reading, came) {
            (Reading::Account(wanted, groups), Came::SeenUser(user)) => {
                let differences = judge(wanted, &groups, user.as_deref());
                self.account_seen(differences, user.as_deref()).await
            }
            (Reading::Unseen(account, sweep), Came::SeenUser(user)) => {
                let differences = sweep.compare(&account, user.as_deref());
                self.account_seen(differences, user.as_deref()).await
            }
            (Reading::Group(group, wanted), Came::SeenMembers(present)) => {
                self.verified += 1;
                self.all_differ(judge_members(&group, &wanted, &present))
                    .await
            }
            (Reading::All(sweep), Came::Swept { mismatches, unseen }) => {
                self.verified += (sweep.len() - unseen.len()) as u64;
                self.all_differ(mismatches).await?;
                self.look_for_unseen(&sweep, unseen);
                Ok(())
            }
            (reading, came) => {
                self.not_read(&reading, came);
                Ok(())
            }
        }
    }

    /// The list may have left somebody out while it was read: only a look at the account itself counts.
    fn look_for_unseen(&mut self, sweep: &Arc<Sweep>, unseen: Vec<AccountId>) {
        for account in unseen {
            if sweep.absent(&account).is_empty() {
                self.verified += 1;
                continue;
            }
            let job = Job::VerifyUser {
                account: account.clone(),
                priority: Priority::Normal,
            };
            let reading = Reading::Unseen(account, sweep.clone());
            self.push(
                Cost::Scim(ScimClass::GetUser),
                Urgency::Normal,
                job,
                reading,
            );
        }
    }

    async fn account_seen(
        &mut self,
        differences: Differences,
        user: Option<&usher_miro::ScimUser>,
    ) -> Result<(), Lost> {
        self.verified += 1;
        if let Some(user) = user.filter(|_| !differences.is_empty()) {
            self.observe(user).await?;
        }
        self.all_differ(differences).await
    }

    async fn all_differ(&mut self, differences: Differences) -> Result<(), Lost> {
        for (at, mismatch) in differences {
            self.differs(at, &mismatch).await?;
        }
        Ok(())
    }

    fn not_read(&mut self, reading: &Reading, came: Came) {
        let count = match reading {
            Reading::All(sweep) => sweep.len() as u64,
            _ => 1,
        };
        self.unverified += count;
        if let Came::Unread(failure) | Came::Failed(failure) = came {
            self.tell(ApplyEvent::Noticed {
                notice: format!(
                    "{count} of what was written could not be read back: {}; {}",
                    failure.words, failure.remedy
                ),
            });
        }
    }
}
