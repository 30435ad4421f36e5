//! The attribute tables of RFC 7643 §8.7, in our own words.

use super::{
    Attribute,
    AttributeType::{self, Binary, Boolean, Integer, Reference, String},
    Mutability, Returned, Schema, Uniqueness,
};
use crate::urn;

fn text(name: &str, description: &str) -> Attribute {
    Attribute::new(name, String, description)
}

/// A multi-valued attribute with the usual sub-attributes (RFC 7643 §2.4).
fn values(name: &str, description: &str, value: Attribute, types: &[&str]) -> Attribute {
    Attribute::complex(
        name,
        description,
        vec![
            value,
            text("display", "The value as shown to a human."),
            text("type", "What the value is used for.").canonical(types),
            primary(),
        ],
    )
    .many()
}

fn primary() -> Attribute {
    Attribute::new(
        "primary",
        Boolean,
        "Whether this is the preferred value; true for one at most.",
    )
}

pub(super) fn core_user() -> Schema {
    let mut attributes = user_texts();
    attributes.extend(user_values());
    Schema::new(urn::CORE_USER, "User", "A user account", attributes)
}

fn user_texts() -> Vec<Attribute> {
    vec![
        text(
            "userName",
            "The name that identifies the user at the provider.",
        )
        .required()
        .uniqueness(Uniqueness::Server),
        Attribute::complex(
            "name",
            "The parts of the user's name.",
            vec![
                text("formatted", "The whole name as shown to a human."),
                text("familyName", "The family name, or last name."),
                text("givenName", "The given name, or first name."),
                text("middleName", "The middle names."),
                text(
                    "honorificPrefix",
                    "What stands before the name, such as a title.",
                ),
                text("honorificSuffix", "What stands behind the name."),
            ],
        ),
        text("displayName", "The name to show for the user."),
        text("nickName", "How the user is addressed casually."),
        Attribute::new(
            "profileUrl",
            Reference,
            "The address of the user's profile page.",
        )
        .references(&["external"]),
        text("title", "The job title."),
        text(
            "userType",
            "The user's relation to the organization, or kind of account.",
        ),
        text(
            "preferredLanguage",
            "The languages the user prefers, as in Accept-Language.",
        ),
        text(
            "locale",
            "The user's place for formats of dates, numbers and money.",
        ),
        text("timezone", "The user's time zone, as in the IANA database."),
        Attribute::new("active", Boolean, "Whether the user may use the account."),
        text(
            "password",
            "The user's password, in clear text on its way in.",
        )
        .mutability(Mutability::WriteOnly)
        .returned(Returned::Never),
    ]
}

fn user_values() -> Vec<Attribute> {
    let home = ["work", "home", "other"];
    let value = |description| text("value", description);
    let mut attributes = vec![
        values(
            "emails",
            "E-mail addresses.",
            value("An e-mail address."),
            &home,
        ),
        values(
            "phoneNumbers",
            "Phone numbers.",
            value("A phone number."),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        values(
            "ims",
            "Addresses for instant messages.",
            value("An address for instant messages."),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        values(
            "photos",
            "Pictures of the user.",
            Attribute::new("value", Reference, "The address of a picture.")
                .case_exact()
                .references(&["external"]),
            &["photo", "thumbnail"],
        ),
        addresses(&home),
        groups(),
    ];
    attributes.extend([
        values(
            "entitlements",
            "What the user is entitled to.",
            value("An entitlement."),
            &[],
        ),
        values("roles", "The user's roles.", value("A role."), &[]),
        values(
            "x509Certificates",
            "The user's certificates.",
            Attribute::new("value", Binary, "A certificate in DER.").case_exact(),
            &[],
        ),
    ]);
    attributes
}

fn addresses(types: &[&str]) -> Attribute {
    Attribute::complex(
        "addresses",
        "Postal addresses.",
        vec![
            text("formatted", "The whole address as on a label."),
            text("streetAddress", "The street, house and further lines."),
            text("locality", "The city."),
            text("region", "The state or region."),
            text("postalCode", "The postal code."),
            text("country", "The country as a two-letter code of ISO 3166-1."),
            text("type", "What the address is used for.").canonical(types),
            primary(),
        ],
    )
    .many()
}

fn groups() -> Attribute {
    let read_only = |attribute: Attribute| attribute.mutability(Mutability::ReadOnly);
    read_only(
        Attribute::complex(
            "groups",
            "The groups that the user belongs to.",
            vec![
                read_only(text("value", "The group's id.")),
                read_only(
                    Attribute::new("$ref", Reference, "The group's address.")
                        .case_exact()
                        .references(&["User", "Group"]),
                ),
                read_only(text("display", "The group's name.")),
                read_only(
                    text(
                        "type",
                        "Whether the user is a member itself or through another group.",
                    )
                    .canonical(&["direct", "indirect"]),
                ),
            ],
        )
        .many(),
    )
}

pub(super) fn core_group() -> Schema {
    let immutable = |attribute: Attribute| attribute.mutability(Mutability::Immutable);
    Schema::new(
        urn::CORE_GROUP,
        "Group",
        "A group",
        vec![
            text("displayName", "The group's name.").required(),
            Attribute::complex(
                "members",
                "The members of the group.",
                vec![
                    immutable(text("value", "The member's id.")),
                    immutable(
                        Attribute::new("$ref", Reference, "The member's address.")
                            .case_exact()
                            .references(&["User", "Group"]),
                    ),
                    immutable(
                        text("type", "What kind of resource the member is.")
                            .canonical(&["User", "Group"]),
                    ),
                    immutable(text("display", "The member's name.")),
                ],
            )
            .many(),
        ],
    )
}

pub(super) fn enterprise_user() -> Schema {
    Schema::new(
        urn::ENTERPRISE_USER,
        "EnterpriseUser",
        "A user's place in a company",
        vec![
            text(
                "employeeNumber",
                "The number that the company gave the user.",
            ),
            text("costCenter", "The cost center."),
            text("organization", "The organization."),
            text("division", "The division."),
            text("department", "The department."),
            Attribute::complex(
                "manager",
                "The user's manager.",
                vec![
                    text("value", "The manager's id."),
                    Attribute::new("$ref", Reference, "The manager's address.")
                        .case_exact()
                        .references(&["User"]),
                    text("displayName", "The manager's name.").mutability(Mutability::ReadOnly),
                ],
            ),
        ],
    )
}

fn fixed(name: &str, kind: AttributeType, description: &str) -> Attribute {
    Attribute::new(name, kind, description).mutability(Mutability::ReadOnly)
}

fn fixed_complex(name: &str, description: &str, sub_attributes: Vec<Attribute>) -> Attribute {
    Attribute::complex(name, description, sub_attributes).mutability(Mutability::ReadOnly)
}

pub(super) fn service_provider_config() -> Schema {
    let supported = || fixed("supported", Boolean, "Whether it is supported.").required();
    let option = |name, description| fixed_complex(name, description, vec![supported()]).required();
    Schema::new(
        urn::SERVICE_PROVIDER_CONFIG,
        "Service Provider Configuration",
        "What the provider supports",
        vec![
            fixed(
                "documentationUri",
                Reference,
                "The address of the provider's documents.",
            )
            .references(&["external"]),
            option("patch", "Changes of parts of a resource."),
            fixed_complex(
                "bulk",
                "Several requests in one.",
                vec![
                    supported(),
                    fixed("maxOperations", Integer, "The most requests in one.").required(),
                    fixed("maxPayloadSize", Integer, "The longest body in bytes.").required(),
                ],
            )
            .required(),
            fixed_complex(
                "filter",
                "Filters.",
                vec![
                    supported(),
                    fixed("maxResults", Integer, "The most resources in one answer.").required(),
                ],
            )
            .required(),
            option("changePassword", "Changes of a password."),
            option("sort", "Sorting."),
            option("etag", "Versions of resources."),
            authentication_schemes(),
        ],
    )
}

fn authentication_schemes() -> Attribute {
    fixed_complex(
        "authenticationSchemes",
        "How a client proves who it is.",
        vec![
            fixed("type", String, "The scheme.").required().canonical(&[
                "oauth",
                "oauth2",
                "oauthbearertoken",
                "httpbasic",
                "httpdigest",
            ]),
            fixed("name", String, "The scheme's name.").required(),
            fixed("description", String, "How the scheme works.").required(),
            fixed(
                "specUri",
                Reference,
                "The address of the scheme's specification.",
            )
            .references(&["external"]),
            fixed(
                "documentationUri",
                Reference,
                "The address of the scheme's documents.",
            )
            .references(&["external"]),
            fixed(
                "primary",
                Boolean,
                "Whether the scheme is the preferred one.",
            ),
        ],
    )
    .many()
    .required()
}

pub(super) fn resource_type() -> Schema {
    Schema::new(
        urn::RESOURCE_TYPE,
        "ResourceType",
        "A kind of resource that the provider has",
        vec![
            fixed("name", String, "The kind's name.").required(),
            fixed("description", String, "What the kind is."),
            fixed(
                "endpoint",
                Reference,
                "Where resources of the kind are, below the base address.",
            )
            .required()
            .references(&["uri"]),
            fixed("schema", Reference, "The URN of the core schema.")
                .required()
                .case_exact()
                .references(&["uri"]),
            fixed_complex(
                "schemaExtensions",
                "The extensions of the kind.",
                vec![
                    fixed("schema", Reference, "The URN of the extension.")
                        .required()
                        .case_exact()
                        .references(&["uri"]),
                    fixed("required", Boolean, "Whether each resource must have it.").required(),
                ],
            )
            .many(),
        ],
    )
}
