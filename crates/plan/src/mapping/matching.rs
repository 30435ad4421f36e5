//! Which values tie a person to an account that is already there.

use crate::mapping::source::{CompiledSource, Read};
use crate::mapping::{MappingProblems, PersonView, SettingsProblem};
use crate::{MappingSource, MatchingProperty, TargetAttribute};

/// Matching properties that are ready to be applied.
#[derive(Clone, Debug)]
pub struct CompiledMatching {
    properties: Vec<(TargetAttribute, CompiledSource)>,
}

impl CompiledMatching {
    /// The attributes that accounts can be found by.
    pub const TARGETS: [TargetAttribute; 3] = [
        TargetAttribute::UserName,
        TargetAttribute::DisplayName,
        TargetAttribute::EmployeeNumber,
    ];

    /// Reads matching properties. Finds all problems at once.
    pub fn compile(properties: &[MatchingProperty]) -> Result<Self, MappingProblems> {
        let mut compiled = Vec::with_capacity(properties.len());
        let mut problems = Vec::new();
        for (property, at) in properties.iter().zip(0_usize..) {
            match compile(property) {
                Ok(source) => compiled.push((property.target, source)),
                Err(what) => {
                    let place = format!("matching[{at}] {}", property.target.label());
                    problems.push(SettingsProblem::new(place, what));
                }
            }
        }
        if !problems.is_empty() {
            return Err(MappingProblems(problems));
        }
        Ok(Self {
            properties: compiled,
        })
    }

    /// The attributes it looks at, in order of precedence.
    pub fn targets(&self) -> impl Iterator<Item = TargetAttribute> {
        self.properties.iter().map(|(target, _)| *target)
    }

    /// What the person's account must have, in order of precedence and folded by [`Self::fold`]. A property without
    /// a value, or whose expression fails, matches nothing and is left out.
    pub fn keys(&self, view: &PersonView<'_>) -> Vec<(TargetAttribute, String)> {
        let found = self.properties.iter().filter_map(|(target, source)| {
            let Ok(Read::Value(value)) = source.read_person(view) else {
                return None;
            };
            let folded = Self::fold(&value.as_text()?);
            (!folded.is_empty()).then_some((*target, folded))
        });
        found.collect()
    }

    /// The form in which values are compared: lower case, without spaces around.
    pub fn fold(value: &str) -> String {
        value.trim().to_lowercase()
    }
}

fn compile(property: &MatchingProperty) -> Result<CompiledSource, String> {
    if !CompiledMatching::TARGETS.contains(&property.target) {
        let known: Vec<&str> = CompiledMatching::TARGETS
            .iter()
            .map(|target| target.label())
            .collect();
        return Err(format!(
            "accounts cannot be found by it; use one of {}",
            known.join(", ")
        ));
    }
    let needs = "a person is matched by a direct attribute or an expression; use one of the two";
    match &property.source {
        MappingSource::Constant(_) => Err(needs.to_owned()),
        source => CompiledSource::of_person(source)?.ok_or_else(|| needs.to_owned()),
    }
}
