//! Who goes by which means, in which order, in which calls.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use usher_plan::{Action, Change};

use super::batch::{Direction, Edit, large_calls};
use super::graph::{Graph, account_changed};
use super::ground::Ground;
use super::groups::{Carriage, Groups, Patience};
use super::jobs::cost_of;
use super::journal::Pen;
use super::lanes::{Cost, Pace};
use super::means::{Refusal, Tools, means};
use super::options::{ApplyContext, ApplyOptions};
use super::order::ranks;
use super::perform::Hands;
use super::queue::Queue;
use super::recover::carriage;
use super::run::{Gate, GroupRef, Intent, Phase, Run, Standing, Tally, Track};
use super::start::Loaded;
use super::verifier::Verifier;
use super::verify::{ReadBack, read_back};
use crate::EngineError;

/// Who goes by which means, in which order, in which calls.
pub(super) fn prepare<'a>(
    context: &'a ApplyContext<'a>,
    options: &'a ApplyOptions<'a>,
    load: Loaded,
    (ground, pen, halt): (Ground, Pen, CancellationToken),
) -> Result<(Run<'a>, Vec<(usize, Refusal)>), EngineError> {
    let Ground {
        tools,
        all_users,
        emails,
    } = ground;
    let pace = Pace::of(context.client);
    let client = context.client.stopping_with(&halt);
    let graph = Graph::new(&load.changes).map_err(|error| EngineError::Bug(error.to_string()))?;
    let (tracks, refusals) = tracks(&load.changes, &tools);
    let is_open = |at: &usize| {
        let status = load.statuses.get(*at);
        status.is_some_and(usher_store::JournalStatus::is_open)
    };
    let mut run = Run {
        hands: Hands::new(client, load.organization, tools.clone()),
        meter_before: context.client.meter(),
        context,
        options,
        plan: load.plan,
        tracks,
        graph,
        groups: Groups::default(),
        group_refs: Vec::new(),
        sessions: load.sessions,
        queue: Queue::default(),
        books: load.books,
        verifier: Verifier::default(),
        read_back: ReadBack::Singly,
        all_users,
        tools,
        pace,
        pen,
        own_left: HashMap::new(),
        singles: BTreeMap::new(),
        emails,
        readings: Vec::new(),
        reading: Vec::new(),
        readings_left: 0,
        sweep: None,
        tasks: JoinSet::new(),
        under_way: BTreeMap::new(),
        later: BinaryHeap::new(),
        halt,
        ending: None,
        phase: Phase::Carrying,
        gate: Gate::Closed,
        patience: Patience::Waiting,
        failures: Vec::new(),
        tally: Tally::default(),
        verified: 0,
        unverified: 0,
        started: Instant::now(),
        changes: load.changes,
    };
    let open: Vec<usize> = (0..run.changes.len()).filter(is_open).collect();
    run.gather(&open);
    run.count(&open);
    Ok((run, refusals))
}

fn tracks(changes: &[Change], tools: &Tools) -> (Vec<Track>, Vec<(usize, Refusal)>) {
    let mut refusals = Vec::new();
    let mut tracks = Vec::with_capacity(changes.len());
    for (at, change) in changes.iter().enumerate() {
        let means = match means(&change.action, tools) {
            Ok(means) => Some(means),
            Err(refusal) => {
                refusals.push((at, refusal));
                None
            }
        };
        tracks.push(Track {
            standing: Standing::Open,
            means,
            cost: means.map_or(Cost::Nothing, |means| cost_of(change, means)),
            rank: 0,
            retries: 0,
            intent: Intent::Missing,
        });
    }
    (tracks, refusals)
}

impl Run<'_> {
    /// Gathers changes of memberships by group, and decides in which calls they go.
    fn gather(&mut self, open: &[usize]) {
        let mut places: HashMap<GroupRef, usize> = HashMap::new();
        let mut members: BTreeMap<(usize, Direction), Vec<usize>> = BTreeMap::new();
        for at in open {
            let Some((change, means)) = self
                .changes
                .get(*at)
                .zip(self.tracks.get(*at).and_then(|track| track.means))
            else {
                continue;
            };
            let (Some((group, direction)), Some(carriage)) =
                (membership(&change.action), carriage(means))
            else {
                continue;
            };
            let place = *places.entry(group.clone()).or_insert_with(|| {
                self.group_refs.push(group);
                self.groups.add(carriage)
            });
            self.groups.expect(place, direction, *at);
            members.entry((place, direction)).or_default().push(*at);
        }
        let order = self.cut(members);
        for (track, rank) in self.tracks.iter_mut().zip(ranks(&self.changes, &order)) {
            track.rank = rank;
        }
    }

    /// Cuts each group's changes into calls; returns the additions, group by group, in the order in which groups should
    /// be complete.
    fn cut(&mut self, members: BTreeMap<(usize, Direction), Vec<usize>>) -> Vec<Vec<usize>> {
        let stand_in = usher_model::AccountId::new("3074457345600000000");
        let sides: Vec<((usize, Direction), Vec<usize>)> = members.into_iter().collect();
        let edits: Vec<Edit> = sides
            .iter()
            .map(|((_, direction), changes)| {
                let accounts: Vec<_> = changes
                    .iter()
                    .map(|at| {
                        self.account_of_change(*at)
                            .unwrap_or_else(|| stand_in.clone())
                    })
                    .collect();
                Edit::measure(*direction, &accounts)
            })
            .collect();
        let by_scim: Vec<usize> = (0..sides.len())
            .filter(|side| {
                let group = sides
                    .get(*side)
                    .and_then(|((at, _), _)| self.groups.get(*at));
                group.is_some_and(|group| group.carriage() == Carriage::Scim)
            })
            .collect();
        let measured: Vec<Edit> = by_scim
            .iter()
            .filter_map(|side| edits.get(*side).copied())
            .collect();
        let chosen: HashMap<usize, usize> = by_scim
            .into_iter()
            .zip(large_calls(&measured, &self.pace))
            .collect();
        let mut order = Vec::new();
        for (side, (((at, direction), changes), edit)) in sides.into_iter().zip(edits).enumerate() {
            let large = chosen.get(&side).copied().unwrap_or(0);
            self.groups.cut(at, direction, edit, large);
            if direction == Direction::Add {
                order.push((large == 0, changes));
            }
        }
        order.sort_by_key(|(is_small, _)| *is_small);
        order.into_iter().map(|(_, changes)| changes).collect()
    }

    /// Counts what is left, and decides how to read it back.
    fn count(&mut self, open: &[usize]) {
        let mut accounts = BTreeSet::new();
        for at in open {
            let Some((change, track)) = self.changes.get(*at).zip(self.tracks.get(*at)) else {
                continue;
            };
            if track.means.is_none() {
                continue;
            }
            if let Some(account) = account_changed(&change.action) {
                *self.own_left.entry(account.clone()).or_default() += 1;
                accounts.insert(account);
            }
            if self.groups.of_change(*at).is_none() {
                *self.singles.entry(track.cost).or_default() += 1;
            }
        }
        self.read_back = read_back(accounts.len() as u64, self.all_users, &self.pace);
    }
}

/// The group whose members a change changes.
fn membership(action: &Action) -> Option<(GroupRef, Direction)> {
    use usher_plan::{TeamRef, UserGroupRef};
    Some(match action {
        Action::AddToTeam { team, .. } => (GroupRef::Team(team.clone()), Direction::Add),
        Action::RemoveFromTeam { team, .. } => (
            GroupRef::Team(TeamRef::Existing(team.clone())),
            Direction::Remove,
        ),
        Action::AddToUserGroup { user_group, .. } => {
            (GroupRef::UserGroup(user_group.clone()), Direction::Add)
        }
        Action::RemoveFromUserGroup { user_group, .. } => (
            GroupRef::UserGroup(UserGroupRef::Existing(user_group.clone())),
            Direction::Remove,
        ),
        _ => return None,
    })
}
