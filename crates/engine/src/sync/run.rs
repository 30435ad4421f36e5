//! What is shared by everything that reads in one synchronization.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use futures::TryStreamExt;
use serde_json::json;
use usher_miro::{ClientMeter, ErrorKind, MiroClient, MiroError, Permanence};
use usher_model::{AccountId, Clock, Event, EventKind, OrganizationId, TeamId, UserGroupId};
use usher_store::{
    MemberGroup, Part, PartKey, RunningSync, StagedOutcome, StagedPage, Store, StoreError, View,
};

use crate::EngineError;
use crate::sync::connection::Connection;
use crate::sync::report::RequestReport;
use crate::sync::second_look::SecondLook;
use crate::sync::{Listed, Observer, Oddities, Progress, SyncEvent, SyncOptions, Workload, lease};
use crate::sync::{eta, scim_reading};

/// What a synchronization works with.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub store: &'a Store,
    pub client: &'a MiroClient,
    pub options: &'a SyncOptions,
    pub clock: &'a dyn Clock,
    pub observer: &'a dyn Observer,
}

impl Context<'_> {
    /// An event by whoever asked for the synchronization.
    pub fn event(&self, kind: EventKind, subject: String, data: serde_json::Value) -> Event {
        event(self.store, self.clock, self.options, kind, subject, data)
    }
}

/// An event by whoever asked for the synchronization.
pub(super) fn event(
    store: &Store,
    clock: &dyn Clock,
    options: &SyncOptions,
    kind: EventKind,
    subject: String,
    data: serde_json::Value,
) -> Event {
    Event {
        id: store.new_event_id(),
        at: clock.now(),
        actor: options.actor.clone(),
        origin: options.origin,
        kind,
        subject,
        data,
    }
}

/// What a client counted since an earlier look at it.
fn since(
    now: &BTreeMap<&'static str, u64>,
    before: &BTreeMap<&'static str, u64>,
) -> BTreeMap<String, u64> {
    now.iter()
        .map(|(name, count)| {
            (
                (*name).to_owned(),
                count - before.get(name).copied().unwrap_or(0),
            )
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// What is shared by everything that reads in one synchronization.
pub(super) struct Run<'a> {
    context: Context<'a>,
    sync: RunningSync,
    kept: HashMap<PartKey, Part>,
    baseline: ClientMeter,
    began: Instant,
    state: std::sync::Mutex<State>,
}

/// What changes while a synchronization runs.
#[derive(Debug, Default)]
pub(super) struct State {
    /// How far it is.
    pub progress: Progress,
    /// Values nobody published.
    pub oddities: Oddities,
    /// What the reader should know.
    pub notices: Vec<String>,
    /// Lists that could not be read to their end.
    pub unread: Vec<(String, String)>,
    /// Teams and user groups that were listed and are gone.
    pub vanished: BTreeSet<MemberGroup>,
    /// People who came or went while their lists were read.
    pub second_look: Option<SecondLook>,
    /// Optional reads, by name.
    pub optional: BTreeMap<String, u64>,
}

impl<'a> Run<'a> {
    pub fn new(context: Context<'a>, sync: RunningSync, baseline: ClientMeter) -> Self {
        let kept = sync
            .parts
            .iter()
            .map(|part| (part.key.clone(), part.clone()))
            .collect();
        Self {
            context,
            sync,
            kept,
            baseline,
            began: Instant::now(),
            state: std::sync::Mutex::default(),
        }
    }

    pub fn context(&self) -> Context<'a> {
        self.context
    }

    pub fn store(&self) -> &Store {
        self.context.store
    }

    pub fn sync(&self) -> &RunningSync {
        &self.sync
    }

    pub fn options(&self) -> &SyncOptions {
        self.context.options
    }

    pub fn clock(&self) -> &dyn Clock {
        self.context.clock
    }

    pub fn organization(&self) -> &OrganizationId {
        &self.sync.organization
    }

    pub fn with_state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(
            &mut self
                .state
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// Where to begin a list: `None` when an interrupted run has read it to its end, else the cursor behind
    /// the last page that is stored (`Some(None)`: at the beginning).
    #[expect(
        clippy::option_option,
        reason = "whether to read, and from where, are two questions"
    )]
    pub fn position(&self, key: &PartKey) -> Option<Option<String>> {
        match self.kept.get(key) {
            Some(part) if part.done => None,
            Some(part) => Some(part.cursor.clone()),
            None => Some(None),
        }
    }

    /// Stores a page, and says how far the run is.
    pub async fn stage(&self, page: &StagedPage) -> Result<StagedOutcome, EngineError> {
        let outcome = self.context.store.stage_page(&self.sync, page).await?;
        self.tell_progress();
        Ok(outcome)
    }

    /// Teams that an interrupted run had listed.
    pub async fn staged_team_ids(&self) -> Result<Vec<TeamId>, EngineError> {
        if !self.kept.contains_key(&PartKey::Teams) {
            return Ok(Vec::new());
        }
        let teams = self.context.store.staged_teams(&self.sync, View::Rest);
        let teams: Vec<TeamId> = teams.map_ok(|team| team.id).try_collect().await?;
        self.with_state(|state| state.progress.teams += teams.len() as u64);
        Ok(teams)
    }

    pub fn teams_fully_listed(&self) {
        self.with_state(|state| state.progress.teams_listed = Listed::Fully);
    }

    pub fn team_done(&self) {
        self.with_state(|state| state.progress.teams_read += 1);
        self.tell_progress();
    }

    /// A team that was listed, and does not exist any more.
    pub fn team_vanished(&self, team: &TeamId) {
        self.with_state(|state| {
            state.vanished.insert(MemberGroup::Team(team.clone()));
            state.progress.teams = state.progress.teams.saturating_sub(1);
        });
        self.notice(format!(
            "team {team} was deleted while the organization was read; it is left out"
        ));
    }

    /// A user group that was listed, and does not exist any more.
    pub fn user_group_vanished(&self, group: &UserGroupId) {
        let vanished = MemberGroup::UserGroup(group.clone());
        self.with_state(|state| state.vanished.insert(vanished));
        self.notice(format!(
            "user group {group} was deleted while the organization was read; it is left out"
        ));
    }

    /// What was listed, and did not exist any more when its members were read.
    pub fn vanished(&self) -> BTreeSet<MemberGroup> {
        self.with_state(|state| state.vanished.clone())
    }

    /// People who left while the organization was read.
    pub fn gone(&self) -> BTreeSet<AccountId> {
        self.with_state(|state| state.second_look.as_ref().map(|look| look.gone.clone()))
            .unwrap_or_default()
    }

    pub fn count_optional(&self, name: &str) {
        self.with_state(|state| *state.optional.entry(name.to_owned()).or_default() += 1);
    }

    pub fn notice(&self, notice: String) {
        self.context.observer.event(SyncEvent::Noticed {
            notice: notice.clone(),
        });
        self.with_state(|state| state.notices.push(notice));
    }

    /// A page could not be read. What may pass, or needs another token, ends the run, which can be resumed;
    /// anything else makes the snapshot suspect, and the other lists are read all the same.
    pub fn unread(&self, key: &PartKey, error: MiroError) -> Result<(), EngineError> {
        let part = in_words(key);
        if error.permanence() == Permanence::NeedsAdmin
            || matches!(error.kind(), ErrorKind::Unreachable(_))
        {
            return Err(EngineError::miro(format!("reading {part}"))(error));
        }
        self.notice(format!("{part} could not be read to the end: {error}"));
        self.with_state(|state| state.unread.push((part, error.to_string())));
        Ok(())
    }

    pub fn pages_kept(&self) -> u64 {
        self.kept.values().map(|part| part.pages).sum()
    }

    pub fn announce(&self, connection: &Connection, accounts_before: u64) {
        self.with_state(|state| {
            let items = |key| self.kept.get(&key).map_or(0, |part| part.items);
            state.progress.accounts = items(PartKey::Members);
            state.progress.names = items(PartKey::ScimUsers);
            state.progress.accounts_expected = (accounts_before > 0).then_some(accounts_before);
        });
        self.context.observer.event(SyncEvent::Started {
            sync: self.sync.id.clone(),
            organization: self.sync.organization.clone(),
            organization_name: connection.organization.name.clone().known(),
            sources: self.sync.sources,
            pages_kept: self.pages_kept(),
        });
    }

    /// Tells the observer how far the run is.
    pub fn tell_progress(&self) {
        let meter = self.context.client.meter();
        let progress = self.with_state(|state| {
            let progress = &mut state.progress;
            progress.requests = meter
                .total_requests()
                .saturating_sub(self.baseline.total_requests());
            progress.lane_wait = meter.lane_wait.saturating_sub(self.baseline.lane_wait);
            progress.waiting = meter.current_wait();
            progress.eta = eta::of_run(progress, &meter, self.began.elapsed());
            progress.clone()
        });
        self.context.observer.event(SyncEvent::Progressed(progress));
    }

    /// Renews the lease until it is lost.
    pub async fn keep_lease(&self) -> EngineError {
        let renew = || self.context.store.renew_lease(&self.sync);
        match lease::keep(lease::RENEWAL, renew).await {
            StoreError::LeaseLost { sync } => EngineError::TakenOver(sync),
            lost => lost.into(),
        }
    }

    /// Gives the lease back after a failure, so that the next run need not wait, and records it.
    pub async fn give_up(&self, error: &EngineError) {
        let data = json!({"error": error.to_string(), "resumable": true});
        let subject = format!("sync:{}", self.sync.id);
        let event = self.context.event(EventKind::SyncFailed, subject, data);
        // Best effort: the failure that is reported is the one that came first.
        let _ = self.context.store.append_events(&[event]).await;
        let owner = &self.sync.lease().owner;
        let _ = self
            .context
            .store
            .end_lease(&self.sync.organization, owner)
            .await;
    }

    pub async fn request_report(&self) -> Result<RequestReport, EngineError> {
        let meter = self.context.client.meter();
        let workload = self.workload().await?;
        let resumed = self.pages_kept() > 0;
        let before = &self.baseline;
        Ok(RequestReport {
            total: meter
                .total_requests()
                .saturating_sub(before.total_requests()),
            floor: (!resumed).then(|| workload.floor()),
            workload,
            by_route: since(&meter.requests, &before.requests),
            credits: since(&meter.credits, &before.credits),
            refused: meter.rate_limited - before.rate_limited,
            retries: meter.retries - before.retries,
            lane_wait: meter.lane_wait.saturating_sub(before.lane_wait),
        })
    }

    async fn workload(&self) -> Result<Workload, EngineError> {
        let mut work = Workload::default();
        for part in self.context.store.parts(&self.sync).await? {
            match part.key {
                PartKey::Members => work.members = Some(part.items),
                PartKey::TeamMembers(_) => work.add_team(part.items),
                PartKey::ScimUsers => work.scim_users = Some((part.items, scim_reading::PAGE)),
                _ => {}
            }
        }
        work.optional = self.with_state(|state| state.optional.clone());
        Ok(work)
    }
}

/// A list, in the reader's words.
pub(super) fn in_words(key: &PartKey) -> String {
    match key {
        PartKey::Members => "members".to_owned(),
        PartKey::ScimUsers => "SCIM users".to_owned(),
        PartKey::ScimGroups => "SCIM groups".to_owned(),
        PartKey::Teams => "teams".to_owned(),
        PartKey::TeamMembers(team) => format!("members of team {team}"),
        PartKey::UserGroups => "user groups".to_owned(),
        PartKey::UserGroupMembers(group) => format!("members of user group {group}"),
    }
}
