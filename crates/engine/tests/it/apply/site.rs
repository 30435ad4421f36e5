//! A sandbox with a database that knows it, plans made by hand, and what became of them.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use futures::TryStreamExt;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use usher_engine::apply::{
    ApplyContext, ApplyEvent, ApplyObserver, ApplyOptions, ApplyReport, apply,
};
use usher_engine::{Acting, EngineError};
use usher_miro::{LimitProfile, MiroClient, MiroSettings, ScimPool};
use usher_model::{
    AccountId, Actor, GroupModel, Known, OrganizationId, Origin, PersonId, PlanId, TeamId,
};
use usher_plan::{
    AccountRef, Action, Change, ChangeKey, Consequence, Reason, TargetAttribute, TargetAttributes,
    TargetValue, TeamRef, Urgency,
};
use usher_sandbox::switches::{RateBuckets, Switches};
use usher_sandbox::world::World as MiroWorld;
use usher_sandbox::{LimitSettings, OrganizationSource, SandboxSettings};
use usher_store::{
    ChangeFilter, JournalState, JournalStatus, NewPlan, Over, PlanState, PlannedChange, Removes,
    Supersedes, Undo,
};

use crate::support::{Tokens, World};

pub const SCALE: f64 = 100.0;

pub struct Site {
    pub world: World,
    pub organization: OrganizationId,
}

/// Everything was carried out, so many changes, and nothing failed.
#[track_caller]
pub fn assert_all_done(report: &ApplyReport, changes: u64) {
    let (done, failed) = (report.done, report.failed);
    assert_eq!((done, failed), (changes, 0), "{:#?}", report.failures);
}

/// Changes of a plan, numbered as they are added.
#[derive(Default)]
pub struct Changes(pub Vec<Change>);

impl Changes {
    pub fn add(&mut self, label: &str, action: Action, after: &[u32]) -> u32 {
        self.add_urgent(label, action, after, Urgency::Normal)
    }

    pub fn add_urgent(
        &mut self,
        label: &str,
        action: Action,
        after: &[u32],
        urgency: Urgency,
    ) -> u32 {
        let number = u32::try_from(self.0.len() + 1).unwrap();
        let person = match &action {
            Action::CreateAccount { person, .. } | Action::LinkAccount { person, .. } => {
                Some(person.clone())
            }
            _ => None,
        };
        self.0.push(Change {
            number,
            key: ChangeKey(format!("{:?}", action)),
            person,
            label: label.to_owned(),
            action,
            reasons: vec![Reason::EveryoneInScope],
            consequences: Vec::<Consequence>::new(),
            after: after.to_vec(),
            urgency,
        });
        number
    }

    pub fn create(&mut self, email: &str) -> u32 {
        self.create_with(email, &[])
    }

    pub fn create_with(&mut self, email: &str, more: &[(TargetAttribute, &str)]) -> u32 {
        let text = |text: &str| Some(TargetValue::Text(text.into()));
        let mut attributes = TargetAttributes::from([
            (TargetAttribute::UserName, text(email)),
            (TargetAttribute::DisplayName, text(&name(email))),
        ]);
        attributes.extend(
            more.iter()
                .map(|(attribute, value)| (*attribute, text(value))),
        );
        let action = Action::CreateAccount {
            person: person(email),
            attributes,
        };
        self.add(email, action, &[])
    }

    pub fn create_team(&mut self, name: &str) -> u32 {
        let action = Action::CreateTeam {
            name: name.to_owned(),
            group: None,
        };
        self.add(name, action, &[])
    }

    pub fn join(&mut self, account: AccountRef, team: TeamRef, after: &[u32]) -> u32 {
        self.add("member", Action::AddToTeam { account, team }, after)
    }
}

pub fn person(email: &str) -> PersonId {
    PersonId::new(format!("person of {email}"))
}

pub fn new(email: &str) -> AccountRef {
    AccountRef::New(person(email))
}

pub fn name(email: &str) -> String {
    email.split('@').next().unwrap_or_default().to_owned()
}

/// A company of five in three teams.
pub const ACME: &str = "
organization: { name: Acme, seats: 20, allowed_domains: [acme.com], claimed_domains: [acme.com] }
users:
  - { email: boss@acme.com, name: The Boss, role: admin, registration: complete }
  - { email: ada@acme.com, name: Ada, registration: complete, department: Art }
  - { email: bob@acme.com, name: Bob, license: Free Restricted, registration: complete }
  - { email: cyd@acme.com, name: Cyd, registration: complete, active: false }
  - { email: dan@acme.com, name: Dan, registration: complete }
teams:
  - { name: Everyone, admins: [boss@acme.com], members: [ada@acme.com, bob@acme.com, dan@acme.com] }
  - { name: Design, admins: [boss@acme.com], members: [ada@acme.com] }
  - { name: Sales, admins: [dan@acme.com], members: [ada@acme.com, bob@acme.com] }
groups:
  - { name: Auditors, members: [bob@acme.com] }
";

pub fn acme(switches: Switches) -> SandboxSettings {
    SandboxSettings {
        organization: OrganizationSource::Text(ACME.to_owned()),
        switches,
        limits: LimitSettings {
            enforced: true,
            time_scale: SCALE,
        },
        ..SandboxSettings::default()
    }
}

impl Site {
    pub async fn acme() -> Self {
        Self::with(acme(Switches::default())).await
    }

    pub async fn with(settings: SandboxSettings) -> Self {
        let model = match settings.switches.group_model {
            usher_sandbox::switches::GroupModel::Team => GroupModel::Team,
            usher_sandbox::switches::GroupModel::UserGroup => GroupModel::UserGroup,
        };
        let world = World::with(settings).await;
        world.sync(Tokens::Both).await;
        let organization = world.organization().await;
        let site = Self {
            world,
            organization,
        };
        site.world
            .store
            .update_connector(
                &site.organization,
                |connector| connector.group_model = Known::Known(model),
                &[],
            )
            .await
            .unwrap();
        site.world.sandbox.state().log.reset();
        site
    }

    pub fn client(&self, tokens: Tokens) -> MiroClient {
        MiroClient::new(self.settings_of(tokens)).unwrap()
    }

    fn settings_of(&self, tokens: Tokens) -> MiroSettings {
        let access = (tokens != Tokens::Scim).then(|| self.world.sandbox.access_token.clone());
        let scim = (tokens != Tokens::Rest).then(|| self.world.sandbox.scim_token.clone());
        let pool = match self.world.sandbox.state().switches.rate_buckets {
            RateBuckets::PerMethod => ScimPool::PerClass,
            RateBuckets::Shared => ScimPool::Shared,
        };
        self.settings_with(access, scim, pool)
    }

    pub fn client_with(
        &self,
        access_token: Option<secrecy::SecretString>,
        scim_token: Option<secrecy::SecretString>,
        scim_pool: ScimPool,
    ) -> MiroClient {
        MiroClient::new(self.settings_with(access_token, scim_token, scim_pool)).unwrap()
    }

    fn settings_with(
        &self,
        access_token: Option<secrecy::SecretString>,
        scim_token: Option<secrecy::SecretString>,
        scim_pool: ScimPool,
    ) -> MiroSettings {
        MiroSettings {
            rest_url: self.world.sandbox.rest_url(),
            scim_url: self.world.sandbox.scim_url(),
            access_token,
            scim_token,
            limits: LimitProfile {
                reserve: usher_engine::apply::RESERVE,
                scim_pool,
                ..LimitProfile::default()
            },
            time_scale: SCALE,
            retry_pause: Duration::from_millis(2),
            timeout: Duration::from_secs(5),
            ..MiroSettings::default()
        }
    }

    pub async fn save(&self, changes: &Changes) -> PlanId {
        let id = self.world.store.new_plan_id();
        let planned = changes.0.iter().map(|change| PlannedChange {
            number: change.number,
            key: change.key.to_string(),
            kind: change.action.kind().words().to_owned(),
            person: change.person.clone(),
            account: match change.action.account() {
                Some(AccountRef::Existing(id)) => Some(id),
                _ => None,
            },
            label: change.label.clone(),
            removes: if change.action.kind().is_removal() {
                Removes::Access
            } else {
                Removes::Nothing
            },
            undo: Undo::Possible,
            document: serde_json::to_value(change).unwrap(),
        });
        let plan = NewPlan {
            id: id.clone(),
            organization: self.organization.clone(),
            state: PlanState::Ready,
            created_at: self.world.clock.now(),
            parent: None,
            basis_hash: String::new(),
            counts: json!({}),
            document: json!({}),
            report: json!({}),
            changes: planned.collect(),
            supersedes: Supersedes::Older,
            over: Over::default(),
        };
        self.world.store.save_plan(&plan, &[]).await.unwrap();
        id
    }

    pub async fn apply(&self, plan: &PlanId) -> ApplyReport {
        self.apply_with(&self.client(Tokens::Both), plan)
            .await
            .unwrap()
    }

    pub async fn apply_with(
        &self,
        client: &MiroClient,
        plan: &PlanId,
    ) -> Result<ApplyReport, EngineError> {
        let stop = CancellationToken::new();
        self.apply_until(client, plan, stop, &Listener::default())
            .await
    }

    pub async fn apply_until(
        &self,
        client: &MiroClient,
        plan: &PlanId,
        stop: CancellationToken,
        observer: &Listener,
    ) -> Result<ApplyReport, EngineError> {
        let context = ApplyContext {
            acting: Acting {
                store: &self.world.store,
                clock: &*self.world.clock,
                actor: &Actor::System,
                origin: Origin::CommandLine,
            },
            client,
            observer,
            stop,
        };
        let options = ApplyOptions {
            retry_pause: Duration::from_millis(5),
            progress_every: Duration::from_millis(20),
            ..ApplyOptions::default()
        };
        apply(&context, plan, &options).await
    }

    /// Plans and applies with both tokens.
    pub async fn carry_out(&self, changes: &Changes) -> ApplyReport {
        let plan = self.save(changes).await;
        self.apply(&plan).await
    }

    pub fn miro<T>(&self, look: impl FnOnce(&MiroWorld) -> T) -> T {
        look(&self.world.sandbox.state().world.read())
    }

    pub fn account(&self, email: &str) -> AccountId {
        self.miro(|miro| {
            let key = miro
                .find_user_by_email(email)
                .unwrap_or_else(|| panic!("no {email}"));
            AccountId::new(miro.user(key).id.to_string())
        })
    }

    pub fn team(&self, name: &str) -> TeamId {
        self.miro(|miro| {
            let key = miro.teams_after(0).find(|key| miro.team(*key).name == name);
            TeamId::new(
                miro.team(key.unwrap_or_else(|| panic!("no {name}")))
                    .id
                    .to_string(),
            )
        })
    }

    /// The addresses of a team's members.
    pub fn members(&self, team: &str) -> BTreeSet<String> {
        self.miro(|miro| {
            let key = miro.teams_after(0).find(|key| miro.team(*key).name == team);
            let members = miro.team(key.unwrap()).members().iter();
            members
                .map(|one| miro.user(one.user).user_name.to_string())
                .collect()
        })
    }

    pub fn is_active(&self, email: &str) -> Option<bool> {
        self.miro(|miro| {
            let key = miro.find_user_by_email(email)?;
            let user = miro.user(key);
            user.is_present().then_some(user.active)
        })
    }

    /// How often a route was asked for, by the name that the client has for it.
    pub fn asked(&self, route: &str) -> u64 {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path
            .replace("{org_id}", "{org}")
            .replace("{team_id}", "{team}")
            .replace("{group_id}", "{group}")
            .replace("{member_id}", "{member}");
        let path = if path.starts_with("/v") {
            path
        } else {
            format!("/api/v1/scim{path}")
        };
        let report = self.world.sandbox.state().log.report();
        let count = report.by_route.get(format!("{method} {path}").as_str());
        count.copied().unwrap_or(0)
    }

    pub fn refused_for_the_limit(&self) -> u64 {
        let report = self.world.sandbox.state().log.report();
        report.by_status.get(&429).copied().unwrap_or(0)
    }

    pub fn fault(&self, rule: &str) {
        self.world.sandbox.state().faults.add(rule.parse().unwrap());
    }

    pub async fn statuses(&self, plan: &PlanId) -> Vec<JournalStatus> {
        let rows = self.world.store.journal(plan, &ChangeFilter::default());
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        rows.into_iter().map(|row| row.status).collect()
    }

    pub async fn state(&self, plan: &PlanId, number: usize) -> JournalState {
        self.statuses(plan).await[number - 1].state()
    }

    pub async fn detail(&self, plan: &PlanId, number: usize) -> Value {
        match &self.statuses(plan).await[number - 1] {
            JournalStatus::Failed { error, detail, .. } => {
                json!({"error": error, "detail": detail})
            }
            JournalStatus::Skipped { why, .. } => json!({"why": why}),
            other => json!(other),
        }
    }

    pub async fn plan_state(&self, plan: &PlanId) -> PlanState {
        self.world.store.plan(plan).await.unwrap().unwrap().state
    }

    /// The inventory as the database knows it: addresses with their status, and memberships with their roles.
    pub async fn inventory(&self) -> BTreeSet<String> {
        let loaded = self
            .world
            .store
            .load_inventory(&self.organization)
            .await
            .unwrap();
        let mut facts = BTreeSet::new();
        let mut emails = std::collections::HashMap::new();
        for account in loaded.accounts {
            emails.insert(account.id.clone(), account.email.to_string());
            facts.insert(format!(
                "{} {} {:?} {:?} {:?}",
                account.email,
                account.status.as_str(),
                account.display_name,
                account.role,
                account.license
            ));
        }
        for team in loaded.teams {
            for (account, role) in team.members {
                let email = emails.get(&account).cloned().unwrap_or_default();
                facts.insert(format!("{email} in {} as {role:?}", team.team.name));
            }
        }
        for group in loaded.user_groups {
            for account in group.members {
                let email = emails.get(&account).cloned().unwrap_or_default();
                facts.insert(format!("{email} in group {}", group.user_group.name));
            }
        }
        facts
    }

    /// What the inventory says after the apply is what a synchronization sees. A role that it does not know may be any.
    pub async fn assert_inventory_is_true(&self) {
        let told = self.inventory().await;
        self.world.sandbox.state().faults.clear();
        self.world.sync(Tokens::Both).await;
        let seen = self.inventory().await;
        let with_its_role = |fact: String| match fact.strip_suffix("Unknown") {
            Some(membership) if membership.ends_with(" as ") => {
                let same = seen.iter().find(|one| one.starts_with(membership));
                same.cloned().unwrap_or(fact)
            }
            _ => fact,
        };
        let told: BTreeSet<String> = told.into_iter().map(with_its_role).collect();
        let wrong: Vec<_> = told.symmetric_difference(&seen).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// Remembers what an apply said.
#[derive(Default)]
pub struct Listener {
    pub events: Mutex<Vec<ApplyEvent>>,
    /// Cancelled after so many changes are over.
    pub stop_after: Option<(usize, CancellationToken)>,
}

impl ApplyObserver for Listener {
    fn event(&self, event: ApplyEvent) {
        let mut events = self.events.lock().unwrap();
        events.push(event);
        if let Some((count, stop)) = &self.stop_after {
            let over = events
                .iter()
                .filter(|event| matches!(event, ApplyEvent::Changed { .. }))
                .count();
            if over >= *count {
                stop.cancel();
            }
        }
    }
}
