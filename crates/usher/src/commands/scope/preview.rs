//! Who would enter and who would leave.

use usher_plan::{
    CompiledScope, GroupIndex, ScopeMove, ScopePreview, ScopeProblems, ScopeSettings, ScopeVerdict,
    scope_preview,
};

use super::PreviewArguments;
use super::editing::{with_filter, with_lists, without_filter};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};
use crate::provisioning::{Provisioning, assigned_people};

/// How many people are listed under one heading.
const SHOWN: usize = 20;

/// `usher scope preview`.
pub async fn run(arguments: &PreviewArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut scope = provisioning.settings.scope.clone();
    with_lists(
        &mut scope,
        arguments.mode.as_deref(),
        &arguments.include,
        &arguments.exclude,
    )?;
    if let Some(name) = &arguments.add_filter {
        with_filter(&mut scope, name, &arguments.clauses)?;
    }
    if let Some(name) = &arguments.remove_filter {
        without_filter(&mut scope, name)?;
    }
    let preview = moves(&provisioning, &scope, context).await?;
    if context.output.is_json() {
        context.output.json(&preview)?;
        return Ok(Exit::Success);
    }
    show_moves(&preview, context)?;
    Ok(Exit::Success)
}

/// Who enters and who leaves when `new` takes the place of the scope that is set.
pub async fn moves(
    provisioning: &Provisioning,
    new: &ScopeSettings,
    context: &Context,
) -> Result<ScopePreview, Failure> {
    let directory = provisioning.directory().await?;
    let groups = GroupIndex::build(&directory.groups);
    let compile = |scope| CompiledScope::compile(scope, &groups).map_err(problems);
    let old = compile(&provisioning.settings.scope)?;
    let new = compile(new)?;
    let now = context.now();
    let assigned = assigned_people(&directory, &groups, now);
    Ok(scope_preview(
        &old,
        &new,
        &directory.people,
        |person| assigned(person),
        now,
    ))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn problems(problems: ScopeProblems) -> Failure {
    Failure::usage(format!("the scope cannot be used: {problems}")).hint(
        "`usher scope add-filter --help` explains clauses; `usher people groups` lists groups",
    )
}

/// Tells people what would move. Programs get the whole preview instead.
pub fn show_moves(preview: &ScopePreview, context: &Context) -> Result<(), Failure> {
    if context.output.is_json() {
        return Ok(());
    }
    let output = &context.output;
    output.line(format!(
        "in scope now {}, then {}",
        humanize::people(preview.before.into()),
        humanize::count(preview.after.into())
    ))?;
    for (title, sign, moves) in [
        ("enters", style::added("+"), &preview.enters),
        ("leaves", style::removed("-"), &preview.leaves),
    ] {
        for one in moves.iter().take(SHOWN) {
            output.line(format!("{sign} {title} {}: {}", one.label, why(one)))?;
        }
        if moves.len() > SHOWN {
            let more = humanize::count((moves.len() - SHOWN) as u64);
            output.line(format!("  … and {more} more; --json lists all"))?;
        }
    }
    if preview.enters.is_empty() && preview.leaves.is_empty() {
        output.line("nobody enters, nobody leaves")?;
    }
    Ok(())
}

fn why(one: &ScopeMove) -> String {
    match &one.after {
        ScopeVerdict::In(why) => why.to_string(),
        ScopeVerdict::Out(why) => why.to_string(),
    }
}
