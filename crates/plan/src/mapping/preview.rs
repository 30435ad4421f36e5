//! What a mapping does for one person, attribute by attribute, in words.

use serde::{Deserialize, Serialize};

use crate::mapping::compiled::{Entry, Fate, FromDefault, Why};
use crate::mapping::source::{CompiledSource, read_attribute};
use crate::mapping::{CompiledMapping, Occasion, PersonView};
use crate::{TargetAttribute, TargetValue};

/// What a mapping does with one attribute for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributePreview {
    /// The account's attribute.
    pub attribute: TargetAttribute,
    /// Where its value comes from, in words: `direct department`, `constant Full`, the expression.
    pub source: String,
    /// What of the person it looks at, and what is there.
    pub inputs: Vec<InputValue>,
    /// What the account gets; absent if it is cleared or stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<TargetValue>,
    /// What happens, in words: `set`, `set to the default`, `cleared`, `kept: …`.
    pub outcome: String,
    /// What Miro's own rules did with the value, or forbid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Why the value cannot be sent, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// An attribute of a person that a mapping looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputValue {
    /// Its name.
    pub name: String,
    /// Its value, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl CompiledMapping {
    /// What the mapping does for the person, attribute by attribute, in words.
    pub fn preview(&self, view: &PersonView<'_>, occasion: Occasion) -> Vec<AttributePreview> {
        let mapped = self.evaluate(view, occasion);
        let entries = self.entries.iter();
        entries
            .map(|entry| {
                let mut preview = entry.preview(view, occasion);
                // Given and family name count together, which only the whole shows.
                let together = mapped.attributes.get(&entry.target).cloned().flatten();
                if preview.output.is_some() && preview.output != together {
                    preview.output = together;
                    preview.rules = vec![rule_words(entry.target, true)];
                }
                preview
            })
            .collect()
    }
}

impl Entry {
    fn preview(&self, view: &PersonView<'_>, occasion: Occasion) -> AttributePreview {
        let fate = self.fate(view, occasion);
        let mut preview = AttributePreview {
            attribute: self.target,
            source: self.words.clone(),
            inputs: inputs(self.source.as_ref(), view),
            output: None,
            outcome: outcome(&fate).to_owned(),
            rules: Vec::new(),
            problem: None,
        };
        match fate {
            Fate::Set(shaped, _) => {
                if shaped.full.is_some() {
                    preview.rules.push(rule_words(self.target, false));
                }
                preview.output = Some(shaped.value);
            }
            Fate::Kept(Why::Refused(refused)) => {
                preview.problem = Some(format!("{}; {}", refused.what, refused.remedy));
            }
            Fate::Cleared | Fate::Kept(_) => {}
        }
        if self.target == TargetAttribute::UserName {
            let rule = "the e-mail address is changed through userName and nothing else";
            preview.rules.push(rule.to_owned());
        }
        preview
    }
}

fn rule_words(attribute: TargetAttribute, together: bool) -> String {
    if together && attribute == TargetAttribute::FamilyName {
        return "cut: Miro takes 60 characters for given and family name together".to_owned();
    }
    "cut at 60 characters, as many as Miro takes".to_owned()
}

fn outcome(fate: &Fate) -> &'static str {
    match fate {
        Fate::Set(_, FromDefault::No) => "set",
        Fate::Set(_, FromDefault::Yes) => "set to the default, as there is no value",
        Fate::Cleared => "cleared, as there is no value",
        Fate::Kept(Why::Untouched) => "kept: the mapping never touches it",
        Fate::Kept(Why::OnlyAtCreation) => "kept: it is set at creation only",
        Fate::Kept(Why::NoValue) => "kept, as there is no value",
        Fate::Kept(Why::Unknown) => "kept: the manager has no account in Miro yet",
        Fate::Kept(Why::Refused(_)) => "kept: the value cannot be sent",
    }
}

fn inputs(source: Option<&CompiledSource>, view: &PersonView<'_>) -> Vec<InputValue> {
    let names = source.map(CompiledSource::inputs).unwrap_or_default();
    names
        .into_iter()
        .map(|name| InputValue {
            value: input(&name, view),
            name: name.to_string(),
        })
        .collect()
}

fn input(name: &str, view: &PersonView<'_>) -> Option<String> {
    match name {
        "manager" => Some(view.manager?.account?.to_string()),
        "manager.displayName" => Some(view.manager?.name()?.into_owned()),
        "appRole" => Some(view.app_role?.to_string()),
        "groups" => Some(view.groups?.group_names(&view.person.id).join(", ")),
        name => {
            let value = read_attribute(view.person, name);
            (!value.is_blank()).then(|| value.to_string())
        }
    }
}
