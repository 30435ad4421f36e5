//! Scoping clauses as people write them: `department EQUALS Design`, `IS MEMBER OF "Project Mistral"`.

use usher_model::AttributeName;
use usher_plan::{Clause, Operator};

use crate::config::suggest::nearest;

/// Every operator with the words for it, the longer ones first so that they are found first.
const OPERATORS: &[(&str, Operator)] = &[
    ("GREATER_THAN_OR_EQUALS", Operator::GreaterThanOrEquals),
    ("LESS_THAN_OR_EQUALS", Operator::LessThanOrEquals),
    ("NOT_REGEX_MATCH", Operator::NotRegexMatch),
    ("REGEX_NOT_MATCH", Operator::NotRegexMatch),
    ("IS_NOT_MEMBER_OF", Operator::IsNotMemberOf),
    ("GREATER_THAN", Operator::GreaterThan),
    ("IS_MEMBER_OF", Operator::IsMemberOf),
    ("STARTS_WITH", Operator::StartsWith),
    ("REGEX_MATCH", Operator::RegexMatch),
    ("IS_NOT_NULL", Operator::IsNotNull),
    ("ON_OR_AFTER", Operator::OnOrAfter),
    ("NOT_EQUALS", Operator::NotEquals),
    ("LESS_THAN", Operator::LessThan),
    ("ENDS_WITH", Operator::EndsWith),
    ("IS_FALSE", Operator::IsFalse),
    ("INCLUDES", Operator::Includes),
    ("IS_TRUE", Operator::IsTrue),
    ("IS_NULL", Operator::IsNull),
    ("EQUALS", Operator::Equals),
    ("BEFORE", Operator::Before),
    (">=", Operator::GreaterThanOrEquals),
    ("<=", Operator::LessThanOrEquals),
    ("!=", Operator::NotEquals),
    ("=", Operator::Equals),
    (">", Operator::GreaterThan),
    ("<", Operator::LessThan),
];

/// Reads a clause. The error says what is wrong and what to write.
pub fn clause(text: &str) -> Result<Clause, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((at, length, operator)) = find(&words) else {
        return Err(no_operator(&words));
    };
    let attribute = words.get(..at).unwrap_or_default().join(" ");
    let value = rest_after(text, at + length);
    let value = unquoted(value);
    check(operator, &attribute, value)?;
    Ok(Clause {
        attribute: AttributeName::new(attribute),
        operator,
        value: (!value.is_empty()).then(|| value.to_owned()),
    })
}

/// Where the operator stands, how many words it takes, and which it is.
fn find(words: &[&str]) -> Option<(usize, usize, Operator)> {
    (0..words.len().min(2)).find_map(|at| {
        OPERATORS.iter().find_map(|(name, operator)| {
            (1..=4).rev().find_map(|length| {
                let phrase = words.get(at..at + length)?.join("_").to_uppercase();
                (phrase == *name).then_some((at, length, *operator))
            })
        })
    })
}

fn no_operator(words: &[&str]) -> String {
    let names = OPERATORS.iter().map(|(name, _)| *name);
    match words.get(1).and_then(|word| nearest(word, names)) {
        Some(near) => format!("it has no operator; did you mean `{near}`?"),
        None => {
            "it has no operator; write ATTRIBUTE OPERATOR VALUE, such as `department EQUALS Design`"
                .to_owned()
        }
    }
}

/// The text behind the first `count` words, as it was written.
fn rest_after(text: &str, count: usize) -> &str {
    let mut rest = text.trim_start();
    for _ in 0..count {
        rest = rest
            .find(char::is_whitespace)
            .map_or("", |end| rest.get(end..).unwrap_or_default().trim_start());
    }
    rest.trim_end()
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

fn check(operator: Operator, attribute: &str, value: &str) -> Result<(), String> {
    let about_groups = matches!(operator, Operator::IsMemberOf | Operator::IsNotMemberOf);
    let alone = matches!(
        operator,
        Operator::IsTrue | Operator::IsFalse | Operator::IsNull | Operator::IsNotNull
    );
    match (about_groups, attribute.is_empty()) {
        (true, false) => {
            return Err(
                "IS_MEMBER_OF asks for a group and takes no attribute before it".to_owned(),
            );
        }
        (false, true) => return Err("it names no attribute before the operator".to_owned()),
        _ => {}
    }
    match (alone, value.is_empty()) {
        (true, false) => Err("this operator takes no value".to_owned()),
        (false, true) => Err("it has no value behind the operator".to_owned()),
        _ => Ok(()),
    }
}

/// A clause as text that [`clause`] reads back.
pub fn clause_text(clause: &Clause) -> String {
    let operator = OPERATORS
        .iter()
        .find(|(_, operator)| *operator == clause.operator)
        .map_or("", |(name, _)| name);
    [
        clause.attribute.as_str(),
        operator,
        clause.value.as_deref().unwrap_or_default(),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_read_back_from_their_text() {
        for text in [
            "department EQUALS Design & Research",
            "costCenter GREATER_THAN_OR_EQUALS 100",
            "title IS_NULL",
            "IS_MEMBER_OF Project Mistral",
            "email REGEX_MATCH .*@example\\.org",
            "startDate BEFORE +14d",
        ] {
            assert_eq!(clause_text(&clause(text).unwrap()), text);
        }
    }

    #[test]
    fn operators_may_be_written_with_spaces_small_or_as_signs() {
        assert_eq!(
            clause("country != DE").unwrap().operator,
            Operator::NotEquals
        );
        let group = clause("is not member of \"Robots\"").unwrap();
        assert_eq!(group.operator, Operator::IsNotMemberOf);
        assert_eq!(group.value.as_deref(), Some("Robots"));
    }

    #[test]
    fn a_clause_that_makes_no_sense_says_why() {
        let error = |text: &str| clause(text).unwrap_err();
        assert!(error("department EQALS Design").contains("did you mean `EQUALS`?"));
        assert!(error("department EQUALS").contains("no value"));
        assert!(error("department IS_NULL x").contains("takes no value"));
        assert!(error("EQUALS x").contains("no attribute"));
        assert!(error("department IS_MEMBER_OF x").contains("takes no attribute"));
    }
}
