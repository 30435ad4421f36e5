//! A user mapping that is ready to be applied.

use std::collections::{BTreeMap, BTreeSet};

use usher_model::AttributeName;

use crate::mapping::expression::Value;
use crate::mapping::rules::{self, Refused, Shaped};
use crate::mapping::source::{self, CompiledSource, Read};
use crate::mapping::{
    CutValue, Mapped, MappingProblem, MappingProblems, Occasion, PersonView, SettingsProblem, names,
};
use crate::{Apply, AttributeMapping, TargetAttribute, TargetValue, WhenEmpty};

/// A user mapping that is ready to be applied.
#[derive(Clone, Debug)]
pub struct CompiledMapping {
    /// Sorted by attribute.
    pub(super) entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) target: TargetAttribute,
    pub(super) words: String,
    /// Absent for the kind that touches nothing.
    pub(super) source: Option<CompiledSource>,
    pub(super) default: Option<Shaped>,
    pub(super) when_empty: WhenEmpty,
    pub(super) apply: Apply,
}

/// What became of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    /// It gets this value.
    Set(Shaped, FromDefault),
    /// It is cleared.
    Cleared,
    /// It stays as it is.
    Kept(Why),
}

/// Whether a value is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FromDefault {
    Yes,
    No,
}

/// Why an attribute stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Why {
    Untouched,
    OnlyAtCreation,
    NoValue,
    Unknown,
    Refused(Refused),
}

impl CompiledMapping {
    /// Reads a mapping. Finds all problems at once.
    pub fn compile(mapping: &[AttributeMapping]) -> Result<Self, MappingProblems> {
        let mut entries = BTreeMap::new();
        let mut problems = Vec::new();
        for (attribute, at) in mapping.iter().zip(0_usize..) {
            let place = format!("user_mapping[{at}] {}", attribute.target.label());
            let entry = Entry::compile(attribute, &place, &mut problems);
            if entries.insert(attribute.target, entry).is_some() {
                let what = "the attribute is mapped twice; remove one of the two";
                problems.push(SettingsProblem::new(place, what));
            }
        }
        if !problems.is_empty() {
            return Err(MappingProblems(problems));
        }
        let entries = entries.into_values().collect();
        Ok(Self { entries })
    }

    /// What the account of the person should look like.
    pub fn evaluate(&self, view: &PersonView<'_>, occasion: Occasion) -> Mapped {
        let mut mapped = Mapped::default();
        let mut attributes = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            match entry.fate(view, occasion) {
                Fate::Set(shaped, _) => {
                    if let Some(full) = shaped.full {
                        let attribute = entry.target;
                        mapped.cuts.push(CutValue { attribute, full });
                    }
                    attributes.push((entry.target, Some(shaped.value)));
                }
                Fate::Cleared => attributes.push((entry.target, None)),
                Fate::Kept(Why::Refused(refused)) => {
                    mapped.problems.push(MappingProblem {
                        attribute: entry.target,
                        what: refused.what,
                        remedy: refused.remedy,
                    });
                }
                Fate::Kept(_) => {}
            }
        }
        // They are sorted, so this is one walk.
        mapped.attributes = attributes.into_iter().collect();
        names::fit_together(&mut mapped);
        mapped
    }

    /// Where the attribute's value comes from, in words: `direct department`, `constant Full`, the expression. Absent
    /// if it is not mapped.
    pub fn source_words(&self, attribute: TargetAttribute) -> Option<&str> {
        let at = self
            .entries
            .binary_search_by_key(&attribute, |entry| entry.target)
            .ok()?;
        self.entries.get(at).map(|entry| entry.words.as_str())
    }

    /// The attributes that it fills, at creation or always.
    pub fn targets(&self) -> impl Iterator<Item = TargetAttribute> {
        let touched = self.entries.iter().filter(|entry| entry.source.is_some());
        touched.map(|entry| entry.target)
    }

    /// The attributes of people that it looks at, for a hint on those that no source brings.
    pub fn inputs(&self) -> BTreeSet<AttributeName> {
        let sources = self
            .entries
            .iter()
            .filter_map(|entry| entry.source.as_ref());
        sources
            .flat_map(CompiledSource::inputs)
            .map(AttributeName::new)
            .collect()
    }
}

impl Entry {
    fn compile(
        mapping: &AttributeMapping,
        place: &str,
        problems: &mut Vec<SettingsProblem>,
    ) -> Self {
        let mut problem = |what: String| problems.push(SettingsProblem::new(place, what));
        let source = CompiledSource::of_person(&mapping.source).unwrap_or_else(|what| {
            problem(what);
            None
        });
        if let Some(what) = constant_problem(mapping) {
            problem(what);
        }
        if let Some(what) = never_cleared(mapping) {
            problem(what);
        }
        let default = mapping.default.as_deref().filter(|text| !text.is_empty());
        let default = default.and_then(|text| {
            let shaped = rules::shape(mapping.target, Value::text(text));
            shaped
                .map_err(|refused| {
                    problem(format!(
                        "the default cannot be sent: {}; {}",
                        refused.what, refused.remedy
                    ));
                })
                .ok()
        });
        Self {
            target: mapping.target,
            words: source::words(&mapping.source),
            source,
            default,
            when_empty: mapping.when_empty,
            apply: mapping.apply,
        }
    }

    pub(super) fn fate(&self, view: &PersonView<'_>, occasion: Occasion) -> Fate {
        let Some(source) = &self.source else {
            return Fate::Kept(Why::Untouched);
        };
        if (self.apply, occasion) == (Apply::OnlyAtCreation, Occasion::Update) {
            return Fate::Kept(Why::OnlyAtCreation);
        }
        match source.read_person(view) {
            Ok(read) => self.settle(read),
            Err(what) => Fate::Kept(Why::Refused(Refused::new(
                what,
                "correct the expression, or the person's attributes in the directory",
            ))),
        }
    }

    fn settle(&self, read: Read) -> Fate {
        match read {
            Read::Unknown => Fate::Kept(Why::Unknown),
            Read::Value(value) if value.is_blank() => match (&self.default, self.when_empty) {
                (Some(default), _) => Fate::Set(default.clone(), FromDefault::Yes),
                (None, WhenEmpty::Clear) => Fate::Cleared,
                (None, WhenEmpty::Keep) => Fate::Kept(Why::NoValue),
            },
            Read::Value(value) => match rules::shape(self.target, value) {
                Ok(shaped) => Fate::Set(shaped, FromDefault::No),
                Err(refused) => Fate::Kept(Why::Refused(refused)),
            },
        }
    }
}

/// What is wrong with a constant for this attribute.
fn constant_problem(mapping: &AttributeMapping) -> Option<String> {
    let crate::MappingSource::Constant(text) = &mapping.source else {
        return None;
    };
    if mapping.target == TargetAttribute::UserName {
        let what = "the same address for everybody; map the person's `email` instead";
        return Some(what.to_owned());
    }
    if text.trim().is_empty() {
        return Some("the constant is empty; give a value, or use the kind `none`".to_owned());
    }
    let refused = rules::shape(mapping.target, Value::text(text)).err()?;
    Some(format!(
        "the constant cannot be sent: {}; {}",
        refused.what, refused.remedy
    ))
}

/// Attributes that an account always has.
fn never_cleared(mapping: &AttributeMapping) -> Option<String> {
    use TargetAttribute as To;
    let always_there = matches!(
        mapping.target,
        To::UserName | To::Active | To::UserType | To::Role
    );
    (always_there && mapping.when_empty == WhenEmpty::Clear).then(|| {
        "an account always has it, so it cannot be cleared; set `when_empty` to `keep`".to_owned()
    })
}

/// Text values, for those that have them.
pub(super) fn text_of(value: &TargetValue) -> Option<&str> {
    match value {
        TargetValue::Text(text) => Some(text),
        TargetValue::Bool(_) | TargetValue::List(_) => None,
    }
}
