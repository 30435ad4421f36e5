//! The SCIM request that makes a change of an account. Pure.

use usher_miro::{
    Patch, ScimClass, ScimEnterprise, ScimManager, ScimName, ScimRole, ScimUserDraft,
};
use usher_model::{License, OrganizationRole};
use usher_plan::{
    Action, AttributeChange, Reading, TargetAttribute, TargetAttributes, TargetValue,
};

/// A call on an account.
#[derive(Clone, Debug, PartialEq)]
pub enum UserCall {
    /// `POST /Users`.
    Create(Box<ScimUserDraft>),
    /// `PATCH /Users/{id}`.
    Patch(Patch),
    /// `DELETE /Users/{id}`.
    Delete,
}

impl UserCall {
    /// Which class of calls it belongs to.
    pub fn class(&self) -> ScimClass {
        match self {
            Self::Create(_) => ScimClass::CreateUser,
            Self::Patch(_) => ScimClass::PatchUser,
            Self::Delete => ScimClass::DeleteUser,
        }
    }

    /// The call in a few words, for the journal.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Create(_) => "POST /Users",
            Self::Patch(_) => "PATCH /Users/{id}",
            Self::Delete => "DELETE /Users/{id}",
        }
    }
}

/// The call that makes a change of an account's own record; `None` for memberships, links, teams and user groups.
pub fn user_call(action: &Action) -> Option<UserCall> {
    let patch = match action {
        Action::CreateAccount { attributes, .. } => {
            return Some(UserCall::Create(Box::new(draft(attributes))));
        }
        Action::Delete { .. } => return Some(UserCall::Delete),
        Action::UpdateAttributes { changes, .. } => update(changes),
        Action::Rename { after, .. } => Patch::new().replace("userName", after.as_str()),
        Action::Enable { .. } => Patch::new().replace("active", true),
        Action::Disable { .. } => Patch::new().replace("active", false),
        Action::SetRole { after, .. } => {
            Patch::new().replace(TargetAttribute::Role.path(), scim_role(after))
        }
        Action::AddAdminRole { name, .. } => {
            let role = serde_json::to_value(admin_role(name)).unwrap_or_default();
            Patch::new().add("roles", vec![role])
        }
        Action::RemoveAdminRole { name, .. } => {
            let name = serde_json::Value::from(name.as_str());
            Patch::new().remove(&format!("roles[value eq {name}]"))
        }
        Action::RaiseLicense { after, .. } => Patch::new().replace("userType", user_type(after)),
        _ => return None,
    };
    Some(UserCall::Patch(patch))
}

/// All attributes in one request. Miro guesses parts of the name from the full one and would take them for it, so
/// they are left out beside it.
fn update(changes: &[AttributeChange]) -> Patch {
    let has_full_name = changes
        .iter()
        .any(|change| change.attribute == TargetAttribute::DisplayName && change.after.is_some());
    let sent = changes
        .iter()
        .filter(|change| !(has_full_name && change.attribute.reading() == Reading::Derived));
    sent.fold(Patch::new(), |patch, change| {
        let path = change.attribute.path();
        match &change.after {
            Some(TargetValue::Bool(flag)) => patch.replace(path, *flag),
            Some(value) => patch.replace(path, value.to_string()),
            None => patch.remove(path),
        }
    })
}

/// What to send to create an account. Attributes without a value are left out.
pub fn draft(attributes: &TargetAttributes) -> ScimUserDraft {
    let text = |attribute| {
        let value: Option<&TargetValue> = attributes.get(&attribute).and_then(Option::as_ref);
        value
            .map(ToString::to_string)
            .filter(|text| !text.is_empty())
    };
    let name = ScimName {
        formatted: text(TargetAttribute::FormattedName),
        family_name: text(TargetAttribute::FamilyName),
        given_name: text(TargetAttribute::GivenName),
    };
    let manager = ScimManager {
        value: text(TargetAttribute::Manager),
        display_name: text(TargetAttribute::ManagerDisplayName),
    };
    let enterprise = ScimEnterprise {
        employee_number: text(TargetAttribute::EmployeeNumber),
        cost_center: text(TargetAttribute::CostCenter),
        organization: text(TargetAttribute::Organization),
        division: text(TargetAttribute::Division),
        department: text(TargetAttribute::Department),
        manager: (manager != ScimManager::default()).then_some(manager),
    };
    let license = text(TargetAttribute::UserType);
    ScimUserDraft {
        user_name: text(TargetAttribute::UserName).unwrap_or_default(),
        display_name: text(TargetAttribute::DisplayName),
        name: (name != ScimName::default()).then_some(name),
        user_type: license.map(|license| user_type(&License::from_scim_user_type(&license))),
        active: text(TargetAttribute::Active).map(|flag| flag != "false"),
        roles: roles(attributes),
        preferred_language: text(TargetAttribute::PreferredLanguage),
        photo: text(TargetAttribute::Photo),
        enterprise: (enterprise != ScimEnterprise::default()).then_some(enterprise),
    }
}

fn roles(attributes: &TargetAttributes) -> Vec<ScimRole> {
    let value = |attribute| attributes.get(&attribute).and_then(Option::as_ref);
    let main = value(TargetAttribute::Role).map(|role| ScimRole {
        value: scim_role(&OrganizationRole::from(role.to_string().as_str())),
        display: None,
        kind: Some("organization_user_role".to_owned()),
        primary: Some(true),
    });
    let names = value(TargetAttribute::AdminRoles).map_or_else(Vec::new, texts);
    main.into_iter()
        .chain(names.iter().map(|name| admin_role(name)))
        .collect()
}

/// The single texts of a value.
pub fn texts(value: &TargetValue) -> Vec<String> {
    match value {
        TargetValue::List(texts) => texts.iter().map(ToString::to_string).collect(),
        value => vec![value.to_string()],
    }
}

fn admin_role(name: &str) -> ScimRole {
    ScimRole {
        value: name.to_owned(),
        display: None,
        kind: Some("organization_admin_role".to_owned()),
        primary: Some(false),
    }
}

/// A role as SCIM spells it.
fn scim_role(role: &OrganizationRole) -> String {
    role.as_str().to_uppercase()
}

/// A licence as SCIM spells it in `userType`.
pub fn user_type(license: &License) -> String {
    match license {
        License::Advanced => "Advanced",
        License::Standard => "Standard",
        License::Basic => "Basic",
        License::Full => "Full",
        License::Occasional => "Occasional",
        License::Free => "Free",
        License::FreeRestricted => "Free Restricted",
        License::FullTrial => "Full (Trial)",
        License::Unknown => "Unknown",
        License::Other(text) => text,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use usher_model::{AccountId, PersonId};
    use usher_plan::AccountRef;

    use super::*;

    fn operations(action: &Action) -> Value {
        let Some(UserCall::Patch(patch)) = user_call(action) else {
            panic!("{action:?}")
        };
        serde_json::to_value(&patch).unwrap()["Operations"].clone()
    }

    fn account() -> AccountId {
        AccountId::new("1")
    }

    #[test]
    fn every_licence_that_miro_publishes_reads_back_from_its_scim_spelling() {
        for license in License::PUBLISHED {
            assert_eq!(License::from_scim_user_type(&user_type(license)), *license);
        }
    }

    #[test]
    fn activation_goes_alone() {
        let enable = Action::Enable { account: account() };
        assert_eq!(
            operations(&enable),
            json!([{"op": "Replace", "path": "active", "value": true}])
        );
    }

    #[test]
    fn a_role_is_set_by_the_documented_path_and_an_admin_role_added_and_removed_by_name() {
        let role = Action::SetRole {
            account: AccountRef::Existing(account()),
            before: None,
            after: OrganizationRole::InternalAdmin,
        };
        assert_eq!(
            operations(&role),
            json!([{"op": "Replace", "path": "roles[primary eq true].value", "value": "ORGANIZATION_INTERNAL_ADMIN"}])
        );
        let add = Action::AddAdminRole {
            account: AccountRef::Existing(account()),
            name: "Content Admin".into(),
        };
        assert_eq!(
            operations(&add),
            json!([{"op": "Add", "path": "roles", "value":
                [{"value": "Content Admin", "type": "organization_admin_role", "primary": false}]}])
        );
        let remove = Action::RemoveAdminRole {
            account: account(),
            name: "Content Admin".into(),
        };
        assert_eq!(
            operations(&remove),
            json!([{"op": "Remove", "path": "roles[value eq \"Content Admin\"]"}])
        );
    }

    #[test]
    fn attributes_go_in_one_request_and_guessed_names_not_beside_the_full_one() {
        let change = |attribute, after: Option<&str>| AttributeChange {
            attribute,
            before: None,
            after: after.map(|text| TargetValue::Text(text.into())),
        };
        let update = Action::UpdateAttributes {
            account: account(),
            changes: vec![
                change(TargetAttribute::DisplayName, Some("Ada L")),
                change(TargetAttribute::GivenName, Some("Ada")),
                change(TargetAttribute::Department, None),
            ],
        };
        assert_eq!(
            operations(&update),
            json!([
                {"op": "Replace", "path": "displayName", "value": "Ada L"},
                {"op": "Remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"}
            ])
        );
    }

    #[test]
    fn a_draft_holds_what_is_mapped_and_nothing_else() {
        let text = |text: &str| Some(TargetValue::Text(text.into()));
        let attributes = TargetAttributes::from([
            (TargetAttribute::UserName, text("ada@example.com")),
            (TargetAttribute::DisplayName, text("Ada")),
            (TargetAttribute::UserType, text("full")),
            (TargetAttribute::Department, text("Research")),
            (TargetAttribute::Division, None),
            (TargetAttribute::Role, text("organization_internal_user")),
            (
                TargetAttribute::AdminRoles,
                Some(TargetValue::List(vec!["User Admin".into()])),
            ),
        ]);
        let create = Action::CreateAccount {
            person: PersonId::new("p"),
            attributes,
        };
        let Some(UserCall::Create(draft)) = user_call(&create) else {
            panic!()
        };
        let body = serde_json::to_value(&draft).unwrap();
        assert_eq!(body["userName"], "ada@example.com");
        assert_eq!(body["userType"], "Full");
        assert_eq!(body["roles"].as_array().map(Vec::len), Some(2));
        assert_eq!(body["roles"][0]["value"], "ORGANIZATION_INTERNAL_USER");
        let enterprise = &body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
        assert_eq!(enterprise, &json!({"department": "Research"}));
        assert_eq!(body.get("active"), None);
    }
}
