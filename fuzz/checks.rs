//! What must hold for any input. The fuzz targets call these, and so does the test of the crate `scim` that
//! replays the corpus.

use serde_json::{Value, json};
use usher_scim::{
    AttributePath, Filter, PatchPath,
    patch::{PatchPolicy, PatchRequest, ReadOnlyTargets, UnknownAttributes, UnmatchedFilter},
    projection::Projection,
    schema::ResourceSchema,
    sort::sort_key,
    urn,
};

/// Printing a filter and parsing it gives the same filter, and putting it to resources ends.
pub fn filter(text: &str) {
    let Ok(filter) = Filter::parse(text) else {
        return;
    };
    assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter));
    for (resource, schema) in resources() {
        let _ = filter.check(&schema);
        let opposite = Filter::Not(Box::new(filter.clone()));
        assert_ne!(
            filter.matches(&resource, &schema),
            opposite.matches(&resource, &schema)
        );
    }
}

/// Printing a path and parsing it gives the same path, and a projection by it is stable.
pub fn path(text: &str) {
    if let Ok(path) = PatchPath::parse(text) {
        assert_eq!(PatchPath::parse(&path.to_string()), Ok(path));
    }
    if let Ok(path) = AttributePath::parse(text) {
        assert_eq!(AttributePath::parse(&path.to_string()).as_ref(), Ok(&path));
        for (mut resource, schema) in resources() {
            let _ = sort_key(&resource, &path, &schema);
            for projection in [
                Projection::Only(vec![path.clone()]),
                Projection::Without(vec![path.clone()]),
            ] {
                projection.apply(&mut resource, &schema);
                let once = resource.clone();
                projection.apply(&mut resource, &schema);
                assert_eq!(resource, once);
            }
        }
    }
}

/// A request is applied or refused, a refused one changes nothing, and reading what a request writes gives
/// the same request.
pub fn patch(text: &str) {
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let Ok(request) = PatchRequest::parse(&body) else {
        return;
    };
    let again = PatchRequest::parse(&request.to_value()).map(|again| again.operations);
    assert_eq!(again.as_ref(), Ok(&request.operations));
    for (resource, schema) in resources() {
        for policy in policies() {
            let mut after = resource.clone();
            match request.apply_with(&mut after, &schema, policy) {
                Ok(outcome) => assert_eq!(outcome.changed, after != resource),
                Err(error) => {
                    assert_eq!(after, resource);
                    assert!(error.scim_type.is_some());
                }
            }
        }
    }
}

fn policies() -> [PatchPolicy; 3] {
    let lenient = |unknown_attributes| PatchPolicy {
        unmatched_filter: UnmatchedFilter::Create,
        unknown_attributes,
        read_only_targets: ReadOnlyTargets::Ignore,
    };
    [
        PatchPolicy::default(),
        lenient(UnknownAttributes::Ignore),
        lenient(UnknownAttributes::Keep),
    ]
}

fn resources() -> [(Value, ResourceSchema); 2] {
    let user = json!({
        "schemas": [urn::CORE_USER, urn::ENTERPRISE_USER],
        "id": "3074457365265951581",
        "userName": "user@example.com",
        "name": {"familyName": "Doe", "givenName": "John"},
        "userType": "Full",
        "active": true,
        "emails": [
            {"value": "user@example.com", "type": "work", "primary": true},
            {"value": "doe@example.org", "type": "home"},
        ],
        "photos": [{"type": "photo"}],
        "roles": [{"type": "organization_user_role", "value": "ORGANIZATION_INTERNAL_USER", "primary": true}],
        "meta": {"lastModified": "2011-05-13T04:42:34Z"},
        urn::ENTERPRISE_USER: {"department": "A", "manager": {"value": "26"}},
        "urn:example:2.0:User": {"shoeSize": 43},
    });
    let group = json!({
        "schemas": [urn::CORE_GROUP],
        "id": "3074457345620002842",
        "displayName": "Product",
        "members": [{"value": "3074457364022187294", "type": "User"}, {"value": "1"}],
    });
    [
        (user, ResourceSchema::user()),
        (group, ResourceSchema::group()),
    ]
}
