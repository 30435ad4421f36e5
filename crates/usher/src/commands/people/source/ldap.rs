//! `usher people source add ldap`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};
use usher_directory::SourceSettings;

use super::add::{CommonArguments, SecretArguments};
use super::csv::{absolute, pairs};
use crate::failure::Failure;
use crate::provisioning_keys::word;

/// Arguments of `usher people source add ldap`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The preset gives the names of attributes and classes; everything else is for directories that differ from it. \
Further settings can be given in a file: `usher people source add from-file`.

Examples:
  usher people source add ldap ad ldaps://dc1.example.com --preset active-directory --base DC=example,DC=com \\
      --bind-dn 'CN=usher,OU=Services,DC=example,DC=com' --secret-file /run/secrets/ldap
  usher people source add ldap office ldap://ldap.example.org --preset openldap --base dc=example,dc=org \\
      --filter '(&(objectClass=inetOrgPerson)(employeeType=staff))' --attribute department=ou"
)]
pub struct Arguments {
    /// What to call it
    pub name: String,
    /// The server: ldaps://HOST, or ldap://HOST, which then turns to TLS before anything is said
    pub url: String,
    /// Where people and groups are looked for
    #[arg(long, value_name = "DN")]
    pub base: String,
    /// What kind of directory it is: active-directory, openldap or directory389
    #[arg(long, value_name = "KIND")]
    pub preset: String,
    /// Whom to sign in as [default: anonymous]
    #[arg(long, value_name = "DN")]
    pub bind_dn: Option<String>,
    /// Where the password is.
    #[command(flatten)]
    pub secret: SecretArguments,
    /// Which entries are people [default: the preset's]
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Where groups are looked for, if elsewhere
    #[arg(long, value_name = "DN")]
    pub group_base: Option<String>,
    /// Which entries are groups [default: the preset's]
    #[arg(long, value_name = "FILTER")]
    pub group_filter: Option<String>,
    /// How membership is written down: member, unique-member, member-uid, member-of or none
    #[arg(long, value_name = "WAY")]
    pub members_by: Option<String>,
    /// Take this attribute from that one of an entry; may be given several times
    #[arg(long = "attribute", value_name = "ATTRIBUTE=NAME")]
    pub attributes: Vec<String>,
    /// Attribute that identifies an entry for good [default: the preset's]
    #[arg(long, value_name = "NAME")]
    pub key: Option<String>,
    /// PEM file of certificate authorities to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// Leave an ldap:// connection in the clear: passwords and people can be read by others
    #[arg(long)]
    pub in_the_clear: bool,
    /// What every source has.
    #[command(flatten)]
    pub common: CommonArguments,
}

const PRESETS: &[&str] = &["active_directory", "openldap", "directory389"];
const MEMBERSHIPS: &[&str] = &["member", "unique_member", "member_uid", "member_of", "none"];

impl Arguments {
    /// The settings that were described.
    pub fn settings(&self) -> Result<SourceSettings, Failure> {
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                document.insert(name.to_owned(), value);
            }
        };
        set("kind", json!("ldap"));
        set("url", json!(self.url));
        set("base", json!(self.base));
        set("preset", chosen("--preset", &self.preset, PRESETS)?);
        set("bind_dn", json!(self.bind_dn));
        set("password", json!(self.secret.reference()));
        set("filter", json!(self.filter));
        set("groups", self.groups()?);
        set("attributes", json!(pairs(&self.attributes)?));
        set("key", json!(self.key));
        if let Some(file) = &self.trust {
            set("ca_file", json!(absolute(file)?));
        }
        if self.in_the_clear {
            set("encryption", json!("none"));
        }
        serde_json::from_value(Value::Object(document)).map_err(|error| {
            Failure::usage("the settings of the source cannot be used")
                .because(error)
                .hint("see `usher people source add ldap --help`")
        })
    }

    fn groups(&self) -> Result<Value, Failure> {
        let mut groups = Map::new();
        if let Some(base) = &self.group_base {
            groups.insert("base".to_owned(), json!(base));
        }
        if let Some(filter) = &self.group_filter {
            groups.insert("filter".to_owned(), json!(filter));
        }
        if let Some(way) = &self.members_by {
            groups.insert("by".to_owned(), chosen("--members-by", way, MEMBERSHIPS)?);
        }
        Ok(Value::Object(groups))
    }
}

fn chosen(flag: &str, text: &str, words: &[&str]) -> Result<Value, Failure> {
    word::<Value>(text, words)
        .map_err(|why| Failure::usage(format!("{flag} cannot be `{text}`: {why}")))
}
