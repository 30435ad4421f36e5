//! The types of settings that say how administrators sign in.

use std::collections::BTreeSet;

use usher_model::Role;
use usher_server::openid_connect::{Issuer, ProviderName, RoleRule};

use super::setting::Shape;
use super::suggest::nearest;
use super::value::{SettingValue, words};

words!(
    /// Whether something is done.
    Switch "on or off" {
        /// It is.
        On = "on",
        /// It is not.
        Off = "off",
    }
);

words!(
    /// What becomes of people whom Usher does not know.
    Unknown "refuse or add" {
        /// They stay out.
        Refuse = "refuse",
        /// They are added.
        Add = "add",
    }
);

words!(
    /// Who sees to a second factor.
    Factor "usher, provider or claims" {
        /// Usher asks for its own.
        Usher = "usher",
        /// The provider does.
        Provider = "provider",
        /// The provider, where its claims say so; else Usher.
        Claims = "claims",
    }
);

impl SettingValue for ProviderName {
    const FORM: &'static str = "small letters, digits and hyphens";

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl SettingValue for Issuer {
    const FORM: &'static str =
        "an address that begins with https://, letter for letter as the provider writes it";

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl SettingValue for Role {
    const FORM: &'static str =
        "a role: super_administrator, connector_administrator, reviewer, auditor or member";

    fn parse(text: &str) -> Result<Self, String> {
        let folded = text.trim().replace('-', "_");
        folded.parse().map_err(|_| {
            let words = Self::ALL.iter().map(|role| role.as_str());
            match nearest(&folded, words) {
                Some(near) => format!("`{text}` is no role; did you mean `{near}`?"),
                None => format!("`{text}` is no role"),
            }
        })
    }
}

/// Several words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

impl SettingValue for Words {
    const FORM: &'static str = "a list, or words with commas between them";
    const SHAPE: Shape = Shape::List;

    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(['\n', ',']).map(str::trim);
        let words: Vec<String> = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        if words.is_empty() {
            return Err("there is no word in it".to_owned());
        }
        if words.iter().any(|word| word.contains(char::is_whitespace)) {
            return Err("a word in it contains white space".to_owned());
        }
        Ok(Self(words))
    }
}

/// Which groups mean which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRules(pub Vec<RoleRule>);

impl SettingValue for RoleRules {
    const FORM: &'static str = "a table of lines \"GROUP\" = \"ROLE\"";
    const SHAPE: Shape = Shape::Table;

    /// A line for each; the last `=` is the one that counts, as a group may have one in its name.
    fn parse(text: &str) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        let rules = text.lines().filter(|line| !line.trim().is_empty());
        let rules = rules.map(|line| {
            let (group, role) = line
                .rsplit_once('=')
                .ok_or_else(|| format!("`{line}` has no `=` between a group and its role"))?;
            let group = group.trim();
            if group.is_empty() || !seen.insert(group.to_owned()) {
                return Err(format!("the group `{group}` is empty, or there twice"));
            }
            Ok(RoleRule {
                group: group.to_owned(),
                role: <Role as SettingValue>::parse(role)?,
            })
        });
        rules.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_a_text_with_commas_are_the_same() {
        let both = ["openid, email", "openid\nemail", "openid,email,"];
        for text in both {
            let words = Words::parse(text).unwrap().0;
            assert_eq!(words, ["openid", "email"], "{text}");
        }
        assert!(Words::parse("").is_err() && Words::parse("a b").is_err());
    }

    #[test]
    fn a_group_may_have_any_name() {
        let rules = RoleRules::parse("CN=usher,OU=x = auditor\nAll Staff = member\n")
            .unwrap()
            .0;
        assert_eq!(rules[0].group, "CN=usher,OU=x");
        assert_eq!(rules[1].group, "All Staff");
        assert_eq!(rules[1].role, Role::Member);
    }

    #[test]
    fn a_misspelt_role_is_answered_with_the_nearest_one() {
        let error = RoleRules::parse("root = super-administratr").unwrap_err();
        assert!(error.contains("`super_administrator`"), "{error}");
        assert!(RoleRules::parse("root").is_err());
        assert!(RoleRules::parse("a = member\na = auditor").is_err());
    }
}
