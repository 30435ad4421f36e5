//! Whether what is left of an interrupted plan is still wanted.
//!
//! The world has moved since the plan was made, if only by what is done of it, so its basis says nothing any more. What
//! is left may go on if a plan that is made now has each of its changes.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures::TryStreamExt;
use usher_model::{AccountId, PersonId, PlanId, TeamId, UserGroupId};
use usher_plan::{AccountRef, Action, Change, PlanRequest, TeamRef, UserGroupRef, plan};
use usher_store::{JournalState, Verdict};

use crate::provisioning::{Assembled, StoredPlan, assemble, load_plan, moved, why_held};
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// Refuses to go on with a plan when something of what is left of it is not wanted any more, or when it would need
/// somebody's yes now and has none.
pub(super) async fn refuse_unwanted_rest(
    acting: Acting<'_>,
    id: &PlanId,
) -> Result<(), EngineError> {
    let stored = load_plan(acting.store, id).await?;
    let pending = acting.store.journal_in(id, JournalState::Pending);
    let pending = pending.map_ok(|row| row.change.number);
    let pending: HashSet<u32> = pending.try_collect().await?;
    if pending.is_empty() {
        return Ok(());
    }
    let world = assemble(acting.store, &stored.record.organization, acting.now()).await?;
    let request = PlanRequest {
        id: acting.store.new_plan_id(),
        now: acting.now(),
        parent: None,
        only: stored.plan.basis.only.clone(),
    };
    let (now, _) = plan(&world.inventory, &world.desired, &world.settings, &request)?;
    let there = There::of(&world);
    let wanted: HashSet<String> = now.changes.iter().map(|one| there.goal(one)).collect();
    let left = stored.plan.changes.iter();
    let left = left.filter(|change| pending.contains(&change.number));
    let unwanted: Vec<&Change> = left
        .filter(|change| !wanted.contains(&there.goal(change)))
        .collect();
    let what = reasons(&stored, &world, &unwanted);
    if what.is_empty() {
        return Ok(());
    }
    let plan = id.clone();
    Err(Refused::WorldMoved { plan, what }.into())
}

fn reasons(stored: &StoredPlan, world: &Assembled, unwanted: &[&Change]) -> Vec<String> {
    let decision = stored.record.decision.as_ref();
    let is_approved = decision.is_some_and(|decision| decision.verdict == Verdict::Approve);
    let mut what = Vec::new();
    if !is_approved && !why_held(&stored.plan, world.settings.approval, &BTreeSet::new()).is_empty()
    {
        what.push("the settings ask for somebody's yes now, and the plan has none".to_owned());
    }
    let lines = unwanted.iter().map(|change| {
        format!(
            "`{} {}`, change {}, is left, and would not be planned any more",
            change.action.kind().words(),
            change.label,
            change.number
        )
    });
    what.extend(moved::shortened(lines.collect()));
    what
}

/// What a plan may have created that its later changes name by what it was to be.
struct There<'a> {
    accounts: HashMap<&'a PersonId, &'a AccountId>,
    teams: HashMap<&'a str, &'a TeamId>,
    user_groups: HashMap<&'a str, &'a UserGroupId>,
}

impl<'a> There<'a> {
    fn of(world: &'a Assembled) -> Self {
        let links = world.desired.links.iter();
        let teams = world.inventory.teams.iter().map(|state| &state.team);
        let groups = world.inventory.user_groups.iter();
        let groups = groups.map(|state| &state.user_group);
        Self {
            accounts: links.map(|link| (&link.person, &link.account)).collect(),
            teams: teams.map(|team| (team.name.as_str(), &team.id)).collect(),
            user_groups: groups
                .map(|group| (group.name.as_str(), &group.id))
                .collect(),
        }
    }

    /// What a change comes to, as a text: the same whether what it needs is there or yet to be created.
    fn goal(&self, change: &Change) -> String {
        let mut action = change.action.clone();
        match &mut action {
            Action::SetRole {
                account, before, ..
            } => {
                self.account(account);
                *before = None;
            }
            Action::AddAdminRole { account, .. } => self.account(account),
            Action::AddToTeam { account, team } => {
                self.account(account);
                self.team(team);
            }
            Action::SetTeamRole {
                account,
                team,
                before,
                after,
            } => {
                self.account(account);
                self.team(team);
                *before = after.clone();
            }
            Action::AddToUserGroup {
                account,
                user_group,
            } => {
                self.account(account);
                self.user_group(user_group);
            }
            _ => {}
        }
        let action = serde_json::to_string(&action).unwrap_or_default();
        let person = change.person.as_ref().map_or("", PersonId::as_str);
        format!("{person} {action}")
    }

    fn account(&self, account: &mut AccountRef) {
        if let AccountRef::New(person) = account
            && let Some(id) = self.accounts.get(person)
        {
            *account = AccountRef::Existing((*id).clone());
        }
    }

    fn team(&self, team: &mut TeamRef) {
        if let TeamRef::New(name) = team
            && let Some(id) = self.teams.get(name.as_str())
        {
            *team = TeamRef::Existing((*id).clone());
        }
    }

    fn user_group(&self, group: &mut UserGroupRef) {
        if let UserGroupRef::New(name) = group
            && let Some(id) = self.user_groups.get(name.as_str())
        {
            *group = UserGroupRef::Existing((*id).clone());
        }
    }
}
