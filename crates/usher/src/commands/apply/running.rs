//! Carrying a plan out, with what is configured.

use tokio_util::sync::CancellationToken;
use usher_engine::apply::{ApplyContext, ApplyObserver, ApplyOptions, MassFailure, RESERVE};
use usher_engine::provisioning::{self, Care, CarriedOut, InQuarantine, gate, refuse_quarantine};
use usher_miro::{LimitProfile, MiroClient, MiroSettings};
use usher_model::PlanId;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::notifying::notifier;
use crate::output::note;
use crate::progress::{HumanApplyView, JsonApplyView};
use crate::provisioning::{Provisioning, acting, actor};
use crate::signals;

/// A client that writes: a share of every limit is kept for urgent calls.
pub fn client(context: &Context) -> Result<MiroClient, Failure> {
    let settings = context.miro_settings()?;
    if settings.access_token.is_none() && settings.scim_token.is_none() {
        return Err(Failure::new(Exit::Credentials, "no Miro token is set").hint(
            "set USHER_SCIM_TOKEN, and USHER_ACCESS_TOKEN for what only REST can do; to try Usher without a Miro, run `usher demo`",
        ));
    }
    Ok(MiroClient::new(MiroSettings {
        limits: LimitProfile {
            reserve: RESERVE,
            ..settings.limits
        },
        ..settings
    })?)
}

/// The client, with the tokens as they are now: they may have been replaced in their files. Lanes and meter stay.
pub fn renewed(client: &MiroClient, context: &Context) -> Result<MiroClient, Failure> {
    let settings = context.miro_settings()?;
    let (access, scim) = (settings.access_token, settings.scim_token);
    if client.has_tokens(access.as_ref(), scim.as_ref()) {
        return Ok(client.clone());
    }
    Ok(client.with_tokens(access, scim)?)
}

/// When too much fails, as configured.
pub fn mass_failure(context: &Context) -> MassFailure {
    let configured = &context.configuration.provisioning;
    MassFailure {
        at_least: configured.quarantine_failures,
        over_percent: configured.quarantine_percent,
    }
}

/// Whether a quarantine keeps a plan from being applied.
pub fn in_quarantine(despite: bool) -> InQuarantine {
    if despite {
        InQuarantine::GoAhead
    } else {
        InQuarantine::Refuse
    }
}

/// Refuses a plan that may not be applied now, and says why.
pub async fn may_be_applied(
    plan: &PlanId,
    desk: &Provisioning,
    in_quarantine: InQuarantine,
    context: &Context,
) -> Result<(), Failure> {
    let actor = actor(context);
    let acting = acting(&desk.store, &actor, context);
    refuse_quarantine(acting, desk.id(), in_quarantine).await?;
    gate(acting, plan).await?;
    Ok(())
}

/// Carries the plan out and shows how it goes. The first Ctrl-C stops it cleanly, a second one at once.
pub async fn carry_out(
    plan: &PlanId,
    desk: &Provisioning,
    in_quarantine: InQuarantine,
    context: &Context,
) -> Result<CarriedOut, Failure> {
    let notifier = notifier(context)?;
    let care = Care {
        notifier: &notifier,
        in_quarantine,
    };
    let client = client(context)?;
    let stop = CancellationToken::new();
    if context.output.is_json() {
        let view = JsonApplyView::new(&context.output);
        let report = Box::pin(observed(
            plan,
            (&client, &stop),
            &view,
            (desk, care, context),
        ))
        .await;
        view.outcome()?;
        report
    } else {
        let view = HumanApplyView::new(context);
        Box::pin(observed(
            plan,
            (&client, &stop),
            &view,
            (desk, care, context),
        ))
        .await
    }
}

async fn observed(
    plan: &PlanId,
    (client, stop): (&MiroClient, &CancellationToken),
    observer: &dyn ApplyObserver,
    (desk, care, context): (&Provisioning, Care<'_>, &Context),
) -> Result<CarriedOut, Failure> {
    let actor = actor(context);
    let apply_context = ApplyContext {
        acting: acting(&desk.store, &actor, context),
        client,
        observer,
        stop: stop.clone(),
    };
    let options = ApplyOptions {
        mass_failure: mass_failure(context),
        ..ApplyOptions::default()
    };
    let work = provisioning::carry_out(&apply_context, plan, &options, care);
    Ok(Box::pin(stoppable(work, stop)).await??)
}

/// Runs `work`; the first Ctrl-C asks it to stop, and a second one does not wait for it.
pub async fn stoppable<T>(
    work: impl Future<Output = T>,
    stop: &CancellationToken,
) -> Result<T, Failure> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return Ok(done),
        () = signals::stop() => {}
    }
    note("stopping after the calls that are under way; Ctrl-C again does not wait for them");
    stop.cancel();
    tokio::select! {
        done = work => Ok(done),
        () = signals::stop() => Err(Failure::new(Exit::Interrupted, "interrupted")
            .hint("what became of the last calls is looked up when it goes on")),
    }
}
