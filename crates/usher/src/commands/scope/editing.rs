//! Changing the scope: the change as a pure function, a look at who moves, then saving.

use serde_json::json;
use usher_model::Email;
use usher_plan::{ScopeFilter, ScopeSettings};

use super::preview::{moves, show_moves};
use super::{AddFilterArguments, RemoveFilterArguments, SetArguments};
use crate::config::suggest::nearest;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::provisioning::{OrganizationArguments, Provisioning, saved};
use crate::provisioning_keys::word;
use crate::scope_text::clause;

/// Whether people may leave the scope by a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leavers {
    /// They may: somebody said yes.
    Accepted,
    /// Nothing is saved if anybody would.
    Refused,
}

impl Leavers {
    fn of(yes: bool) -> Self {
        if yes { Self::Accepted } else { Self::Refused }
    }
}

/// `usher scope set`.
pub async fn set(arguments: &SetArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.mode.is_none() && arguments.include.is_empty() && arguments.exclude.is_empty() {
        return Err(Failure::usage("nothing is to be set")
            .hint("give --mode, --include or --exclude; `usher scope show` shows what is set"));
    }
    let edit = |scope: &mut ScopeSettings| {
        with_lists(
            scope,
            arguments.mode.as_deref(),
            &arguments.include,
            &arguments.exclude,
        )
    };
    save(
        edit,
        Leavers::of(arguments.yes),
        &arguments.organization,
        context,
    )
    .await
}

/// `usher scope add-filter`.
pub async fn add_filter(
    arguments: &AddFilterArguments,
    context: &Context,
) -> Result<Exit, Failure> {
    let edit = |scope: &mut ScopeSettings| with_filter(scope, &arguments.name, &arguments.clauses);
    save(
        edit,
        Leavers::of(arguments.yes),
        &arguments.organization,
        context,
    )
    .await
}

/// `usher scope remove-filter`.
pub async fn remove_filter(
    arguments: &RemoveFilterArguments,
    context: &Context,
) -> Result<Exit, Failure> {
    let edit = |scope: &mut ScopeSettings| without_filter(scope, &arguments.name);
    save(
        edit,
        Leavers::of(arguments.yes),
        &arguments.organization,
        context,
    )
    .await
}

async fn save(
    edit: impl FnOnce(&mut ScopeSettings) -> Result<(), Failure>,
    leavers: Leavers,
    organization: &OrganizationArguments,
    context: &Context,
) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, organization).await?;
    let mut settings = provisioning.settings.clone();
    edit(&mut settings.scope)?;
    let preview = moves(&provisioning, &settings.scope, context).await?;
    show_moves(&preview, context)?;
    if !preview.leaves.is_empty() && leavers == Leavers::Refused {
        let count = crate::output::humanize::people(preview.leaves.len() as u64);
        return Err(Failure::usage(format!(
            "{count} would leave the scope, so nothing was saved"
        ))
        .hint("run it again with --yes if that is meant"));
    }
    let what = json!({"scope": settings.scope, "preview": preview});
    let version = provisioning.save(settings, context).await?;
    let words = "saved; `usher plan` shows what follows from it".to_owned();
    saved(version, (what, words), context)
}

/// Sets mode and lists, where given.
pub fn with_lists(
    scope: &mut ScopeSettings,
    mode: Option<&str>,
    include: &[String],
    exclude: &[String],
) -> Result<(), Failure> {
    if let Some(mode) = mode {
        scope.mode = word(mode, &["assigned", "everyone"])
            .map_err(|why| Failure::usage(format!("the mode cannot be `{mode}`: {why}")))?;
    }
    for (given, list) in [(include, &mut scope.include), (exclude, &mut scope.exclude)] {
        if !given.is_empty() {
            *list = addresses(given)?;
        }
    }
    Ok(())
}

fn addresses(given: &[String]) -> Result<Vec<Email>, Failure> {
    if given.iter().any(|text| text.eq_ignore_ascii_case("none")) {
        return Ok(Vec::new());
    }
    given
        .iter()
        .map(|text| {
            let text = text.trim();
            if text.contains('@') {
                Ok(Email::new(text))
            } else {
                Err(Failure::usage(format!("`{text}` is no e-mail address"))
                    .hint("write addresses with commas between them, or `none`"))
            }
        })
        .collect()
}

/// Adds a filter, in the place of one of the same name.
pub fn with_filter(
    scope: &mut ScopeSettings,
    name: &str,
    clauses: &[String],
) -> Result<(), Failure> {
    let clauses = clauses
        .iter()
        .map(|text| {
            clause(text).map_err(|why| {
                Failure::usage(format!("the clause `{text}` cannot be used: {why}"))
                    .hint("`usher scope add-filter --help` lists the operators")
            })
        })
        .collect::<Result<_, _>>()?;
    let filter = ScopeFilter {
        name: name.to_owned(),
        clauses,
    };
    match scope.filters.iter_mut().find(|known| known.name == name) {
        Some(known) => *known = filter,
        None => scope.filters.push(filter),
    }
    Ok(())
}

/// Removes a filter.
pub fn without_filter(scope: &mut ScopeSettings, name: &str) -> Result<(), Failure> {
    let before = scope.filters.len();
    if scope.filters.iter().any(|filter| filter.name == name) {
        scope.filters.retain(|filter| filter.name != name);
    }
    if scope.filters.len() < before {
        return Ok(());
    }
    let near = nearest(
        name,
        scope.filters.iter().map(|filter| filter.name.as_str()),
    );
    Err(
        Failure::usage(format!("there is no filter `{name}`")).hint(near.map_or_else(
            || "`usher scope show` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_the_same_name_is_replaced_in_its_place() {
        let mut scope = ScopeSettings::default();
        with_filter(&mut scope, "a", &["department EQUALS x".into()]).unwrap();
        with_filter(&mut scope, "b", &["department EQUALS y".into()]).unwrap();
        with_filter(&mut scope, "a", &["title IS_NULL".into()]).unwrap();
        let names: Vec<&str> = scope.filters.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(scope.filters[0].clauses.len(), 1);
        without_filter(&mut scope, "a").unwrap();
        assert_eq!(
            without_filter(&mut scope, "a").unwrap_err().exit(),
            Exit::Usage
        );
    }

    #[test]
    fn a_list_is_emptied_by_the_word_none() {
        let mut scope = ScopeSettings::default();
        with_lists(&mut scope, None, &["a@b.c".into()], &[]).unwrap();
        assert_eq!(scope.include.len(), 1);
        with_lists(&mut scope, None, &["none".into()], &[]).unwrap();
        assert!(scope.include.is_empty());
        assert!(with_lists(&mut scope, None, &["ada".into()], &[]).is_err());
    }
}
