use super::LdapSettings;

/// Settings of a preset, for tests.
pub(super) fn settings(preset: &str) -> LdapSettings {
    serde_json::from_value(serde_json::json!({
        "url": "ldaps://ldap.example.com",
        "preset": preset,
        "base": "dc=example,dc=com",
    }))
    .unwrap()
}
