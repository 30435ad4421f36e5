//! What must be seen in Miro of what was carried out.

use serde_json::Value;
use usher_miro::Priority;
use usher_model::AccountId;
use usher_plan::{Action, Urgency};

use super::batch::Direction;
use super::job::{Came, GroupId, Whence};
use super::run::Run;
use super::verify::{Expected, Mismatch, expected};

impl Run<'_> {
    /// Notes what must be seen of what was changed.
    pub(super) fn expect(&mut self, at: usize, came: &Came, difference: Option<&Mismatch>) {
        let Some(change) = self.changes.get(at) else {
            return;
        };
        let (action, urgency) = (change.action.clone(), change.urgency);
        match (&action, came) {
            (_, Came::User(user, whence)) => {
                let account = AccountId::new(&user.id);
                let wanted = expected(&action);
                // What is known to differ is told once.
                let still_wanted = |one: &Expected| {
                    *whence != Whence::Found
                        && difference.is_none_or(|seen| seen.what != one.about())
                };
                let wanted: Vec<Expected> = wanted.into_iter().filter(still_wanted).collect();
                self.verifier.expect(&account, at, wanted);
                if urgency == Urgency::Urgent {
                    self.read_account(&account, Priority::Urgent);
                }
            }
            (Action::Delete { account }, Came::Gone) => {
                self.verifier.expect(account, at, vec![Expected::Gone]);
            }
            (_, Came::Member) => self.expect_member(at),
            _ => {}
        }
    }

    /// Notes what must be seen of what an earlier run changed.
    pub(super) fn expect_again(&mut self, at: usize, detail: &Value) {
        let was_found = detail.get("whence").and_then(Value::as_str) == Some("found");
        let account = match detail.get("account").and_then(Value::as_str) {
            Some(account) => Some(AccountId::new(account)),
            None => self.account_of_change(at),
        };
        let Some((change, account)) = self.changes.get(at).zip(account) else {
            return;
        };
        let wanted = expected(&change.action);
        if !was_found {
            self.verifier.expect(&account, at, wanted);
        }
        self.expect_member(at);
    }

    /// Notes that an account must be in a group, or out of it.
    pub(super) fn expect_member(&mut self, at: usize) {
        let Some(account) = self.account_of_change(at) else {
            return;
        };
        let Some(change) = self.changes.get(at) else {
            return;
        };
        let (group, direction, role) = match &change.action {
            Action::AddToTeam { team, .. } => (
                self.books.team(team).map(GroupId::Team),
                Direction::Add,
                None,
            ),
            Action::SetTeamRole { team, after, .. } => (
                self.books.team(team).map(GroupId::Team),
                Direction::Add,
                Some(after.clone()),
            ),
            Action::RemoveFromTeam { team, .. } => {
                (Some(GroupId::Team(team.clone())), Direction::Remove, None)
            }
            Action::AddToUserGroup { user_group, .. } => (
                self.books.user_group(user_group).map(GroupId::UserGroup),
                Direction::Add,
                None,
            ),
            Action::RemoveFromUserGroup { user_group, .. } => (
                Some(GroupId::UserGroup(user_group.clone())),
                Direction::Remove,
                None,
            ),
            _ => return,
        };
        if let Some(group) = group {
            self.verifier
                .expect_member(&group, &account, (at, direction, role));
        }
    }
}
