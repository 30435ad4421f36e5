//! A recursive-descent parser for the grammar of RFC 7644 figure 1.

use super::{Filter, Literal, Number, Operator, literal::number_length};
use crate::{
    path::{attribute_path, sub_attribute},
    syntax::{Cursor, SyntaxError},
};

/// Which names a filter is over: inside brackets there are sub-attributes only, and no further brackets.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Resource,
    Value,
}

/// Reads a whole text as a filter.
pub(super) fn filter(text: &str) -> Result<Filter, SyntaxError> {
    let mut cursor = Cursor::new(text)?;
    let filter = alternatives(&mut cursor, Scope::Resource)?;
    cursor.expect_end("`and`, `or` or the end of the filter")?;
    Ok(filter)
}

/// Reads `[filter]` at the cursor.
pub(crate) fn bracketed(cursor: &mut Cursor<'_>) -> Result<Filter, SyntaxError> {
    cursor.expect(b'[', "`[`")?;
    let filter = cursor.nested(|cursor| alternatives(cursor, Scope::Value))?;
    cursor.expect(b']', "`and`, `or` or `]`")?;
    Ok(filter)
}

fn alternatives(cursor: &mut Cursor<'_>, scope: Scope) -> Result<Filter, SyntaxError> {
    chain(cursor, "or", Filter::Or, |cursor| {
        chain(cursor, "and", Filter::And, |cursor| term(cursor, scope))
    })
}

/// Reads parts with a word between them; `and` binds tighter than `or` (RFC 7644 §3.4.2.2).
fn chain(
    cursor: &mut Cursor<'_>,
    word: &str,
    combine: impl FnOnce(Vec<Filter>) -> Filter,
    mut part: impl FnMut(&mut Cursor<'_>) -> Result<Filter, SyntaxError>,
) -> Result<Filter, SyntaxError> {
    let first = part(cursor)?;
    if !eat_word(cursor, word) {
        return Ok(first);
    }
    let mut parts = vec![first, part(cursor)?];
    while eat_word(cursor, word) {
        parts.push(part(cursor)?);
    }
    Ok(combine(parts))
}

fn term(cursor: &mut Cursor<'_>, scope: Scope) -> Result<Filter, SyntaxError> {
    cursor.skip_spaces();
    let filter = if cursor.peek() == Some(b'(') {
        grouped(cursor, scope)?
    } else if eat_not(cursor) {
        Filter::Not(Box::new(grouped(cursor, scope)?))
    } else {
        comparison(cursor, scope)?
    };
    cursor.skip_spaces();
    Ok(filter)
}

fn grouped(cursor: &mut Cursor<'_>, scope: Scope) -> Result<Filter, SyntaxError> {
    cursor.expect(b'(', "`(`")?;
    let filter = cursor.nested(|cursor| alternatives(cursor, scope))?;
    cursor.expect(b')', "`and`, `or` or `)`")?;
    Ok(filter)
}

fn comparison(cursor: &mut Cursor<'_>, scope: Scope) -> Result<Filter, SyntaxError> {
    let start = cursor.position();
    let attribute = attribute_path(cursor).map_err(|error| {
        if error.position == start {
            cursor.error_at(start, "an attribute name, `not` or `(`")
        } else {
            error
        }
    })?;
    if cursor.peek() == Some(b'[') && scope == Scope::Resource && attribute.sub.is_none() {
        let filter = bracketed(cursor)?;
        let filter = if cursor.eat(b'.') {
            compared_value(cursor, filter)?
        } else {
            filter
        };
        return Ok(Filter::Values {
            attribute,
            filter: Box::new(filter),
        });
    }
    operation(cursor, attribute)
}

/// `[filter].sub eq "x"` means one value that satisfies both, so the comparison moves into the brackets.
fn compared_value(cursor: &mut Cursor<'_>, filter: Filter) -> Result<Filter, SyntaxError> {
    let sub = sub_attribute(cursor)?;
    let comparison = operation(cursor, crate::path::AttributePath::named(sub))?;
    Ok(match filter {
        Filter::And(mut parts) => {
            parts.push(comparison);
            Filter::And(parts)
        }
        other => Filter::And(vec![other, comparison]),
    })
}

fn operation(
    cursor: &mut Cursor<'_>,
    attribute: crate::path::AttributePath,
) -> Result<Filter, SyntaxError> {
    const WHAT: &str = "an operator: eq ne co sw ew pr gt ge lt le";
    cursor.count_term()?;
    if !cursor.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
        return Err(cursor.error("a space and an operator"));
    }
    cursor.skip_spaces();
    let start = cursor.position();
    let word = cursor.take_while(|byte| byte.is_ascii_alphanumeric());
    if word.eq_ignore_ascii_case("pr") {
        return Ok(Filter::Present(attribute));
    }
    let operator = Operator::ALL
        .into_iter()
        .find(|operator| operator.as_str().eq_ignore_ascii_case(word))
        .ok_or_else(|| cursor.error_at(start, WHAT))?;
    cursor.skip_spaces();
    Ok(Filter::Compare {
        attribute,
        operator,
        value: literal(cursor)?,
    })
}

fn literal(cursor: &mut Cursor<'_>) -> Result<Literal, SyntaxError> {
    const WHAT: &str = "a quoted text, a number, true, false or null";
    let start = cursor.position();
    match cursor.peek() {
        Some(b'"') => quoted(cursor),
        Some(b'-' | b'0'..=b'9') => {
            let length = number_length(cursor.rest());
            let number = length
                .and_then(|length| cursor.rest().get(..length))
                .and_then(Number::parse)
                .ok_or_else(|| cursor.error(WHAT))?;
            cursor.advance(number.as_str().len());
            end_of_literal(cursor, start, WHAT)?;
            Ok(Literal::Number(number))
        }
        _ => {
            let word = cursor.take_while(|byte| byte.is_ascii_alphanumeric());
            let literal = ["true", "false", "null"]
                .into_iter()
                .zip([
                    Literal::Boolean(true),
                    Literal::Boolean(false),
                    Literal::Null,
                ])
                .find(|(name, _)| name.eq_ignore_ascii_case(word))
                .map(|(_, literal)| literal)
                .ok_or_else(|| cursor.error_at(start, WHAT))?;
            end_of_literal(cursor, start, WHAT)?;
            Ok(literal)
        }
    }
}

/// A bare literal ends at a space, a closing bracket or the end; `12ab` is none.
fn end_of_literal(
    cursor: &Cursor<'_>,
    start: usize,
    what: &'static str,
) -> Result<(), SyntaxError> {
    match cursor.peek() {
        None | Some(b')' | b']') => Ok(()),
        Some(byte) if byte.is_ascii_whitespace() => Ok(()),
        Some(_) => Err(cursor.error_at(start, what)),
    }
}

/// A JSON string (RFC 7159 §7, to which the grammar points).
fn quoted(cursor: &mut Cursor<'_>) -> Result<Literal, SyntaxError> {
    let rest = cursor.rest();
    let mut escaped = false;
    let closing = rest.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    let Some(text) = closing.and_then(|offset| rest.get(..offset + 2)) else {
        return Err(cursor.error("a quoted text with its closing quote"));
    };
    let value = serde_json::from_str(text)
        .map_err(|_| cursor.error("a quoted text with the escapes of JSON"))?;
    cursor.advance(text.len());
    Ok(Literal::Text(value))
}

/// Eats `not` when a parenthesis follows, with or without space: else it is an attribute's name.
fn eat_not(cursor: &mut Cursor<'_>) -> bool {
    let rest = cursor.rest();
    let Some((word, after)) = rest.split_at_checked(3) else {
        return false;
    };
    let tail = after.trim_ascii_start();
    let found = word.eq_ignore_ascii_case("not") && tail.starts_with('(');
    if found {
        cursor.advance(rest.len() - tail.len());
    }
    found
}

fn eat_word(cursor: &mut Cursor<'_>, word: &str) -> bool {
    let Some((head, tail)) = cursor.rest().split_at_checked(word.len()) else {
        return false;
    };
    let ends = tail
        .bytes()
        .next()
        .is_none_or(|byte| byte.is_ascii_whitespace() || byte == b'(');
    let found = head.eq_ignore_ascii_case(word) && ends;
    if found {
        cursor.advance(word.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{MAX_DEPTH, MAX_LENGTH, MAX_TERMS, Problem};

    fn parsed(text: &str) -> Filter {
        filter(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    fn printed(text: &str) -> String {
        parsed(text).to_string()
    }

    #[track_caller]
    fn refused(text: &str, position: usize) -> Problem {
        let error = filter(text).unwrap_err();
        assert_eq!(error.position, position, "{text}: {error:?}");
        error.problem
    }

    #[test]
    fn the_forms_of_the_grammar_print_as_they_were_written() {
        for text in [
            r#"userName eq "bjensen""#,
            r#"name.familyName co "O'Malley""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            "title pr",
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
            r#"title pr and userType eq "Employee""#,
            r#"title pr or userType eq "Intern""#,
            r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
            r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType eq "Employee" and (emails.type eq "work")"#,
            r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
            "members[value eq 3074457364022187294]",
            "active eq true and nickName eq null",
            r#"members.$ref ew "/Users/1""#,
            "not (not (a pr))",
            "(a pr and b pr) and c pr",
        ] {
            let filter = parsed(text);
            let again = parsed(&filter.to_string());
            assert_eq!(filter, again, "{text}");
            if !text.contains("(emails.type") {
                assert_eq!(filter.to_string(), text);
            }
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(
            parsed("a pr or b pr and c pr"),
            parsed("a pr or (b pr and c pr)")
        );
        assert_eq!(
            printed("(a pr or b pr) and c pr"),
            "(a pr or b pr) and c pr"
        );
    }

    #[test]
    fn names_and_operators_are_read_in_any_case_and_spacing() {
        assert_eq!(printed(r#"  USERNAME   Eq "x"  "#), r#"USERNAME eq "x""#);
        assert_eq!(printed("a PR AND NOT(b Pr)"), "a pr and not (b pr)");
        assert_eq!(printed("active eq True"), "active eq true");
        assert_eq!(printed("(a pr)or(b pr)"), "a pr or b pr");
    }

    #[test]
    fn not_is_a_name_where_no_parenthesis_follows() {
        assert_eq!(printed(r#"not eq "x""#), r#"not eq "x""#);
        assert_eq!(printed("notes pr"), "notes pr");
    }

    #[test]
    fn a_number_keeps_every_digit() {
        assert_eq!(
            printed("id eq 30744573640221872949999"),
            "id eq 30744573640221872949999"
        );
        assert_eq!(printed("x eq -1.50E+3"), "x eq -1.50E+3");
    }

    #[test]
    fn a_comparison_behind_a_value_path_moves_into_its_brackets() {
        assert_eq!(
            printed(r#"emails[type eq "work"].value eq "a@x""#),
            r#"emails[type eq "work" and value eq "a@x"]"#
        );
        assert_eq!(
            printed(r#"emails[type eq "work" or primary eq true].value pr"#),
            r#"emails[(type eq "work" or primary eq true) and value pr]"#
        );
    }

    #[test]
    fn an_error_names_the_byte_and_what_was_expected() {
        refused("", 0);
        refused("userName", 8);
        refused("userName ", 9);
        refused(r#"userName is "x""#, 9);
        refused("userName eq", 11);
        refused("userName eq x", 12);
        refused(r#"userName eq "x"#, 12);
        refused(r#"userName eq "\q""#, 12);
        refused("userName eq 12ab", 12);
        refused("userName eq 01", 12);
        refused(r#"userName eq "x" userType pr"#, 16);
        refused("(a pr", 5);
        refused("a pr)", 4);
        refused("a pr and", 8);
        refused("a pr and and b pr", 13);
        refused("emails[type pr", 14);
        refused("emails[ims[type pr]]", 10);
        refused("emails.value[type pr]", 12);
        refused("not a pr", 4);
        refused(r#"a eq "x" or"#, 11);
        refused("a eq {}", 5);
        refused("é pr", 0);
        let problem = refused(r#"userName equals "x""#, 9);
        assert_eq!(
            problem.to_string(),
            "expected an operator: eq ne co sw ew pr gt ge lt le, found `equals`"
        );
    }

    #[test]
    fn limits_stop_what_is_too_long_too_deep_or_too_wide() {
        let deep = |levels: usize| format!("{}a pr{}", "(".repeat(levels), ")".repeat(levels));
        parsed(&deep(MAX_DEPTH));
        assert_eq!(
            refused(&deep(MAX_DEPTH + 1), MAX_DEPTH + 1),
            Problem::TooDeep
        );
        let wide = |terms: usize| vec!["a pr"; terms].join(" or ");
        parsed(&wide(MAX_TERMS));
        assert_eq!(
            filter(&wide(MAX_TERMS + 1)).unwrap_err().problem,
            Problem::TooManyTerms
        );
        assert_eq!(
            refused(&" ".repeat(MAX_LENGTH + 1), MAX_LENGTH),
            Problem::TooLong
        );
    }
}
