//! `drift.ATTRIBUTE`: what happens when an attribute was changed in Miro by hand.

use usher_plan::{DriftPolicy, Settings, TargetAttribute};

use super::form::{word, worded};
use crate::failure::Failure;

/// What the keys begin with.
pub const PREFIX: &str = "drift.";

const WORDS: &[&str] = &["correct", "report", "adopt"];

/// Sets the policy of an attribute. Correcting is what happens without an entry.
pub fn set(settings: &mut Settings, attribute: &str, text: &str) -> Result<(), Failure> {
    let attribute = parse(attribute)?;
    let policy = word::<DriftPolicy>(text, WORDS).map_err(|why| {
        Failure::usage(format!(
            "drift.{} cannot be set to `{text}`: {why}",
            attribute.label()
        ))
    })?;
    if policy == DriftPolicy::Correct {
        settings.drift.remove(&attribute);
    } else {
        settings.drift.insert(attribute, policy);
    }
    Ok(())
}

/// The policy of an attribute.
pub fn get(settings: &Settings, attribute: &str) -> Result<String, Failure> {
    let attribute = parse(attribute)?;
    let policy = settings.drift.get(&attribute).copied();
    Ok(worded(&policy.unwrap_or_default()))
}

fn parse(text: &str) -> Result<TargetAttribute, Failure> {
    crate::attributes::target(text)
}
