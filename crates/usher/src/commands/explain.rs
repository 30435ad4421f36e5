//! `usher explain`: why somebody has, gets or loses each thing.

use clap::Args;
use usher_engine::provisioning::assemble;
use usher_plan::{Explanation, Fate, Finding, PlanError, explain};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{note, style};
use crate::people::find_person;
use crate::provisioning::{OrganizationArguments, Provisioning};

/// Arguments of `usher explain`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "For each thing: why it is so, what it causes, and what would change it. Nothing is stored and nothing is asked of \
Miro.

Examples:
  usher explain ada@example.org
  usher explain 'Ada Lovelace' --json"
)]
pub struct Arguments {
    /// The person, by e-mail address, name or id
    pub person: String,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher explain`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let desk = Provisioning::open(context, &arguments.organization).await?;
    let person = find_person(&desk.store, &arguments.person).await?;
    let now = context.now();
    let world = assemble(&desk.store, desk.id(), now).await?;
    let explanation = explain(
        &person.id,
        &world.inventory,
        &world.desired,
        &world.settings,
        now,
    )
    .map_err(unusable)?;
    if context.output.is_json() {
        context.output.json(&explanation)?;
        return Ok(Exit::Success);
    }
    for line in lines(&explanation) {
        context.output.line(line)?;
    }
    context.output.flush()?;
    note("as of the last sync; `usher plan --person` makes a plan of it");
    Ok(Exit::Success)
}

/// Settings that cannot be used.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn unusable(error: PlanError) -> Failure {
    Failure::usage(error.to_string()).hint("`usher mapping check` names every mistake")
}

fn lines(explanation: &Explanation) -> Vec<String> {
    let mut lines = vec![style::heading(&explanation.label)];
    if let Some(account) = &explanation.account {
        lines.push(format!(
            "  account {} ({}), {}: {}",
            account.email,
            account.id,
            account.status.as_str(),
            account.tie
        ));
    }
    lines.extend(finding(&explanation.standing));
    for one in &explanation.findings {
        lines.extend(finding(one));
    }
    for obstacle in &explanation.obstacles {
        lines.push(String::new());
        let sign = style::changed("!");
        lines.push(format!("{sign} in the way: {}", obstacle.why));
        lines.push(style::faint(&format!("    {}", obstacle.remedy)));
    }
    lines
}

fn finding(finding: &Finding) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("{} {}", fate(finding.fate), finding.thing),
    ];
    let parts = [
        ("because", &finding.because),
        ("causes", &finding.causes),
        ("unless", &finding.unless),
    ];
    for (name, texts) in parts {
        for text in texts {
            lines.push(format!("    {name:<8} {text}"));
        }
    }
    lines
}

/// The sign and the word: the word says it all.
fn fate(fate: Fate) -> String {
    match fate {
        Fate::Has => "= has".to_owned(),
        Fate::Gets => style::added("+ gets"),
        Fate::Loses => style::removed("- loses"),
        Fate::Changes => style::changed("~ changes"),
        Fate::Waits => "… waits for".to_owned(),
        Fate::Lacks => "  lacks".to_owned(),
    }
}
