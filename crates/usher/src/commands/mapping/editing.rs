//! `usher mapping set`, `matching` and `reset`.

use serde_json::json;
use usher_model::AttributeName;
use usher_plan::{
    Apply, AttributeMapping, MappingSource, MatchingProperty, Settings, TargetAttribute, WhenEmpty,
};

use super::{MatchingArguments, ResetArguments, SetArguments};
use crate::attributes;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::provisioning::{Provisioning, saved};
use crate::provisioning_keys::{source_from_text, source_text, word};

/// Runs `usher mapping set`.
pub async fn set(arguments: &SetArguments, context: &Context) -> Result<Exit, Failure> {
    let target = attributes::target(&arguments.target)?;
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut settings = provisioning.settings.clone();
    with_mapping(&mut settings, target, arguments)?;
    let mapping = settings.user_mapping.iter().find(|m| m.target == target);
    let what = json!(mapping);
    let version = provisioning.save(settings, context).await?;
    let words = format!(
        "saved; `usher mapping preview PERSON` shows what becomes of {}",
        target.label()
    );
    saved(version, (what, words), context)
}

/// Changes the mapping of one attribute, or adds one.
fn with_mapping(
    settings: &mut Settings,
    target: TargetAttribute,
    arguments: &SetArguments,
) -> Result<(), Failure> {
    let known = settings
        .user_mapping
        .iter()
        .position(|m| m.target == target);
    let mut mapping = match known.and_then(|at| settings.user_mapping.get(at)) {
        Some(mapping) => mapping.clone(),
        None => AttributeMapping {
            target,
            source: MappingSource::None,
            default: None,
            when_empty: WhenEmpty::default(),
            apply: Apply::default(),
        },
    };
    match source(arguments) {
        Some(source) => mapping.source = source,
        None if known.is_none() => {
            return Err(Failure::usage(format!(
                "nothing is said of where {} comes from",
                target.label()
            ))
            .hint("give --direct, --constant, --expression or --none"));
        }
        None => {}
    }
    match arguments.default.as_deref() {
        Some("none") => mapping.default = None,
        Some(text) => mapping.default = Some(text.to_owned()),
        None => {}
    }
    if let Some(text) = &arguments.when_empty {
        mapping.when_empty = word(text, &["keep", "clear"])
            .map_err(|why| Failure::usage(format!("--when-empty cannot be `{text}`: {why}")))?;
    }
    if let Some(text) = &arguments.apply {
        mapping.apply = word(text, &["always", "only_at_creation"])
            .map_err(|why| Failure::usage(format!("--apply cannot be `{text}`: {why}")))?;
    }
    match known.and_then(|at| settings.user_mapping.get_mut(at)) {
        Some(entry) => *entry = mapping,
        None => settings.user_mapping.push(mapping),
    }
    Ok(())
}

fn source(arguments: &SetArguments) -> Option<MappingSource> {
    if arguments.none {
        return Some(MappingSource::None);
    }
    let direct = arguments.direct.as_ref();
    let direct = direct.map(|name| MappingSource::Direct(AttributeName::new(name)));
    let constant = arguments.constant.clone().map(MappingSource::Constant);
    let expression = arguments.expression.clone().map(MappingSource::Expression);
    direct.or(constant).or(expression)
}

/// Runs `usher mapping matching`.
pub async fn matching(arguments: &MatchingArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    if arguments.properties.is_empty() {
        let matching = &provisioning.settings.matching;
        if context.output.is_json() {
            context.output.json(&json!(matching))?;
            return Ok(Exit::Success);
        }
        for property in matching {
            let source = source_text(&property.source);
            context
                .output
                .line(format!("{}={source}", property.target.label()))?;
        }
        return Ok(Exit::Success);
    }
    let mut settings = provisioning.settings.clone();
    settings.matching = arguments
        .properties
        .iter()
        .map(|text| property(text))
        .collect::<Result<_, _>>()?;
    let what = json!(settings.matching);
    let version = provisioning.save(settings, context).await?;
    let words = "saved; `usher plan` shows who is tied to which account".to_owned();
    saved(version, (what, words), context)
}

fn property(text: &str) -> Result<MatchingProperty, Failure> {
    let Some((target, source)) = text.split_once('=') else {
        return Err(
            Failure::usage(format!("`{text}` is not of the form TARGET=SOURCE"))
                .hint("write for example userName=email"),
        );
    };
    Ok(MatchingProperty {
        target: attributes::target(target.trim())?,
        source: source_from_text(source)
            .map_err(|why| Failure::usage(format!("`{source}` cannot be used: {why}")))?,
    })
}

/// Runs `usher mapping reset`.
pub async fn reset(arguments: &ResetArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut settings = provisioning.settings.clone();
    let what = match &arguments.target {
        Some(target) => {
            let target = attributes::target(target)?;
            reset_one(&mut settings, target);
            target.label().to_owned()
        }
        None => {
            let defaults = Settings::default();
            settings.user_mapping = defaults.user_mapping;
            settings.matching = defaults.matching;
            settings.group_mapping = defaults.group_mapping;
            "all mappings".to_owned()
        }
    };
    let version = provisioning.save(settings, context).await?;
    let words = format!("the default is back for {what}");
    saved(version, (json!({"reset": what}), words), context)
}

/// An attribute that has no default mapping loses the one it has.
fn reset_one(settings: &mut Settings, target: TargetAttribute) {
    let defaults = Settings::default().user_mapping;
    let default = defaults
        .into_iter()
        .find(|mapping| mapping.target == target);
    let known = settings
        .user_mapping
        .iter()
        .position(|m| m.target == target);
    match (known, default) {
        (Some(at), Some(default)) => {
            if let Some(entry) = settings.user_mapping.get_mut(at) {
                *entry = default;
            }
        }
        (Some(at), None) => {
            settings.user_mapping.remove(at);
        }
        (None, Some(default)) => settings.user_mapping.push(default),
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_changed_in_its_place_and_reset_to_its_default() {
        let mut settings = Settings::default();
        let arguments = SetArguments {
            constant: Some("Design".into()),
            apply: Some("only-at-creation".into()),
            ..SetArguments::default()
        };
        with_mapping(&mut settings, TargetAttribute::Department, &arguments).unwrap();
        let at = |settings: &Settings| {
            let mut mappings = settings.user_mapping.iter();
            mappings.position(|m| m.target == TargetAttribute::Department)
        };
        assert_eq!(at(&settings), at(&Settings::default()));
        let mapping = &settings.user_mapping[at(&settings).unwrap()];
        assert_eq!(mapping.source, MappingSource::Constant("Design".into()));
        assert_eq!(mapping.apply, Apply::OnlyAtCreation);
        reset_one(&mut settings, TargetAttribute::Department);
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn a_mapping_that_is_not_there_needs_a_source() {
        let mut settings = Settings::default();
        let arguments = SetArguments::default();
        let failure =
            with_mapping(&mut settings, TargetAttribute::UserType, &arguments).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
    }
}
