//! The environment: the one table of variables, and the one place that reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::layers::{Layers, Origin};
use super::problem::Problem;
use super::suggest::nearest;

/// A variable that Usher knows.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The setting it sets; `None` if it does something else.
    pub setting: Option<&'static str>,
    /// What it does, where the setting does not say it.
    pub help: &'static str,
}

const fn sets(name: &'static str, setting: &'static str) -> Variable {
    Variable {
        name,
        setting: Some(setting),
        help: "",
    }
}

const fn does(name: &'static str, help: &'static str) -> Variable {
    Variable {
        name,
        setting: None,
        help,
    }
}

/// Every variable. Where two set the same thing, the one that stands first wins.
pub const VARIABLES: &[Variable] = &[
    does(
        "USHER_CONFIG",
        "Path of the configuration file; without it, `usher.toml` in the working directory if there is one.",
    ),
    sets("USHER_REST_URL", "miro.rest_url"),
    sets("USHER_SCIM_URL", "miro.scim_url"),
    sets("USHER_ACCESS_TOKEN", "miro.access_token"),
    sets("USHER_ACCESS_TOKEN_FILE", "miro.access_token_file"),
    sets("USHER_SCIM_TOKEN", "miro.scim_token"),
    sets("USHER_SCIM_TOKEN_FILE", "miro.scim_token_file"),
    sets("USHER_CA_FILE", "miro.ca_file"),
    sets("USHER_SCIM_LIMITS", "miro.scim_limits"),
    sets("USHER_TIME_SCALE", "miro.time_scale"),
    sets("USHER_TIMEOUT", "miro.timeout"),
    sets("USHER_MAX_RETRIES", "miro.max_retries"),
    sets("USHER_DATABASE", "database.url"),
    sets("USHER_DATABASE_PASSWORD", "database.password"),
    sets("USHER_DATABASE_PASSWORD_FILE", "database.password_file"),
    sets("USHER_MAX_SHRINK", "sync.max_shrink_percent"),
    sets("USHER_RESUME_WITHIN", "sync.resume_within"),
    sets("USHER_AUDIT_LOG", "sync.audit_log"),
    sets("USHER_FILE", "sync.file"),
    sets("USHER_CYCLE_EVERY", "provisioning.cycle_every"),
    sets("USHER_FULL_PASS_EVERY", "provisioning.full_pass_every"),
    sets("USHER_NOTIFY", "notify.kinds"),
    sets("USHER_SMTP_HOST", "notify.smtp_host"),
    sets("USHER_SMTP_PORT", "notify.smtp_port"),
    sets("USHER_SMTP_SECURITY", "notify.smtp_security"),
    sets("USHER_SMTP_USER", "notify.smtp_user"),
    sets("USHER_SMTP_PASSWORD", "notify.smtp_password"),
    sets("USHER_SMTP_PASSWORD_FILE", "notify.smtp_password_file"),
    sets("USHER_EMAIL_FROM", "notify.email_from"),
    sets("USHER_EMAIL_TO", "notify.email_to"),
    sets("USHER_WEBHOOK_URL", "notify.webhook_url"),
    sets("USHER_WEBHOOK_URL_FILE", "notify.webhook_url_file"),
    sets("USHER_WEBHOOK_SECRET", "notify.webhook_secret"),
    sets("USHER_WEBHOOK_SECRET_FILE", "notify.webhook_secret_file"),
    sets("USHER_LISTEN", "server.listen"),
    sets("USHER_PUBLIC_URL", "server.public_url"),
    sets("USHER_TLS_CERTIFICATE", "server.tls_certificate"),
    sets("USHER_TLS_KEY", "server.tls_key"),
    sets("USHER_REQUEST_TIMEOUT", "server.request_timeout"),
    sets("USHER_TRUSTED_PROXIES", "server.trusted_proxies"),
    sets("USHER_SESSION_IDLE", "server.session_idle"),
    sets("USHER_SESSION_LENGTH", "server.session_length"),
    sets("USHER_STOP_PATIENCE", "server.stop_patience"),
    sets("USHER_SIGN_IN_PASSWORDS", "sign_in.passwords"),
    sets("USHER_JOBS_AT_ONCE", "jobs.at_once"),
    sets("USHER_JOBS_LEASE", "jobs.lease"),
    sets("USHER_JOBS_POLL", "jobs.poll"),
    sets("USHER_SECRETS_KEY_FILE", "secrets.key_file"),
    sets("USHER_SECRETS_KEYS", "secrets.keys"),
    sets("USHER_SECRETS_KEY_COMMAND", "secrets.key_command"),
    sets("USHER_COLOR", "output.color"),
    sets("USHER_LOG_LEVEL", "log.level"),
    sets("USHER_LOG_FORMAT", "log.format"),
    sets("USHER_TRACES_ENDPOINT", "traces.endpoint"),
    sets("BATON_MIRO_ACCESS_TOKEN", "miro.access_token"),
    sets("BATON_MIRO_SCIM_ACCESS_TOKEN", "miro.scim_token"),
    sets("BATON_FILE", "sync.file"),
    sets("BATON_LOG_LEVEL", "log.level"),
    sets("BATON_LOG_FORMAT", "log.format"),
    does(
        "BATON_CONFIG_PATH",
        "Path of a Baton connector's YAML file, whose keys are the connector's flags; without it, `.baton.yaml` in the working directory if there is one. `usher.toml` is stronger.",
    ),
    does(
        "USER",
        "Who runs the command, for the log that `usher events` shows.",
    ),
    does(
        "NO_COLOR",
        "If set to anything, output is not coloured unless asked for by `--color always`.",
    ),
];

/// The environment as it was when the program started.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
}

impl Environment {
    /// Takes the variables that concern Usher from the process.
    pub fn capture() -> Self {
        let concerns_us = |name: &str| {
            name.starts_with("USHER_") || VARIABLES.iter().any(|known| known.name == name)
        };
        let values = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| concerns_us(name))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect();
        Self { values }
    }

    /// The value of any variable of the process: one that a setting names as the place of a secret.
    pub fn one(name: &str) -> Option<String> {
        let mut all = std::env::vars_os();
        let (_, value) = all.find(|(known, _)| known.to_str() == Some(name))?;
        Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
    }

    /// A variable's value; an empty one counts as not set, as is usual for `NO_COLOR` and in containers.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// A variable that holds a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// What the variables set, and the `USHER_…` names that nothing knows.
    pub fn layer(&self, problems: &mut Vec<Problem>) -> Layers {
        let mut layers = Layers::default();
        for variable in VARIABLES.iter().rev() {
            if let (Some(key), Some(value)) = (variable.setting, self.get(variable.name)) {
                layers.set(key, value, Origin::Environment(variable.name));
            }
        }
        problems.extend(self.unknown());
        layers
    }

    fn unknown(&self) -> impl Iterator<Item = Problem> {
        self.values
            .keys()
            // Switches of the development commands and tests.
            .filter(|name| name.starts_with("USHER_") && !name.starts_with("USHER_TEST_"))
            .filter(|name| !VARIABLES.iter().any(|known| known.name == **name))
            .map(|name| {
                let near = nearest(name, VARIABLES.iter().map(|known| known.name));
                Problem::unknown("variable", name, "environment", near)
            })
    }
}

#[cfg(test)]
impl Environment {
    /// An environment of these variables.
    pub fn of(values: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            values: values.iter().map(own).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sections::setting;

    #[test]
    fn every_variable_sets_a_setting_that_exists() {
        for variable in VARIABLES {
            if let Some(key) = variable.setting {
                assert!(setting(key).is_some(), "{} sets {key}", variable.name);
            } else {
                assert!(!variable.help.is_empty(), "{}", variable.name);
            }
        }
    }

    #[test]
    fn our_own_name_wins_over_the_connectors() {
        let environment = Environment::of(&[
            ("BATON_MIRO_ACCESS_TOKEN", "theirs"),
            ("USHER_ACCESS_TOKEN", "ours"),
        ]);
        let layers = environment.layer(&mut Vec::new());
        let value = layers.get("miro.access_token").unwrap();
        assert_eq!(value.text, "ours");
        assert_eq!(value.origin, Origin::Environment("USHER_ACCESS_TOKEN"));
    }

    #[test]
    fn a_misspelt_variable_is_named_with_the_nearest_one() {
        let environment = Environment::of(&[("USHER_ACESS_TOKEN", "x")]);
        let mut problems = Vec::new();
        environment.layer(&mut problems);
        assert_eq!(
            problems[0].message,
            "environment: unknown variable `USHER_ACESS_TOKEN`"
        );
        assert_eq!(
            problems[0].hint.as_deref(),
            Some("did you mean `USHER_ACCESS_TOKEN`?")
        );
    }
}
