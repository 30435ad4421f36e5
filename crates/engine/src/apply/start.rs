//! Beginning an apply, and ending it.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use futures::TryStreamExt;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;
use usher_miro::{ErrorKind, Scope};
use usher_model::{EventKind, Known, OrganizationId, PlanId};
use usher_plan::{Action, Change};
use usher_store::{
    AccountFilter, ApplyEnd, ChangeFilter, JournalStatus, Lease, LeaseOwner, PlanRecord,
    RunningApply, StoreError, Under,
};

use super::batch::{Direction, Edit, large_calls};
use super::books::Books;
use super::classify::Halt;
use super::graph::{Graph, account_changed};
use super::groups::{Carriage, Groups, Patience};
use super::journal::{Pen, journal};
use super::lanes::{Cost, Pace};
use super::launching::cost_of;
use super::means::{Means, Refusal, Token, Tools, means};
use super::observer::ApplyEvent;
use super::options::{ApplyContext, ApplyOptions};
use super::order::ranks;
use super::perform::Hands;
use super::queue::Queue;
use super::recover::carriage;
use super::report::{ApplyEnding, ApplyReport};
use super::run::{Gate, GroupRef, Intent, Lost, Phase, Run, Standing, Track};
use super::verifier::Verifier;
use super::verify::{ReadBack, read_back};
use crate::EngineError;
use crate::sync::lease;

/// Carries a plan out, or goes on with one that was interrupted.
///
/// Whether the plan may be applied is for the caller to find out before; this only refuses a plan whose state does not
/// allow it, and a connector that somebody else works on.
///
/// # Errors
/// When the plan or the database is at fault, or Miro cannot be reached at the start. What goes wrong with single
/// changes, and what stops everything, is in the report.
pub async fn apply(
    context: &ApplyContext<'_>,
    plan: &PlanId,
    options: &ApplyOptions<'_>,
) -> Result<ApplyReport, EngineError> {
    let store = context.acting.store;
    let record = store
        .plan(plan)
        .await?
        .ok_or_else(|| StoreError::NoSuchPlan(plan.clone()))?;
    let load = load(context, &record).await?;
    let running = begin(context, &record, options).await?;
    let ended = carry_out(context, options, load, &running).await;
    match ended {
        Ok(report) => {
            finish(context, &running, &report).await?;
            context
                .observer
                .event(ApplyEvent::Finished(Box::new(report.clone())));
            Ok(report)
        }
        // Another process goes on with it: nothing of it is ours to write any more.
        Err(EngineError::Store(error)) => Err(error.into()),
        Err(error) => {
            let why = error.to_string();
            let data = json!({"plan": plan, "why": why});
            let subject = format!("plan:{plan}");
            let event = context
                .acting
                .event(EventKind::ApplyInterrupted, subject, data);
            store
                .finish_apply(&running, &ApplyEnd::Interrupted { why }, &[event])
                .await?;
            Err(error)
        }
    }
}

/// What the database knows of a plan.
struct Loaded {
    plan: PlanId,
    organization: OrganizationId,
    changes: Vec<Change>,
    statuses: Vec<JournalStatus>,
    books: Books,
    group_model: Known<usher_model::GroupModel>,
}

async fn load(context: &ApplyContext<'_>, record: &PlanRecord) -> Result<Loaded, EngineError> {
    let store = context.acting.store;
    let mut rows = store.journal(&record.id, &ChangeFilter::default());
    let (mut changes, mut statuses) = (Vec::new(), Vec::new());
    while let Some(row) = rows.try_next().await? {
        let number = row.change.number;
        let change = serde_json::from_value(row.change.document).map_err(|error| {
            EngineError::Bug(format!(
                "change {number} of plan {} cannot be read: {error}",
                record.id
            ))
        })?;
        changes.push(change);
        statuses.push(row.status);
    }
    drop(rows);
    let organization = record.organization.clone();
    let connector = store.connector(&organization).await?.unwrap_or_default();
    let links = store.links(&organization).await?;
    let group_links = store.group_links(&organization).await?;
    Ok(Loaded {
        plan: record.id.clone(),
        organization,
        changes,
        statuses,
        books: Books::new(links, group_links, connector.group_model),
        group_model: connector.group_model,
    })
}

/// Takes the lease; one that a dead process of this machine left is taken from it.
async fn begin(
    context: &ApplyContext<'_>,
    record: &PlanRecord,
    options: &ApplyOptions<'_>,
) -> Result<RunningApply, EngineError> {
    let store = context.acting.store;
    let own = Lease {
        owner: lease::this_process(),
        duration: lease::LEASE,
    };
    let under = options.cycle.map_or(Under::Lease(&own), Under::Cycle);
    let event = || {
        let data = json!({"plan": record.id, "organization": record.organization, "changes": record.changes});
        context
            .acting
            .event(EventKind::ApplyStarted, format!("plan:{}", record.id), data)
    };
    match store.begin_apply(&record.id, under, &[event()]).await {
        Err(StoreError::ConnectorBusy {
            organization,
            owner,
            ..
        }) if lease::is_dead(&owner) => {
            store
                .end_work_lease(&organization, &LeaseOwner::new(owner))
                .await?;
            Ok(store.begin_apply(&record.id, under, &[event()]).await?)
        }
        begun => Ok(begun?),
    }
}

async fn carry_out(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: Loaded,
    running: &RunningApply,
) -> Result<ApplyReport, EngineError> {
    let started = Instant::now();
    let statuses = load.statuses.clone();
    let settled = statuses
        .iter()
        .filter(|status| {
            !matches!(
                status,
                JournalStatus::Pending | JournalStatus::Intended { .. }
            )
        })
        .count();
    context.observer.event(ApplyEvent::Started {
        plan: load.plan.clone(),
        changes: load.changes.len() as u64,
        settled: settled as u64,
        open: running.open,
    });
    let ground = match ground(context, options, &load).await {
        Ok(ground) => ground,
        Err(error) => return halted(&load, &statuses, started, error),
    };
    let (pen, writer) = journal(context.acting.store, running);
    let (mut run, refusals) = prepare(context, options, load, (ground, pen))?;
    run.started = started;
    let work = async move {
        let carried = all(&mut run, &statuses, refusals).await;
        let report = run.report();
        // The writer ends when the last pen is gone.
        drop(run);
        carried.map(|()| report)
    };
    let (written, report) = tokio::join!(writer.run(), work);
    written?;
    report
}

async fn all(
    run: &mut Run<'_>,
    statuses: &[JournalStatus],
    refusals: Vec<(usize, Refusal)>,
) -> Result<(), EngineError> {
    let lost = |_: Lost| EngineError::Bug("a task of the apply ended without a word".to_owned());
    run.take_over(statuses).await.map_err(lost)?;
    run.look_up(statuses).await?;
    run.refuse(refusals).await.map_err(lost)?;
    run.carry_out().await.map_err(lost)
}

/// A token that is not accepted, or SCIM that is switched off, is found out before anything is sent.
fn halted(
    load: &Loaded,
    statuses: &[JournalStatus],
    started: Instant,
    error: EngineError,
) -> Result<ApplyReport, EngineError> {
    let EngineError::Miro { source, .. } = &error else {
        return Err(error);
    };
    let halt = match source.kind() {
        ErrorKind::BadCredentials => Halt::BadCredentials,
        ErrorKind::ScimDisabled => Halt::ScimDisabled,
        _ => return Err(error),
    };
    let count =
        |is: fn(&JournalStatus) -> bool| statuses.iter().filter(|one| is(one)).count() as u64;
    Ok(ApplyReport {
        plan: load.plan.clone(),
        ending: ApplyEnding::Halted { halt },
        changes: statuses.len() as u64,
        done: count(|status| matches!(status, JournalStatus::Done { .. })),
        failed: count(|status| matches!(status, JournalStatus::Failed { .. })),
        skipped: count(|status| matches!(status, JournalStatus::Skipped { .. })),
        left: count(|status| {
            matches!(
                status,
                JournalStatus::Pending | JournalStatus::Intended { .. }
            )
        }),
        failures: Vec::new(),
        verified: 0,
        unverified: 0,
        requests: BTreeMap::new(),
        credits: BTreeMap::new(),
        rate_limited: 0,
        default_team: None,
        elapsed: started.elapsed(),
    })
}

/// What is found out before anything is sent.
struct Ground {
    tools: Tools,
    /// How many users the list will have at the end.
    all_users: u64,
    emails: HashMap<usher_model::AccountId, String>,
}

async fn ground(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: &Loaded,
) -> Result<Ground, EngineError> {
    let tools = tools(context, options, load).await?;
    Ok(Ground {
        all_users: count_users(context, &load.changes).await?,
        emails: emails(context, load, &tools).await?,
        tools,
    })
}

/// What there is to work with. Asks what the access token may do, and, where nobody knows and it matters, what a SCIM
/// group is.
async fn tools(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: &Loaded,
) -> Result<Tools, EngineError> {
    let client = context.client;
    let there = |is_there: bool| {
        if is_there {
            Token::There
        } else {
            Token::Missing
        }
    };
    let mut tools = Tools {
        scim: there(client.scim().is_some()),
        rest: there(client.rest().is_some()),
        scopes: Known::Unknown,
        group_model: load.group_model.or(options.group_model),
    };
    if let Some(rest) = client.rest() {
        let asked = rest.token_context().await;
        let token = asked.map_err(EngineError::miro("asking what the access token may do"))?;
        if let Some(found) = token
            .organization
            .as_ref()
            .map(|found| OrganizationId::new(&found.id))
            && found != load.organization
        {
            return Err(EngineError::OtherOrganization {
                expected: load.organization.clone(),
                found,
            });
        }
        let scopes = token.scopes.as_ref().map(|scopes| {
            let known = scopes.iter().filter_map(|name| Scope::parse(name));
            known.collect::<BTreeSet<_>>()
        });
        tools.scopes = scopes.into();
    }
    let groups_matter = load
        .changes
        .iter()
        .any(|change| is_about_groups(&change.action));
    if let Some(scim) = client.scim()
        && groups_matter
        && !tools.group_model.is_known()
    {
        let model = scim.probe_group_model().await;
        let model = model.map_err(EngineError::miro("finding out what a SCIM group is"))?;
        tools.group_model = Known::Known(match model {
            usher_miro::GroupModel::Team => usher_model::GroupModel::Team,
            usher_miro::GroupModel::UserGroup => usher_model::GroupModel::UserGroup,
        });
    }
    Ok(tools)
}

fn is_about_groups(action: &Action) -> bool {
    matches!(
        action,
        Action::AddToTeam { .. }
            | Action::RemoveFromTeam { .. }
            | Action::RenameTeam { .. }
            | Action::AddToUserGroup { .. }
            | Action::RemoveFromUserGroup { .. }
            | Action::CreateUserGroup { .. }
            | Action::RenameUserGroup { .. }
            | Action::DeleteUserGroup { .. }
    )
}

/// Who goes by which means, in which order, in which calls.
fn prepare<'a>(
    context: &'a ApplyContext<'a>,
    options: &'a ApplyOptions<'a>,
    load: Loaded,
    (ground, pen): (Ground, Pen),
) -> Result<(Run<'a>, Vec<(usize, Refusal)>), EngineError> {
    let Ground {
        tools,
        all_users,
        emails,
    } = ground;
    let pace = Pace::of(context.client);
    let halt = tokio_util::sync::CancellationToken::new();
    let client = context.client.stopping_with(&halt);
    let graph = Graph::new(&load.changes).map_err(|error| EngineError::Bug(error.to_string()))?;
    let (tracks, refusals) = tracks(&load.changes, &tools);
    let is_open = |at: &usize| {
        let status = load.statuses.get(*at);
        status.is_some_and(|status| {
            matches!(
                status,
                JournalStatus::Pending | JournalStatus::Intended { .. }
            )
        })
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

/// How many users the list will have at the end.
async fn count_users(context: &ApplyContext<'_>, changes: &[Change]) -> Result<u64, EngineError> {
    let accounts = changes
        .iter()
        .filter(|change| account_changed(&change.action).is_some())
        .count();
    let Some(scim) = context.client.scim().filter(|_| accounts > 1) else {
        return Ok(1);
    };
    let there = scim.count_users(None).await;
    let there = there.map_err(EngineError::miro("counting users"))?;
    let created = changes
        .iter()
        .filter(|change| matches!(change.action, Action::CreateAccount { .. }))
        .count() as u64;
    Ok(there + created)
}

/// Addresses of accounts that REST has to be asked to bring into a team.
async fn emails(
    context: &ApplyContext<'_>,
    load: &Loaded,
    tools: &Tools,
) -> Result<HashMap<usher_model::AccountId, String>, EngineError> {
    let is_invited = |change: &Change| {
        matches!(change.action, Action::AddToTeam { .. })
            && means(&change.action, tools) == Ok(Means::RestTeam)
    };
    if !load.changes.iter().any(is_invited) {
        return Ok(HashMap::new());
    }
    let filter = AccountFilter::of(load.organization.clone());
    let mut rows = context.acting.store.accounts(&filter);
    let mut emails = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        emails.insert(row.account.id, row.account.email.as_str().to_owned());
    }
    Ok(emails)
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

    /// How it ended.
    fn report(&self) -> ApplyReport {
        let count = |standing| {
            let same = self
                .tracks
                .iter()
                .filter(|track| track.standing == standing);
            same.count() as u64
        };
        let meter = self.context.client.meter();
        let since = |now: &BTreeMap<&'static str, u64>, before: &BTreeMap<&'static str, u64>| {
            let more = now.iter().map(|(name, count)| {
                let before = before.get(name).copied().unwrap_or(0);
                (*name, count.saturating_sub(before))
            });
            more.filter(|(_, count)| *count > 0).collect()
        };
        let before = &self.meter_before;
        ApplyReport {
            plan: self.plan.clone(),
            ending: self.ending.unwrap_or(ApplyEnding::Applied),
            changes: self.changes.len() as u64,
            done: count(Standing::Done),
            failed: count(Standing::Failed),
            skipped: count(Standing::Skipped),
            left: count(Standing::Open),
            failures: self.failures.clone(),
            verified: self.verified,
            unverified: self.unverified,
            requests: since(&meter.requests, &before.requests),
            credits: since(&meter.credits, &before.credits),
            rate_limited: meter.rate_limited.saturating_sub(before.rate_limited),
            default_team: self.books.default_team().cloned(),
            elapsed: self.started.elapsed(),
        }
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

async fn finish(
    context: &ApplyContext<'_>,
    running: &RunningApply,
    report: &ApplyReport,
) -> Result<(), EngineError> {
    let store = context.acting.store;
    let why = match report.ending {
        ApplyEnding::Applied => None,
        ApplyEnding::Interrupted => Some("it was told to stop"),
        ApplyEnding::Halted {
            halt: Halt::BadCredentials,
        } => Some("Miro does not accept a token"),
        ApplyEnding::Halted {
            halt: Halt::ScimDisabled,
        } => Some("SCIM is switched off in the organization"),
        ApplyEnding::MassFailure => Some("too much failed"),
    };
    let (kind, end) = match why {
        None => (EventKind::ApplyFinished, ApplyEnd::Applied),
        Some(why) => (
            EventKind::ApplyInterrupted,
            ApplyEnd::Interrupted {
                why: why.to_owned(),
            },
        ),
    };
    let data = json!({
        "plan": report.plan, "organization": running.organization(), "why": why, "changes": report.changes,
        "done": report.done, "failed": report.failed, "skipped": report.skipped, "left": report.left,
        "verified": report.verified,
    });
    let event = context
        .acting
        .event(kind, format!("plan:{}", report.plan), data);
    store.finish_apply(running, &end, &[event]).await?;
    if let Some(team) = &report.default_team {
        let learn = |connector: &mut usher_store::ConnectorRecord| {
            if !connector.default_team.is_known() {
                connector.default_team = Known::Known(team.clone());
            }
        };
        store
            .update_connector(running.organization(), learn, &[])
            .await?;
    }
    Ok(())
}
