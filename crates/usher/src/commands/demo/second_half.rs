//! The second half of the demo: a directory, a plan, its apply, and the proof that it holds.

use std::path::Path;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use usher_directory::csv::{CsvSettings, MembershipFile};
use usher_directory::{OpenSource, SourceSettings};
use usher_engine::apply::{ApplyContext, ApplyObserver, ApplyOptions, ApplyReport, Pace};
use usher_engine::connector::activate;
use usher_engine::notify::Notifier;
use usher_engine::people::{RefreshOptions, refresh};
use usher_engine::provisioning::{
    Care, InQuarantine, MadePlan, PlanOrder, Verdict, carry_out, decide, load_plan, make_plan,
};
use usher_miro::MiroClient;
use usher_model::{
    Account, Actor, AppRole, Assignment, AssignmentOrigin, AssignmentTarget, AttributeName,
    OrganizationId, SourceName, Subject,
};
use usher_plan::{ScopeMode, Settings, Switch};
use usher_store::{AccountFilter, SourceDefinition, Store};

use super::company::{Company, Day, PROJECT, company};
use super::say;
use crate::commands::apply::summary as apply_summary;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::collect;
use crate::output::{humanize, style};
use crate::plan_eta::eta;
use crate::plan_view::{Extent, View, lines};
use crate::progress::{HumanApplyView, JsonApplyView};
use crate::provisioning::{acting, actor};
use crate::provisioning_names::names;
use crate::stored_plan::standing;

/// How many changes of each kind are shown.
const SHOWN: usize = 2;

/// What the second half works with.
pub struct SecondHalf<'a> {
    /// The database.
    pub store: &'a Store,
    /// The simulated Miro.
    pub client: &'a MiroClient,
    /// The organization.
    pub organization: &'a OrganizationId,
    /// A folder for the directory's tables.
    pub folder: &'a Path,
    /// Miro's limits, for the estimate.
    pub pace: Pace,
}

impl SecondHalf<'_> {
    /// Reads a directory, plans, approves, applies, and plans again.
    pub async fn show(&self, context: &Context) -> Result<(), Failure> {
        let accounts = self.accounts().await?;
        self.first_day(&accounts, context).await?;
        let company = company(&accounts, Day::Second);
        self.read_directory(&company, context).await?;
        self.push_groups().await?;
        say(context, &news(&company))?;
        let made = self.plan(context).await?;
        self.present(&made, context).await?;
        self.approve(&made, context).await?;
        let report = self.apply(&made, context).await?;
        self.verify(&report, context).await
    }

    async fn accounts(&self) -> Result<Vec<Account>, Failure> {
        let filter = AccountFilter::of(self.organization.clone());
        let rows = collect(self.store.accounts(&filter)).await?;
        Ok(rows.into_iter().map(|row| row.account).collect())
    }

    /// Ties the accounts to the people they belong to; nothing is changed in Miro.
    async fn first_day(&self, accounts: &[Account], context: &Context) -> Result<(), Failure> {
        let actor = actor(context);
        activate(
            acting(self.store, &actor, context),
            self.client,
            Some(self.organization),
        )
        .await?;
        self.decide_who(&actor, context).await?;
        self.read_directory(&company(accounts, Day::First), context)
            .await?;
        let made = self.plan(context).await?;
        self.approve(&made, context).await?;
        let report = self.apply(&made, context).await?;
        let linked = humanize::counted(report.done, "account");
        say(
            context,
            &format!(
                "\nread the company's directory and tied {linked} to the people they belong to"
            ),
        )
    }

    /// Approves a plan that is held, as the first of an organization always is.
    async fn approve(&self, made: &MadePlan, context: &Context) -> Result<(), Failure> {
        if made.why_held.is_empty() {
            return Ok(());
        }
        let reason = "approved by the demo, as an admin would with `usher plan approve`";
        let actor = actor(context);
        let acting = acting(self.store, &actor, context);
        let by = "the demo";
        decide(acting, &made.plan.id, Verdict::Approve, by, Some(reason)).await?;
        Ok(())
    }

    /// Writes the company's tables, and reads them as a source.
    async fn read_directory(&self, company: &Company, context: &Context) -> Result<(), Failure> {
        let settings = self.tables(company)?;
        let definition = SourceDefinition {
            name: SourceName::new("hr"),
            place: 0,
            settings: json!(settings),
        };
        self.store.save_source(&definition, &[]).await?;
        let record = self.store.source(&definition.name).await?;
        let actor = actor(context);
        let acting = acting(self.store, &actor, context);
        if let (Some(record), Some(source)) = (record, OpenSource::open(&settings, None)?) {
            refresh(acting, &record, &source, RefreshOptions::default()).await?;
        }
        Ok(())
    }

    fn tables(&self, company: &Company) -> Result<SourceSettings, Failure> {
        let (people, memberships) = (
            self.folder.join("people.csv"),
            self.folder.join("memberships.csv"),
        );
        for (path, text) in [
            (&people, &company.people),
            (&memberships, &company.memberships),
        ] {
            std::fs::write(path, text).map_err(|error| {
                Failure::new(Exit::File, format!("could not write {}", path.display()))
                    .because(error)
            })?;
        }
        Ok(SourceSettings::Csv(CsvSettings {
            path: people,
            key: Some("id".to_owned()),
            memberships: Some(MembershipFile {
                path: memberships,
                group: "group".to_owned(),
                member: "member".to_owned(),
                by: Some(AttributeName::new(AttributeName::EMAIL)),
            }),
            ..CsvSettings::default()
        }))
    }

    /// Everybody is in scope, and a group may get a team.
    async fn decide_who(&self, actor: &Actor, context: &Context) -> Result<(), Failure> {
        let mut settings = Settings::default();
        settings.scope.mode = ScopeMode::Everyone;
        settings.group_actions.create = Switch::On;
        let stored = self.store.provisioning_settings(self.organization).await?;
        let version = stored.map(|(version, _)| version);
        let acting = acting(self.store, actor, context);
        usher_engine::connector::update_settings(acting, self.organization, &settings, version)
            .await?;
        Ok(())
    }

    /// Assigns the directory's groups, so that each gets a team.
    async fn push_groups(&self) -> Result<(), Failure> {
        for group in self.store.groups().await? {
            let assignment = Assignment {
                id: self.store.new_assignment_id(),
                subject: Subject::Group(group.id),
                target: AssignmentTarget::Application {
                    role: AppRole::new("User"),
                },
                origin: AssignmentOrigin::Manual {
                    by: "the demo".to_owned(),
                },
                starts_at: None,
                expires_at: None,
                note: Some(PROJECT.to_owned()),
            };
            self.store
                .save_assignment(self.organization, &assignment, &[])
                .await?;
        }
        Ok(())
    }

    async fn plan(&self, context: &Context) -> Result<MadePlan, Failure> {
        let actor = actor(context);
        let acting = acting(self.store, &actor, context);
        Ok(make_plan(acting, self.organization, &PlanOrder::default(), None).await?)
    }

    async fn present(&self, made: &MadePlan, context: &Context) -> Result<(), Failure> {
        let stored = load_plan(self.store, &made.plan.id).await?;
        let names = names(self.store, self.organization).await?;
        let standing = standing(&stored);
        let view = View {
            plan: &stored.plan,
            report: &stored.report,
            names: &names,
            standing: &standing,
            eta: Some(eta(&stored.plan, &self.pace)),
            now: context.now(),
        };
        if context.output.is_json() {
            return context.output.json_line(&json!({
                "event": "demo_plan", "plan": stored.plan.id, "counts": stored.plan.counts(),
            }));
        }
        let extent = Extent {
            kinds: Vec::new(),
            per_heading: SHOWN,
        };
        for line in lines(&view, &extent) {
            context.output.line(line)?;
        }
        context.output.flush()
    }

    async fn apply(&self, made: &MadePlan, context: &Context) -> Result<ApplyReport, Failure> {
        if context.output.is_json() {
            let view = JsonApplyView::new(&context.output);
            let report = self.observed(made, &view, context).await;
            view.outcome()?;
            report
        } else {
            self.observed(made, &HumanApplyView::new(context), context)
                .await
        }
    }

    async fn observed(
        &self,
        made: &MadePlan,
        observer: &dyn ApplyObserver,
        context: &Context,
    ) -> Result<ApplyReport, Failure> {
        let actor = actor(context);
        let apply = ApplyContext {
            acting: acting(self.store, &actor, context),
            client: self.client,
            observer,
            stop: CancellationToken::new(),
        };
        let care = Care {
            notifier: &Notifier::off(),
            in_quarantine: InQuarantine::Refuse,
        };
        let options = ApplyOptions::default();
        let carried = carry_out(&apply, &made.plan.id, &options, care).await?;
        Ok(carried.report)
    }

    /// Says what was done, and plans again: a plan that finds nothing to do is the proof.
    async fn verify(&self, report: &ApplyReport, context: &Context) -> Result<(), Failure> {
        let again = self.plan(context).await?;
        if context.output.is_json() {
            return context.output.json_line(&json!({
                "event": "demo_applied", "done": report.done, "failed": report.failed,
                "verified": report.verified, "left_to_do": again.plan.changes.len(),
            }));
        }
        for line in apply_summary::lines(report) {
            context.output.line(line)?;
        }
        let left = again.plan.changes.len();
        context.output.line(if left == 0 {
            style::added("planned again: nothing to do, Miro is as the directory wants it")
        } else {
            format!(
                "planned again: {} left",
                humanize::counted(left as u64, "change")
            )
        })
    }
}

/// What the directory says, in a few words.
fn news(company: &Company) -> String {
    let news = &company.news;
    format!(
        "\n{}\n\n  {} have joined, {} have left, {} work in another department, {} has another e-mail address,\n  and \
         \"{PROJECT}\" needs a team for {}.\n",
        style::heading("Meanwhile, in the company's directory"),
        humanize::people(news.joiners as u64),
        humanize::people(news.leavers as u64),
        humanize::people(news.movers as u64),
        humanize::people(news.renamed as u64),
        humanize::people(news.project as u64),
    )
}
