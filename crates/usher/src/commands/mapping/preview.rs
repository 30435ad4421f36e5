//! `usher mapping preview`.

use usher_plan::{
    AttributePreview, CompiledMapping, GroupIndex, InputValue, ManagerView, Occasion, PersonView,
};

use super::PreviewArguments;
use super::check::into_failure;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::style;
use crate::people::find_person;
use crate::provisioning::{Provisioning, app_role_of};

/// Runs `usher mapping preview`.
pub async fn run(arguments: &PreviewArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let person = find_person(&provisioning.store, &arguments.person).await?;
    let directory = provisioning.directory().await?;
    let groups = GroupIndex::build(&directory.groups);
    let mapping = CompiledMapping::compile(&provisioning.settings.user_mapping)
        .map_err(|problems| into_failure(&problems.0).unwrap_or_else(|| Failure::usage("")))?;
    let app_role = app_role_of(&person, &directory, &groups, context.now());
    let manager = person
        .manager
        .as_ref()
        .and_then(|id| directory.people.iter().find(|known| known.id == *id));
    let manager_account = match manager {
        Some(manager) => provisioning.account_of(&manager.id).await?,
        None => None,
    };
    let view = PersonView {
        manager: manager.map(|_| ManagerView {
            account: manager_account.as_ref(),
            person: manager,
        }),
        app_role: app_role.as_ref(),
        groups: Some(&groups),
        ..PersonView::new(&person)
    };
    let is_there = provisioning.account_of(&person.id).await?.is_some();
    let occasion = if arguments.creation || !is_there {
        Occasion::Creation
    } else {
        Occasion::Update
    };
    let previews = mapping.preview(&view, occasion);
    if context.output.is_json() {
        context.output.json(&previews)?;
        return Ok(Exit::Success);
    }
    let when = match occasion {
        Occasion::Creation => "at creation",
        Occasion::Update => "at an update",
    };
    let title = format!("{}, {when}", person.label());
    context.output.line(style::heading(&title))?;
    for preview in &previews {
        for line in lines(preview) {
            context.output.line(line)?;
        }
    }
    Ok(Exit::Success)
}

fn lines(preview: &AttributePreview) -> Vec<String> {
    let output = preview.output.as_ref().map(ToString::to_string);
    let output = output.map_or_else(String::new, |output| format!(" = {output}"));
    let mut lines = vec![
        format!("{}{output}", preview.attribute.label()),
        format!("    from    {}", preview.source),
    ];
    let inputs: Vec<String> = preview.inputs.iter().map(input).collect();
    if !inputs.is_empty() {
        lines.push(format!("    input   {}", inputs.join(", ")));
    }
    lines.push(format!("    result  {}", preview.outcome));
    let rules = preview.rules.iter();
    lines.extend(rules.map(|rule| format!("    Miro    {rule}")));
    let problem = preview.problem.iter();
    lines.extend(problem.map(|problem| format!("    problem {problem}")));
    lines
}

fn input(input: &InputValue) -> String {
    match &input.value {
        Some(value) => format!("{} is {value}", input.name),
        None => format!("{} has no value", input.name),
    }
}
