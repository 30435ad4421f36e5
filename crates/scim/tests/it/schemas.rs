//! Schemas as they are served (RFC 7643 §7).

use serde_json::json;
use usher_scim::{
    AttributePath,
    schema::{Found, ResourceSchema, Schema},
    urn,
};

#[test]
fn a_schema_is_written_with_all_characteristics_and_read_back() {
    for schema in [
        Schema::core_user(),
        Schema::core_group(),
        Schema::enterprise_user(),
        Schema::service_provider_config(),
        Schema::resource_type(),
    ] {
        let written = serde_json::to_value(&schema).unwrap();
        assert_eq!(written["schemas"], json!([urn::SCHEMA]));
        assert_eq!(serde_json::from_value::<Schema>(written).unwrap(), schema);
    }
    let user_name =
        serde_json::to_value(Schema::core_user().attribute("USERNAME").unwrap()).unwrap();
    assert_eq!(
        user_name,
        json!({
            "name": "userName",
            "type": "string",
            "multiValued": false,
            "description": "The name that identifies the user at the provider.",
            "required": true,
            "caseExact": false,
            "mutability": "readWrite",
            "returned": "default",
            "uniqueness": "server",
        })
    );
}

#[test]
fn the_tables_have_the_attributes_of_the_rfc() {
    let names = |schema: &Schema| -> Vec<String> {
        schema
            .attributes
            .iter()
            .map(|attribute| attribute.name.clone())
            .collect()
    };
    assert_eq!(
        names(&Schema::core_user()),
        [
            "userName",
            "name",
            "displayName",
            "nickName",
            "profileUrl",
            "title",
            "userType",
            "preferredLanguage",
            "locale",
            "timezone",
            "active",
            "password",
            "emails",
            "phoneNumbers",
            "ims",
            "photos",
            "addresses",
            "groups",
            "entitlements",
            "roles",
            "x509Certificates",
        ]
    );
    assert_eq!(names(&Schema::core_group()), ["displayName", "members"]);
    assert_eq!(
        names(&Schema::enterprise_user()),
        [
            "employeeNumber",
            "costCenter",
            "organization",
            "division",
            "department",
            "manager"
        ]
    );
}

#[test]
fn a_path_finds_its_attribute_without_case() {
    let schema = ResourceSchema::user();
    let name = |path: &str| match schema.find(&AttributePath::parse(path).unwrap()) {
        None => "nothing".to_owned(),
        Some(Found::Extension(extension)) => extension.name.clone(),
        Some(Found::Attribute {
            extension,
            attribute,
            sub,
        }) => {
            let parts = [
                extension.map(|schema| &schema.name),
                Some(&attribute.name),
                sub.map(|sub| &sub.name),
            ];
            parts
                .into_iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join("/")
        }
    };
    assert_eq!(name("USERNAME"), "userName");
    assert_eq!(name("id"), "id");
    assert_eq!(name("Emails.Value"), "emails/value");
    assert_eq!(name(urn::ENTERPRISE_USER), "EnterpriseUser");
    assert_eq!(
        name("urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User:Manager.DisplayName"),
        "EnterpriseUser/manager/displayName"
    );
    for unknown in [
        "department",
        "name.colour",
        "urn:example:2.0:User:colour",
        "urn:example:2.0:User",
    ] {
        assert_eq!(name(unknown), "nothing", "{unknown}");
    }
}
