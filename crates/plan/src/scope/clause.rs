//! One clause of a filter, ready to judge people.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;
use usher_model::{AttributeName, AttributeValue, Person, Timestamp};

use crate::moment::moment;
use crate::scope::dates::When;
use crate::{Clause, GroupIndex, MemberSet, Operator, pattern, person_attribute};

#[derive(Clone, Debug)]
pub(super) struct CompiledClause {
    /// The clause as people write it: `department EQUALS "Sales"`.
    pub(super) words: Arc<str>,
    attribute: AttributeName,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Equals(Text, Wanted),
    Contains(Text),
    StartsWith(Text),
    EndsWith(Text),
    Compares(Bound, fn(Ordering) -> bool),
    Is(bool),
    Present(Wanted),
    Matches(Regex, Wanted),
    MemberOf(MemberSet, Wanted),
    Before(When),
    OnOrAfter(When),
}

/// Whether the test or its opposite is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

impl Wanted {
    fn from(self, holds: bool) -> bool {
        (self == Self::Yes) == holds
    }
}

/// A text to compare with, in lower case.
#[derive(Clone, Debug)]
struct Text(String);

/// What a larger-or-smaller operator compares with.
#[derive(Clone, Debug)]
enum Bound {
    Number(f64),
    Text(Text),
}

impl CompiledClause {
    /// Reads a clause, or says what is wrong with it and what to do about it.
    pub(super) fn compile(clause: &Clause, groups: &GroupIndex) -> Result<Self, String> {
        let value = clause.value.as_deref().filter(|value| !value.is_empty());
        let test = match (takes_value(clause.operator), value) {
            (true, Some(value)) => test_with(clause.operator, value, groups)?,
            (false, None) => test_without(clause.operator),
            (true, None) => {
                let operator = spelled(clause.operator);
                return Err(format!("{operator} needs a value; give one"));
            }
            (false, Some(value)) => {
                let operator = spelled(clause.operator);
                return Err(format!("{operator} takes no value; remove `{value}`"));
            }
        };
        if !matches!(test, Test::MemberOf(..)) && clause.attribute.as_str().trim().is_empty() {
            return Err("it names no attribute; give one".to_owned());
        }
        Ok(Self {
            words: words(clause).into(),
            attribute: clause.attribute.clone(),
            test,
        })
    }

    /// Whether it holds for the person.
    pub(super) fn holds(&self, person: &Person, now: Timestamp) -> bool {
        let value = || person_attribute::read(person, self.attribute.as_str());
        let any = |test: &dyn Fn(&str) -> bool| value().is_some_and(|value| any_text(&value, test));
        match &self.test {
            Test::Equals(text, wanted) => wanted.from(any(&|found| text.equals(found))),
            Test::Contains(text) => value().is_some_and(|value| text.is_included_in(&value)),
            Test::StartsWith(text) => any(&|found| text.starts(found)),
            Test::EndsWith(text) => any(&|found| text.ends(found)),
            Test::Compares(bound, asked) => any(&|found| bound.compare(found).is_some_and(asked)),
            Test::Is(wanted) => value().and_then(|value| truth(&value)) == Some(*wanted),
            Test::Present(wanted) => wanted.from(value().is_some()),
            Test::Matches(regex, wanted) => wanted.from(any(&|found| regex.is_match(found))),
            Test::MemberOf(members, wanted) => wanted.from(members.contains(&person.id)),
            Test::Before(when) => any(&|found| moment(found).is_some_and(|at| at < when.at(now))),
            Test::OnOrAfter(when) => {
                any(&|found| moment(found).is_some_and(|at| at >= when.at(now)))
            }
        }
    }

    /// What the person has, in words; none where the clause says all.
    pub(super) fn found(&self, person: &Person) -> Option<String> {
        if matches!(self.test, Test::MemberOf(..)) {
            return None;
        }
        Some(
            match person_attribute::read(person, self.attribute.as_str()) {
                None => "no value".to_owned(),
                Some(value) => format!("`{value}`"),
            },
        )
    }
}

fn test_with(operator: Operator, value: &str, groups: &GroupIndex) -> Result<Test, String> {
    let text = || Text(value.to_lowercase());
    Ok(match operator {
        Operator::Equals => Test::Equals(text(), Wanted::Yes),
        Operator::NotEquals => Test::Equals(text(), Wanted::No),
        Operator::Includes => Test::Contains(text()),
        Operator::StartsWith => Test::StartsWith(text()),
        Operator::EndsWith => Test::EndsWith(text()),
        Operator::GreaterThan => Test::Compares(Bound::parse(value), Ordering::is_gt),
        Operator::GreaterThanOrEquals => Test::Compares(Bound::parse(value), Ordering::is_ge),
        Operator::LessThan => Test::Compares(Bound::parse(value), Ordering::is_lt),
        Operator::LessThanOrEquals => Test::Compares(Bound::parse(value), Ordering::is_le),
        Operator::RegexMatch => Test::Matches(pattern::whole(value)?, Wanted::Yes),
        Operator::NotRegexMatch => Test::Matches(pattern::whole(value)?, Wanted::No),
        Operator::IsMemberOf => Test::MemberOf(members(value, groups)?, Wanted::Yes),
        Operator::IsNotMemberOf => Test::MemberOf(members(value, groups)?, Wanted::No),
        Operator::Before => Test::Before(date(value)?),
        Operator::OnOrAfter => Test::OnOrAfter(date(value)?),
        Operator::IsTrue | Operator::IsFalse | Operator::IsNull | Operator::IsNotNull => {
            test_without(operator)
        }
    })
}

fn test_without(operator: Operator) -> Test {
    match operator {
        Operator::IsTrue => Test::Is(true),
        Operator::IsFalse => Test::Is(false),
        Operator::IsNull => Test::Present(Wanted::No),
        _ => Test::Present(Wanted::Yes),
    }
}

fn takes_value(operator: Operator) -> bool {
    !matches!(
        operator,
        Operator::IsTrue | Operator::IsFalse | Operator::IsNull | Operator::IsNotNull
    )
}

fn date(value: &str) -> Result<When, String> {
    When::parse(value).ok_or_else(|| {
        format!(
            "`{value}` is no date; write one as `2026-01-31`, or relative to now as `+14d`, `-90d`"
        )
    })
}

fn members(value: &str, groups: &GroupIndex) -> Result<MemberSet, String> {
    let found = groups
        .find(value)
        .map_err(|ambiguous| format!("{ambiguous}; name the one that is meant by its id"))?;
    found.and_then(|id| groups.member_set(id)).ok_or_else(|| {
        format!("the directory has no group `{value}`; correct the name, or give the group's id")
    })
}

fn any_text(value: &AttributeValue, test: &dyn Fn(&str) -> bool) -> bool {
    match value {
        AttributeValue::Text(text) => test(text),
        AttributeValue::List(texts) => texts.iter().any(|text| test(text)),
        AttributeValue::Bool(_) | AttributeValue::Number(_) => test(&value.to_string()),
    }
}

/// Whether a value says yes or no, in the words of the usual sources.
fn truth(value: &AttributeValue) -> Option<bool> {
    match value {
        AttributeValue::Bool(value) => Some(*value),
        AttributeValue::Number(value) => Some(*value != 0),
        AttributeValue::List(_) => None,
        AttributeValue::Text(text) => {
            let is_one_of = |words: [&str; 3]| {
                let text = text.trim();
                words.iter().any(|word| word.eq_ignore_ascii_case(text))
            };
            match (
                is_one_of(["true", "yes", "1"]),
                is_one_of(["false", "no", "0"]),
            ) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            }
        }
    }
}

impl Text {
    fn equals(&self, found: &str) -> bool {
        self.0.eq_ignore_ascii_case(found) || (!found.is_ascii() && *fold(found) == self.0)
    }

    fn starts(&self, found: &str) -> bool {
        fold(found).starts_with(&self.0)
    }

    fn ends(&self, found: &str) -> bool {
        fold(found).ends_with(&self.0)
    }

    fn is_included_in(&self, value: &AttributeValue) -> bool {
        match value {
            AttributeValue::List(texts) => texts.iter().any(|text| self.equals(text)),
            other => any_text(other, &|found| fold(found).contains(&self.0)),
        }
    }
}

fn fold(text: &str) -> Cow<'_, str> {
    let is_lower = text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_lower {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.to_lowercase())
}

impl Bound {
    fn parse(value: &str) -> Self {
        number(value).map_or_else(|| Self::Text(Text(value.to_lowercase())), Self::Number)
    }

    /// How what was found stands to the bound; not at all if one is a number and the other is not.
    fn compare(&self, found: &str) -> Option<Ordering> {
        match self {
            Self::Number(bound) => number(found)?.partial_cmp(bound),
            Self::Text(text) => Some(fold(found).as_ref().cmp(text.0.as_str())),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

fn words(clause: &Clause) -> String {
    let operator = spelled(clause.operator);
    let attribute = &clause.attribute;
    match (clause.operator, &clause.value) {
        (Operator::IsMemberOf | Operator::IsNotMemberOf, Some(group)) => {
            format!("{operator} `{group}`")
        }
        (_, Some(value)) if takes_value(clause.operator) => {
            format!("{attribute} {operator} `{value}`")
        }
        _ => format!("{attribute} {operator}"),
    }
}

/// The operator as settings spell it.
fn spelled(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "EQUALS",
        Operator::NotEquals => "NOT_EQUALS",
        Operator::GreaterThan => "GREATER_THAN",
        Operator::GreaterThanOrEquals => "GREATER_THAN_OR_EQUALS",
        Operator::LessThan => "LESS_THAN",
        Operator::LessThanOrEquals => "LESS_THAN_OR_EQUALS",
        Operator::IsTrue => "IS_TRUE",
        Operator::IsFalse => "IS_FALSE",
        Operator::IsNull => "IS_NULL",
        Operator::IsNotNull => "IS_NOT_NULL",
        Operator::Includes => "INCLUDES",
        Operator::StartsWith => "STARTS_WITH",
        Operator::EndsWith => "ENDS_WITH",
        Operator::RegexMatch => "REGEX_MATCH",
        Operator::NotRegexMatch => "NOT_REGEX_MATCH",
        Operator::IsMemberOf => "IS_MEMBER_OF",
        Operator::IsNotMemberOf => "IS_NOT_MEMBER_OF",
        Operator::Before => "BEFORE",
        Operator::OnOrAfter => "ON_OR_AFTER",
    }
}
