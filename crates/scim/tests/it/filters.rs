//! Filters put to resources (RFC 7644 §3.4.2.2).

use serde_json::{Value, json};
use usher_scim::{Filter, Tolerance, schema::ResourceSchema, urn};

fn user() -> Value {
    json!({
        "schemas": [urn::CORE_USER, urn::ENTERPRISE_USER],
        "id": "3074457365265951581",
        "externalId": "BJ-1",
        "userName": "bjensen@Example.com",
        "name": {"givenName": "Barbara", "familyName": "Jensén"},
        "userType": "Full",
        "active": true,
        "title": "",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.example", "type": "home"},
        ],
        "photos": [],
        "roles": [{"value": "Content Admin", "primary": false}],
        "groups": [{"value": "3458764577585056871", "display": "Product"}],
        "meta": {"lastModified": "2011-05-13T04:42:34Z", "resourceType": "User"},
        urn::ENTERPRISE_USER: {"department": "Tours", "manager": {"value": "26"}},
        "urn:example:2.0:User": {"shoeSize": 43, "weight": 61.5, "badge": 9_223_372_036_854_775_807_u64},
    })
}

fn holds(filter: &str) -> bool {
    let parsed = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    parsed.matches(&user(), &ResourceSchema::user())
}

#[track_caller]
fn all(expected: bool, filters: &[&str]) {
    for filter in filters {
        assert_eq!(holds(filter), expected, "{filter}");
    }
}

#[test]
fn texts_are_compared_by_the_case_rule_of_their_attribute() {
    all(
        true,
        &[
            r#"userName eq "BJENSEN@example.COM""#,
            r#"USERNAME eq "bjensen@example.com""#,
            r#"name.familyName eq "JENSÉN""#,
            r#"name.familyName co "SÉ""#,
            r#"userName co "EXAMPLE""#,
            r#"userName sw "BJ""#,
            r#"userName ew ".COM""#,
            r#"userName co """#,
            r#"userName gt "A""#,
            r#"userName lt "c""#,
            r#"userName ge "bjensen@example.com""#,
            r#"userName le "bjensen@example.com""#,
            r#"externalId eq "BJ-1""#,
            r#"externalId sw "BJ""#,
            r#"userName ne "bjensen""#,
        ],
    );
    all(
        false,
        &[
            r#"externalId eq "bj-1""#,
            r#"externalId co "bj""#,
            r#"userName eq "bjensen""#,
            r#"userName gt "bjensen@example.com""#,
            r#"userName lt "bjensen@example.com""#,
            r#"userName sw "jensen""#,
            r#"userName ew "bjensen@example.com.au""#,
            r#"userName ne "BJENSEN@example.com""#,
        ],
    );
}

#[test]
fn a_multi_valued_attribute_matches_when_one_of_its_values_does() {
    all(
        true,
        &[
            r#"emails eq "babs@jensen.example""#,
            r#"emails.value co "@jensen""#,
            r#"emails.type eq "home""#,
            r#"emails ne "babs@jensen.example""#,
            r#"emails[type eq "work" and value co "@example.com"]"#,
            r#"emails[type eq "work"].value co "@example.com""#,
            r#"emails[not (type eq "work")]"#,
            r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#,
            r#"groups.value eq "3458764577585056871""#,
        ],
    );
    all(
        false,
        &[
            r#"emails[type eq "home" and value co "@example.com"]"#,
            r#"emails[type eq "home"].value co "@example.com""#,
            r#"emails[type eq "fax"]"#,
            r#"photos[type eq "photo"]"#,
            "ims[value pr]",
        ],
    );
}

#[test]
fn presence_needs_a_value_that_is_not_empty() {
    all(
        true,
        &[
            "userName pr",
            "name pr",
            "emails pr",
            "emails.primary pr",
            "active pr",
            "roles.primary pr",
        ],
    );
    all(
        false,
        &[
            "title pr",
            "photos pr",
            "nickName pr",
            "name.middleName pr",
            "ims pr",
            "colour pr",
        ],
    );
}

#[test]
fn an_attribute_without_value_matches_ne_and_eq_null_alone() {
    all(
        true,
        &[
            r#"nickName ne "Babs""#,
            r#"ims ne "babs""#,
            "nickName eq null",
            "photos eq null",
            "userName ne null",
            r#"not (nickName eq "Babs")"#,
        ],
    );
    all(
        false,
        &[
            r#"nickName eq "Babs""#,
            r#"nickName co """#,
            r#"nickName gt """#,
            "nickName ne null",
            "userName eq null",
            "userName gt null",
            "name eq \"Barbara\"",
        ],
    );
}

#[test]
fn date_times_are_compared_as_instants() {
    all(
        true,
        &[
            r#"meta.lastModified eq "2011-05-13T06:42:34+02:00""#,
            r#"meta.lastModified gt "2011-05-13T05:42:34.5+02:00""#,
            r#"meta.lastModified lt "2011-05-13T04:42:34.001Z""#,
            r#"meta.lastModified sw "2011-05""#,
            r#"meta.lastModified ge "2011-05-13T04:42:34""#,
        ],
    );
    all(
        false,
        &[
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
            r#"meta.lastModified eq "2011-05-13T04:42:34+02:00""#,
        ],
    );
}

#[test]
fn a_number_is_compared_by_value_and_against_a_text_by_its_digits() {
    all(
        true,
        &[
            "id eq 3074457365265951581",
            "groups[value eq 3458764577585056871]",
            "id sw 3074",
            "urn:example:2.0:User:shoeSize eq 43.0",
            "urn:example:2.0:User:shoeSize gt 42.5",
            "urn:example:2.0:User:weight lt 62",
            "urn:example:2.0:User:badge eq 9223372036854775807",
            r#"urn:example:2.0:User:shoeSize eq "43""#,
        ],
    );
    all(
        false,
        &[
            "id eq 3074457365265951582",
            "id eq 3074457365265951600",
            "urn:example:2.0:User:badge eq 9223372036854775806",
            "urn:example:2.0:User:shoeSize co 4",
            r#"urn:example:2.0:User:shoeSize eq "x""#,
        ],
    );
}

#[test]
fn booleans_have_no_order_and_may_come_as_texts() {
    all(
        true,
        &[
            "active eq true",
            "active ne false",
            r#"active eq "True""#,
            "roles[primary eq \"False\"]",
        ],
    );
    all(
        false,
        &[
            "active eq false",
            "active gt false",
            "active ge true",
            r#"active eq "yes""#,
            r#"active co "t""#,
        ],
    );
    let schema = ResourceSchema::user();
    let filter =
        Filter::parse(r#"active eq "True" and id eq 1 and emails[primary eq "False"]"#).unwrap();
    assert_eq!(
        filter.compile(&schema).tolerated(),
        [
            Tolerance::BooleanAsTextInFilter,
            Tolerance::NumberInFilterOfText
        ]
    );
    assert!(filter.compile(&schema).matches(&json!({
        "active": "true", "id": 1, "emails": [{"primary": false}],
    })));
}

#[test]
fn an_urn_leads_to_the_core_to_an_extension_or_to_a_foreign_one() {
    all(
        true,
        &[
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b""#,
            r#"URN:ietf:params:scim:schemas:CORE:2.0:User:name.givenName eq "barbara""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tours""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26""#,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        ],
    );
    all(
        false,
        &[
            r#"department eq "Tours""#,
            "urn:example:3.0:User:shoeSize pr",
            "urn:example:3.0:User pr",
        ],
    );
}

#[test]
fn and_or_and_not_combine() {
    all(
        true,
        &[
            r#"userType eq "Full" and (emails co "example.org" or active eq true)"#,
            r#"userType eq "Free" and active eq true or id pr"#,
            "not (active eq false) and not(title pr)",
        ],
    );
    all(
        false,
        &[r#"userType eq "Free" and (active eq true or id pr)"#],
    );
}

#[test]
fn a_simple_value_answers_to_the_name_value() {
    all(true, &[r#"schemas[value ew "core:2.0:User"]"#]);
    all(
        false,
        &[r#"schemas[value ew "Group"]"#, r#"schemas[type eq "x"]"#],
    );
}

#[test]
fn a_resource_may_spell_its_names_in_any_case() {
    let filter = Filter::parse(r#"emails[TYPE eq "work"] and username eq "x""#).unwrap();
    let resource = json!({"USERNAME": "X", "Emails": [{"Type": "work"}]});
    assert!(filter.matches(&resource, &ResourceSchema::user()));
    assert!(!filter.matches(&json!("not an object"), &ResourceSchema::user()));
}

#[test]
fn check_refuses_what_the_schema_does_not_have_or_cannot_compare() {
    let schema = ResourceSchema::user();
    for filter in [
        r#"userName eq "x""#,
        "name pr",
        r#"emails co "x""#,
        r#"emails[type eq "work" and not (primary eq true)]"#,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        r#"meta.created gt "2011-05-13T04:42:34Z""#,
    ] {
        assert_eq!(
            Filter::parse(filter).unwrap().check(&schema),
            Ok(()),
            "{filter}"
        );
    }
    for filter in [
        r#"colour eq "x""#,
        "name.colour pr",
        r#"name eq "x""#,
        "active gt true",
        r#"userName[value eq "x"]"#,
        r#"emails[colour eq "x"]"#,
        "emails[primary lt true]",
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq "x""#,
        "id pr and (id pr or not (colour pr))",
    ] {
        let error = Filter::parse(filter).unwrap().check(&schema).unwrap_err();
        assert_eq!(
            error.scim_type,
            Some(usher_scim::ScimType::InvalidFilter),
            "{filter}"
        );
    }
}

#[test]
fn an_equality_that_must_hold_is_found_for_an_index() {
    let schema = ResourceSchema::user();
    let literal = |filter: &str| {
        let filter = Filter::parse(filter).unwrap();
        filter
            .equality_on("userName", &schema)
            .map(ToString::to_string)
    };
    assert_eq!(literal(r#"USERNAME eq "x""#).unwrap(), r#""x""#);
    assert_eq!(
        literal(r#"active eq true and (id pr and userName eq "x")"#).unwrap(),
        r#""x""#
    );
    for filter in [
        r#"userName eq "x" or id pr"#,
        r#"userName ne "x""#,
        r#"not (userName eq "x")"#,
    ] {
        assert_eq!(literal(filter), None, "{filter}");
    }
}
