//! Filters as conditions that an index answers, as far as they are.

use usher_scim::filter::{Literal, Operator};
use usher_scim::schema::Found;
use usher_scim::{AttributePath, Filter, fold};
use usher_store::{PushedColumn, PushedComparison, PushedCondition};

use super::draft::LONGEST;
use super::kind::ResourceKind;

/// With more comparisons than these an index does not help, and SQLite refuses very deep expressions.
const MOST_TERMS: usize = 100;

/// A condition that every resource fulfils which a filter is true for.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrowed {
    /// The condition; none: every resource may match.
    pub condition: Option<PushedCondition>,
    /// Whether the filter is true for each resource that fulfils the condition.
    pub is_exact: bool,
}

impl Narrowed {
    const UNKNOWN: Self = Self {
        condition: None,
        is_exact: false,
    };

    fn exact(condition: PushedCondition) -> Self {
        Self {
            condition: Some(condition),
            is_exact: true,
        }
    }
}

/// What of a filter an index answers.
pub fn narrow(filter: Option<&Filter>, kind: ResourceKind) -> Narrowed {
    match filter {
        None => Narrowed {
            condition: None,
            is_exact: true,
        },
        Some(filter) if terms(filter) > MOST_TERMS => Narrowed::UNKNOWN,
        Some(filter) => part(filter, kind),
    }
}

fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().map(terms).sum(),
        Filter::Not(part) => terms(part),
        Filter::Values { filter, .. } => terms(filter),
        Filter::Present(_) | Filter::Compare { .. } => 1,
    }
}

fn part(filter: &Filter, kind: ResourceKind) -> Narrowed {
    match filter {
        Filter::And(parts) => all(parts.iter().map(|one| part(one, kind)).collect()),
        Filter::Or(parts) => any(parts.iter().map(|one| part(one, kind)).collect()),
        Filter::Compare {
            attribute,
            operator,
            value,
        } => column(attribute, kind).map_or(Narrowed::UNKNOWN, |column| {
            compare(column, *operator, value)
        }),
        Filter::Values { attribute, filter } if is_emails(attribute, kind) => emails(filter),
        Filter::Values { .. } | Filter::Not(_) | Filter::Present(_) => Narrowed::UNKNOWN,
    }
}

/// Each part that an index answers narrows.
fn all(parts: Vec<Narrowed>) -> Narrowed {
    let is_exact = parts.iter().all(|part| part.is_exact);
    let conditions: Vec<_> = parts
        .into_iter()
        .filter_map(|part| part.condition)
        .collect();
    Narrowed {
        is_exact,
        condition: (!conditions.is_empty()).then_some(PushedCondition::All(conditions)),
    }
}

/// Only if an index answers every part.
fn any(parts: Vec<Narrowed>) -> Narrowed {
    let is_exact = parts.iter().all(|part| part.is_exact);
    let conditions: Option<Vec<_>> = parts.into_iter().map(|part| part.condition).collect();
    Narrowed {
        is_exact: is_exact && conditions.is_some(),
        condition: conditions.map(PushedCondition::Any),
    }
}

fn column(path: &AttributePath, kind: ResourceKind) -> Option<PushedColumn> {
    let Found::Attribute {
        extension: None,
        attribute,
        sub,
    } = kind.schema().find(path)?
    else {
        return None;
    };
    let sub = sub.map(|sub| sub.name.as_str());
    match (kind, attribute.name.as_str(), sub) {
        (_, "id", None) => Some(PushedColumn::Id),
        (_, "externalId", None) => Some(PushedColumn::ExternalId),
        (ResourceKind::User, "userName", None) | (ResourceKind::Group, "displayName", None) => {
            Some(PushedColumn::Name)
        }
        (ResourceKind::User, "displayName", None) => Some(PushedColumn::Display),
        (ResourceKind::User, "emails", None | Some("value")) => Some(PushedColumn::Email),
        _ => None,
    }
}

fn is_emails(path: &AttributePath, kind: ResourceKind) -> bool {
    path.sub.is_none() && column(path, kind) == Some(PushedColumn::Email)
}

/// The filter between the brackets of `emails[…]`: its comparison of `value` narrows, the rest is left to the filter.
fn emails(filter: &Filter) -> Narrowed {
    match filter {
        Filter::And(parts) => Narrowed {
            is_exact: false,
            ..all(parts.iter().map(emails).collect())
        },
        Filter::Compare {
            attribute,
            operator,
            value,
        } if attribute.is("value") => compare(PushedColumn::Email, *operator, value),
        _ => Narrowed::UNKNOWN,
    }
}

fn compare(column: PushedColumn, operator: Operator, literal: &Literal) -> Narrowed {
    let text = match literal {
        Literal::Text(text) => text.as_str(),
        Literal::Number(number) => number.as_str(),
        Literal::Boolean(_) | Literal::Null => return Narrowed::UNKNOWN,
    };
    let is_exact_case = matches!(column, PushedColumn::Id | PushedColumn::ExternalId);
    let comparison = match operator {
        Operator::Equal => PushedComparison::Equals,
        Operator::StartsWith if !is_exact_case => PushedComparison::StartsWith,
        Operator::EndsWith if !is_exact_case => PushedComparison::EndsWith,
        Operator::Contains if !is_exact_case => PushedComparison::Contains,
        _ => return Narrowed::UNKNOWN,
    };
    let text = if is_exact_case {
        text.to_owned()
    } else {
        fold(text)
    };
    if text.len() > LONGEST {
        return Narrowed::exact(PushedCondition::Any(Vec::new()));
    }
    Narrowed::exact(PushedCondition::Compare(column, comparison, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(text: &str) -> Narrowed {
        narrow(Some(&Filter::parse(text).unwrap()), ResourceKind::User)
    }

    fn name(comparison: PushedComparison, text: &str) -> PushedCondition {
        PushedCondition::Compare(PushedColumn::Name, comparison, text.to_owned())
    }

    #[test]
    fn what_an_index_answers_alone_is_exact() {
        for text in [
            "userName eq \"ADA\"",
            "urn:ietf:params:scim:schemas:core:2.0:User:username EQ \"ADA\"",
        ] {
            let expected = Narrowed::exact(name(PushedComparison::Equals, "ada"));
            assert_eq!(users(text), expected);
        }
        for text in [
            "id eq \"1\" or externalId eq \"2\"",
            "emails eq \"a@b\"",
            "emails.value sw \"a\"",
            "emails[value co \"a\"]",
            "displayName ew \"ce\"",
        ] {
            assert!(users(text).is_exact, "{text}");
        }
    }

    #[test]
    fn the_rest_is_left_to_the_filter_among_what_an_index_finds() {
        let found = users("userName sw \"a\" and active eq true");
        let expected = PushedCondition::All(vec![name(PushedComparison::StartsWith, "a")]);
        assert_eq!((found.condition, found.is_exact), (Some(expected), false));
        let typed = users("emails[type eq \"work\" and value eq \"a@b\"]");
        assert!(typed.condition.is_some() && !typed.is_exact);
    }

    #[test]
    fn what_no_index_knows_narrows_nothing() {
        for text in [
            "active eq true",
            "userName ne \"a\"",
            "not (userName eq \"a\")",
            "userName eq \"a\" or active eq true",
            "externalId co \"a\"",
            "userName eq null",
            "name.familyName eq \"a\"",
        ] {
            assert_eq!(users(text), Narrowed::UNKNOWN, "{text}");
        }
        let many = vec!["userName eq \"a\""; MOST_TERMS + 1].join(" or ");
        assert_eq!(users(&many), Narrowed::UNKNOWN);
    }
}
