//! Provisioning one person now, step by step.

use serde::Serialize;
use serde_json::{Value, json};
use usher_boxed::boxed;
use usher_miro::MiroClient;
use usher_model::{AccountId, EventKind, OrganizationId, Person, PersonId};
use usher_plan::{
    Action, Assigned, Change, CompiledScope, GroupIndex, Guard, ScopeVerdict, Skipped,
};
use usher_store::{Lifecycle, PlanState, Verdict};

use crate::apply::{ApplyContext, ApplyOptions, ApplyReport};
use crate::cycle::Touched;
use crate::cycle::rereading::reread_accounts;
use crate::provisioning::carry_out::set_aside_unbegun;
use crate::provisioning::supersede;
use crate::provisioning::{
    Assembled, Care, CarriedOut, InQuarantine, MadePlan, PlanOrder, WhyHeld, assemble, carry_out,
    decide, make_plan, refuse_quarantine,
};
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// Whether anything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is changed in Miro.
    DryRun,
    /// It is done.
    Apply,
}

/// The steps of provisioning one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OneStep {
    /// Asking Miro.
    Connect,
    /// Reading the person and the account.
    Import,
    /// Whether the person is in scope.
    Scope,
    /// Which account is the person's.
    Match,
    /// What is done.
    Act,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It went well.
    Done,
    /// There was nothing to do in it.
    Skipped,
    /// It ended here.
    Failed,
}

/// A step and how it went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Which.
    pub step: OneStep,
    /// How it went.
    pub outcome: StepOutcome,
    /// In words.
    pub words: String,
    /// The particulars.
    pub facts: Value,
}

/// What provisioning one person came to.
#[derive(Clone, Debug, Serialize)]
pub struct Provisioned {
    /// The person.
    pub person: PersonId,
    /// How the person is named to people.
    pub label: String,
    /// The steps in order; the last one says where it ended.
    pub steps: Vec<Step>,
    /// The changes of the plan.
    pub changes: Vec<Change>,
    /// Why the plan waits for somebody's yes beyond the one that was given by asking.
    pub why_held: Vec<WhyHeld>,
    /// What was applied.
    pub applied: Option<ApplyReport>,
}

/// Provisions one person now: connect, import, scope, match, act. Each step is told; with [`Mode::DryRun`] nothing is
/// changed in Miro. Asking for it is the approval, also before the connector's first cycle; other guards still hold.
///
/// `text` names the person by id, e-mail address or user name.
#[boxed(local)]
pub async fn provision_one(
    context: &ApplyContext<'_>,
    organization: &OrganizationId,
    text: &str,
    mode: Mode,
    care: Care<'_>,
) -> Result<Provisioned, EngineError> {
    let acting = context.acting;
    let person = find(acting, text).await?;
    let mut told = Provisioned {
        person: person.id.clone(),
        label: person.label(),
        steps: Vec::new(),
        changes: Vec::new(),
        why_held: Vec::new(),
        applied: None,
    };
    let asked = match mode {
        Mode::DryRun => Ok(()),
        Mode::Apply => may_write(acting, organization, care.in_quarantine).await,
    };
    if let Err(error) = asked {
        fail(&mut told, OneStep::Connect, &error);
        return Ok(told);
    }
    if let Err(error) = connect(context.client, organization, &mut told).await {
        fail(&mut told, OneStep::Connect, &error);
        return Ok(told);
    }
    if let Err(error) = import(acting, context.client, organization, &person, &mut told).await {
        fail(&mut told, OneStep::Import, &error);
        return Ok(told);
    }
    let world = assemble(acting.store, organization, acting.now()).await?;
    if !scope(acting, &world, &person, &mut told)? {
        // Somebody out of scope who has an account is disabled: the plan says so.
        tracing::debug!(person = %person.id, "out of scope");
    }
    let order = PlanOrder {
        only: vec![person.id.clone()],
        ..PlanOrder::default()
    };
    let made = make_plan(acting, organization, &order, Some(context.client)).await?;
    matched(&world, &made, &person, &mut told);
    if let Some(made) = held_back(acting, made, mode, &mut told).await? {
        act(context, organization, &made, care, &mut told).await?;
    }
    Ok(told)
}

/// Whether anything may be written to Miro now.
async fn may_write(
    acting: Acting<'_>,
    organization: &OrganizationId,
    in_quarantine: InQuarantine,
) -> Result<(), EngineError> {
    let connector = acting.store.connector(organization).await?;
    if connector.unwrap_or_default().lifecycle == Lifecycle::Inactive {
        return Err(Refused::Inactive(organization.clone()).into());
    }
    refuse_quarantine(acting, organization, in_quarantine).await
}

fn tell(told: &mut Provisioned, step: OneStep, outcome: StepOutcome, words: String, facts: Value) {
    told.steps.push(Step {
        step,
        outcome,
        words,
        facts,
    });
}

fn fail(told: &mut Provisioned, step: OneStep, error: &EngineError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let facts = json!({"cause": cause, "hint": error.hint()});
    let words = match cause {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    tell(told, step, StepOutcome::Failed, words, facts);
}

async fn find(acting: Acting<'_>, text: &str) -> Result<Person, EngineError> {
    let exact = |person: &Person| {
        person.id.as_str() == text
            || person
                .email()
                .is_some_and(|email| email.as_str().eq_ignore_ascii_case(text))
    };
    let mut found = acting.store.find_people(text).await?;
    if found.len() > 1 && found.iter().filter(|person| exact(person)).count() == 1 {
        found.retain(exact);
    }
    match (found.pop(), found.len()) {
        (Some(person), 0) => Ok(person),
        (one, others) => Err(Refused::WhichPerson {
            text: text.to_owned(),
            found: others + usize::from(one.is_some()),
        }
        .into()),
    }
}

async fn connect(
    client: &MiroClient,
    organization: &OrganizationId,
    told: &mut Provisioned,
) -> Result<(), EngineError> {
    if let Some(rest) = client.rest() {
        let token = rest.token_context().await;
        let token = token.map_err(EngineError::miro("asking Miro about the access token"))?;
        let found = token
            .organization
            .as_ref()
            .map(|found| OrganizationId::new(&found.id));
        if let Some(found) = found.filter(|found| found != organization) {
            return Err(EngineError::OtherOrganization {
                expected: organization.clone(),
                found,
            });
        }
    }
    let mut users = None;
    if let Some(scim) = client.scim() {
        let count = scim.count_users(None).await;
        users = Some(count.map_err(EngineError::miro("asking SCIM how many users there are"))?);
    }
    let facts = json!({
        "organization": organization, "rest": client.rest().is_some(), "scim": client.scim().is_some(), "users": users,
    });
    let words = format!("Miro accepts the tokens for organization {organization}");
    tell(told, OneStep::Connect, StepOutcome::Done, words, facts);
    Ok(())
}

/// Reads the person's account anew, so that the plan is about what is there now.
async fn import(
    acting: Acting<'_>,
    client: &MiroClient,
    organization: &OrganizationId,
    person: &Person,
    told: &mut Provisioned,
) -> Result<(), EngineError> {
    if acting.store.last_published(organization).await?.is_none() {
        return Err(Refused::NeverRead(organization.clone()).into());
    }
    let world = assemble(acting.store, organization, acting.now()).await?;
    let linked = world
        .desired
        .links
        .iter()
        .find(|link| link.person == person.id);
    let mut touched = Touched::default();
    touched
        .accounts
        .extend(linked.map(|link| link.account.clone()));
    touched
        .addresses
        .extend(person.email().map(|email| email.folded()));
    let seen = reread_accounts(client, &world.inventory, touched).await?;
    acting
        .store
        .observe(organization, &seen, acting.now(), &[])
        .await?;
    let found = seen.accounts.first();
    let words = match found {
        Some(account) => format!(
            "{} is in the directory ({}), and has the account {} in Miro ({})",
            person.label(),
            person.status.as_str(),
            account.id,
            account.status.as_str()
        ),
        None => format!(
            "{} is in the directory ({})",
            person.label(),
            person.status.as_str()
        ),
    };
    let facts = json!({"person": person, "account": found});
    tell(told, OneStep::Import, StepOutcome::Done, words, facts);
    Ok(())
}

fn scope(
    acting: Acting<'_>,
    world: &Assembled,
    person: &Person,
    told: &mut Provisioned,
) -> Result<bool, EngineError> {
    let groups = GroupIndex::build(&world.desired.groups);
    let compiled = CompiledScope::compile(&world.settings.scope, &groups).map_err(|problems| {
        usher_plan::PlanError {
            problems: problems
                .to_string()
                .lines()
                .map(ToOwned::to_owned)
                .collect(),
        }
    })?;
    let assigned = assigned(acting, world, &groups, person);
    let verdict: ScopeVerdict = compiled.judge(person, assigned, acting.now());
    let outcome = if verdict.is_in() {
        StepOutcome::Done
    } else {
        StepOutcome::Skipped
    };
    let facts = json!({"verdict": verdict});
    tell(told, OneStep::Scope, outcome, verdict.to_string(), facts);
    Ok(verdict.is_in())
}

/// Whether an assignment gives the person something now, directly or through groups.
fn assigned(
    acting: Acting<'_>,
    world: &Assembled,
    groups: &GroupIndex,
    person: &Person,
) -> Assigned {
    use usher_model::{AssignmentTarget, Subject};
    let now = acting.now();
    let gives = world.desired.assignments.iter().any(|assignment| {
        let counts = match &assignment.target {
            AssignmentTarget::Application { role } => !role.is_default_access(),
            _ => true,
        };
        let is_theirs = match &assignment.subject {
            Subject::Person(id) => *id == person.id,
            Subject::Group(id) => groups.contains(id, &person.id),
        };
        counts && is_theirs && assignment.holds_at(now)
    });
    if gives { Assigned::Yes } else { Assigned::No }
}

fn matched(world: &Assembled, made: &MadePlan, person: &Person, told: &mut Provisioned) {
    let linked = world
        .desired
        .links
        .iter()
        .find(|link| link.person == person.id);
    let tied = made
        .plan
        .changes
        .iter()
        .find_map(|change| match &change.action {
            Action::LinkAccount {
                person: whose,
                account,
                by,
            } if *whose == person.id => Some((account.clone(), by.label())),
            _ => None,
        });
    let creates = made.plan.changes.iter().any(|change| {
        matches!(&change.action, Action::CreateAccount { person: whose, .. } if *whose == person.id)
    });
    let problem: Option<&Skipped> = made
        .report
        .skipped
        .iter()
        .find(|one| one.person.as_ref() == Some(&person.id));
    let (outcome, words, account): (_, _, Option<AccountId>) =
        match (linked, tied, creates, problem) {
            (Some(link), ..) => (
                StepOutcome::Done,
                format!(
                    "tied to the account {} ({})",
                    link.account,
                    link.how.as_str()
                ),
                Some(link.account.clone()),
            ),
            (None, Some((account, by)), ..) => (
                StepOutcome::Done,
                format!("the account {account} matches by {by}"),
                Some(account),
            ),
            (None, None, true, _) => (
                StepOutcome::Done,
                "no account matches; one is created".to_owned(),
                None,
            ),
            (None, None, false, Some(problem)) => (
                StepOutcome::Failed,
                format!("{}; {}", problem.why, problem.remedy),
                None,
            ),
            (None, None, false, None) => (
                StepOutcome::Skipped,
                "no account, and none is needed".to_owned(),
                None,
            ),
        };
    tell(
        told,
        OneStep::Match,
        outcome,
        words,
        json!({"account": account}),
    );
}

/// The plan, if it is to be applied; why it is not is told.
async fn held_back(
    acting: Acting<'_>,
    made: MadePlan,
    mode: Mode,
    told: &mut Provisioned,
) -> Result<Option<MadePlan>, EngineError> {
    told.changes.clone_from(&made.plan.changes);
    told.why_held = beyond_asking(&made.why_held);
    let facts = json!({"plan": made.plan.id, "changes": made.plan.counts()});
    let count = made.plan.changes.len();
    if count == 0 {
        let words = "everything is as it should be".to_owned();
        tell(told, OneStep::Act, StepOutcome::Skipped, words, facts);
        return Ok(None);
    }
    if mode == Mode::DryRun {
        // Nobody is to apply what was only tried.
        let why = "it was a dry run";
        supersede(acting, &made.plan.organization, &made.plan.id, why).await?;
        let words = format!("{count} changes would be made; nothing was");
        tell(told, OneStep::Act, StepOutcome::Skipped, words, facts);
        return Ok(None);
    }
    if !told.why_held.is_empty() {
        let why: Vec<_> = told.why_held.iter().map(ToString::to_string).collect();
        let words = format!(
            "plan {} waits for approval: {}",
            made.plan.id,
            why.join("; ")
        );
        tell(told, OneStep::Act, StepOutcome::Failed, words, facts);
        return Ok(None);
    }
    Ok(Some(made))
}

/// Asking was the approval; an approved plan that could not even be begun is left to nobody.
async fn act(
    context: &ApplyContext<'_>,
    organization: &OrganizationId,
    made: &MadePlan,
    care: Care<'_>,
    told: &mut Provisioned,
) -> Result<(), EngineError> {
    let acting = context.acting;
    if made.state == PlanState::Held {
        approve(acting, made, &told.label).await?;
    }
    let carried = carry_out(context, &made.plan.id, &ApplyOptions::default(), care).await;
    if carried.is_err() {
        set_aside_unbegun(acting, &made.plan.id).await?;
    }
    let CarriedOut {
        report: applied,
        quarantined,
    } = carried?;
    note_lookup(acting, organization, told).await?;
    let outcome = if applied.failed + applied.skipped + applied.left == 0 {
        StepOutcome::Done
    } else {
        StepOutcome::Failed
    };
    let mut words = format!("{} of {} changes were made", applied.done, applied.changes);
    for failure in &applied.failures {
        words = format!("{words}; {}: {}", failure.kind.words(), failure.why);
    }
    if let Some(why) = quarantined {
        words = format!("{words}; the connector is in quarantine: {why}");
    }
    let facts = json!({"plan": made.plan.id, "changes": made.plan.counts()});
    tell(told, OneStep::Act, outcome, words, facts);
    told.applied = Some(applied);
    Ok(())
}

/// What holds the plan beyond what asking for it answers: that it comes before the first cycle, or that the settings want
/// every plan approved.
fn beyond_asking(why: &[WhyHeld]) -> Vec<WhyHeld> {
    let is_answered = |why: &&WhyHeld| {
        matches!(
            why,
            WhyHeld::ApprovalAlways
                | WhyHeld::Guard {
                    guard: Guard::FirstCycle,
                    ..
                }
        )
    };
    why.iter()
        .filter(|why| !is_answered(why))
        .cloned()
        .collect()
}

async fn approve(acting: Acting<'_>, made: &MadePlan, label: &str) -> Result<(), EngineError> {
    let by = match acting.actor {
        usher_model::Actor::System => "Usher".to_owned(),
        somebody => somebody.label(),
    };
    let reason = format!("asked to provision {label} now");
    decide(acting, &made.plan.id, Verdict::Approve, &by, Some(&reason)).await?;
    Ok(())
}

/// The log says that somebody was looked for, with the steps.
async fn note_lookup(
    acting: Acting<'_>,
    organization: &OrganizationId,
    told: &Provisioned,
) -> Result<(), EngineError> {
    let data = json!({"organization": organization, "person": told.person, "steps": told.steps});
    let subject = format!("person:{}", told.person);
    let event = acting.event(EventKind::UserLookupProvision, subject, data);
    Ok(acting.store.append_events(&[event]).await?)
}
