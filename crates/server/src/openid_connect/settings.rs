//! Which providers there are, and whom they let in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use usher_model::Role;

use super::issuer::Issuer;

/// How administrators may sign in.
#[derive(Clone, Debug, Default)]
pub struct SignInSettings {
    /// Whether passwords are taken.
    pub passwords: PasswordSignIn,
    /// The identity providers, in the order in which they are offered.
    pub providers: Vec<OpenIdConnectSettings>,
}

/// Whether administrators may sign in with a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordSignIn {
    /// Whoever has one.
    #[default]
    On,
    /// Nobody: a provider says who it is.
    Off,
}

/// An identity provider.
#[derive(Clone, Debug)]
pub struct OpenIdConnectSettings {
    /// What it is called in addresses.
    pub name: ProviderName,
    /// What people read where they choose it.
    pub title: String,
    /// Its issuer identifier.
    pub issuer: Issuer,
    /// The name that it gave Usher.
    pub client_id: String,
    /// The secret to that name. Without one, PKCE alone protects the code.
    pub client_secret: Option<ClientSecret>,
    /// What Usher asks for; `openid` is always among it.
    pub scopes: Vec<String>,
    /// Which claims say what.
    pub claims: ClaimNames,
    /// Which groups mean which role. Without any, roles are Usher's own matter.
    pub roles: Vec<RoleRule>,
    /// The role of whoever is in none of those groups; without it, they are refused.
    pub default_role: Option<Role>,
    /// The domains of e-mail addresses that are let in, in small letters; empty: all.
    pub domains: Vec<String>,
    /// What becomes of people whom Usher does not know.
    pub unknown_people: UnknownPeople,
    /// Who asks for a second factor.
    pub second_factor: SecondFactor,
    /// PEM file of certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// How long to wait for one answer of the provider.
    pub timeout: Duration,
}

impl OpenIdConnectSettings {
    /// Where the provider sends browsers back, below a server's address: what has to be registered there, letter for letter.
    pub fn redirect_uri(&self, base_url: &str) -> String {
        format!(
            "{base_url}/api/v1/auth/openid-connect/{}/callback",
            self.name
        )
    }
}

/// What a provider is called in addresses: small letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderName(String);

impl ProviderName {
    /// Reads a name of 1 to 40 characters.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fits = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
        if text.is_empty() || text.len() > 40 || !text.chars().all(fits) {
            return Err("it has 1 to 40 small letters, digits and hyphens".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the client's secret is.
#[derive(Clone, Debug)]
pub enum ClientSecret {
    /// It was given.
    Given(SecretString),
    /// In a file, which is read each time: a new secret counts at once.
    File(PathBuf),
}

/// Which claims say what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The e-mail address.
    pub email: String,
    /// Whether the provider has made sure that it is theirs.
    pub email_verified: String,
    /// Their name.
    pub name: String,
    /// The groups they are in. `a.b` is `b` within `a`, if there is no claim of that whole name.
    pub groups: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            name: "name".to_owned(),
            groups: "groups".to_owned(),
        }
    }
}

/// A group, and the role that its members have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    /// The group as the claim has it, letter for letter.
    pub group: String,
    /// The role.
    pub role: Role,
}

/// What becomes of people whom Usher does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownPeople {
    /// They are refused: a Super Administrator adds administrators, and the first sign-in ties them by e-mail address.
    #[default]
    Refuse,
    /// They are added, with the role that their groups mean.
    Add,
}

/// Who asks for a second factor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    /// Usher asks whoever has added one for its code, whatever the provider did.
    #[default]
    Usher,
    /// The provider sees to it, and Usher asks nobody.
    Provider,
    /// The provider's word counts if its claim `amr` or `acr` has one of these values. Else Usher asks for its code, and refuses
    /// whoever has none.
    Claims(Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_an_address_can_hold() {
        assert!(ProviderName::parse("entra-2").is_ok());
        for text in ["", "Entra", "a/b", "a b", "..", &"x".repeat(41)] {
            assert!(ProviderName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", ClientSecret::Given("hush-hush".into()));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
