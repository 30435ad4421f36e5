//! Configuration: `usher.toml` < environment < flags.
//!
//! A setting is declared once, in [`sections`]; a variable once, in [`environment`]. Each layer gives text
//! per key with its [`Origin`], and each section reads its own keys from the strongest layer. Whatever is
//! wrong is collected, named with its place, and ends the program before it does anything.

pub mod baton_file;
pub mod environment;
pub mod file;
pub mod layers;
pub mod problem;
pub mod providers;
pub mod sections;
pub mod setting;
pub mod sign_in_values;
pub mod suggest;
pub mod value;

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

pub use environment::Environment;
pub use layers::{Layers, Origin};
use problem::Problem;
use value::SettingValue;

use crate::exit::Exit;
use crate::failure::Failure;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "usher.toml";
const DEFAULT_BATON_FILE: &str = ".baton.yaml";

/// Everything that was configured, and where it came from.
#[derive(Clone)]
pub struct Configuration {
    /// `[miro]`.
    pub miro: sections::Miro,
    /// `[database]`.
    pub database: sections::Database,
    /// `[sync]`.
    pub sync: sections::Sync,
    /// `[provisioning]`.
    pub provisioning: sections::ProvisioningSection,
    /// `[notify]`.
    pub notify: sections::Notify,
    /// `[server]`.
    pub server: sections::ServerSection,
    /// `[sign_in]`.
    pub sign_in: sections::SignIn,
    /// `[[sign_in.openid_connect]]`.
    pub providers: Vec<providers::ProviderSection>,
    /// `[jobs]`.
    pub jobs: sections::Jobs,
    /// `[secrets]`.
    pub secrets: sections::Secrets,
    /// `[output]`.
    pub output: sections::Output,
    /// `[log]`.
    pub log: sections::Log,
    /// `[traces]`.
    pub traces: sections::Traces,
    /// Which layer set what.
    pub layers: Layers,
    /// The configuration file that was read.
    pub file: Option<PathBuf>,
}

impl Configuration {
    /// Reads the layers and checks them. `named` is the file given by `--config`.
    pub fn load(
        environment: &Environment,
        named: Option<&Path>,
        flags: Layers,
    ) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        let (mut layers, file) = file_layers(environment, named, &mut problems)?;
        layers.overlay(environment.layer(&mut problems));
        layers.overlay(flags);
        let resolved = Self::resolve(layers, file, &mut problems);
        match resolved {
            Some(configuration) if problems.is_empty() => Ok(configuration),
            _ => Err(problem::into_failure(problems)),
        }
    }

    /// The defaults, whatever is configured.
    pub fn defaults() -> Result<Self, Failure> {
        Self::of(Layers::default())
    }

    /// What these layers say and nothing else.
    pub fn of(layers: Layers) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        Self::resolve(layers, None, &mut problems).ok_or_else(|| problem::into_failure(problems))
    }

    fn resolve(layers: Layers, file: Option<PathBuf>, problems: &mut Vec<Problem>) -> Option<Self> {
        let miro = sections::Miro::resolve(&layers, problems);
        let database = sections::Database::resolve(&layers, problems);
        let sync = sections::Sync::resolve(&layers, problems);
        let provisioning = sections::ProvisioningSection::resolve(&layers, problems);
        let notify = sections::Notify::resolve(&layers, problems);
        let server = sections::ServerSection::resolve(&layers, problems);
        let sign_in = sections::SignIn::resolve(&layers, problems);
        let providers = providers::resolve(&layers, sign_in.as_ref(), problems);
        let jobs = sections::Jobs::resolve(&layers, problems);
        let secrets = sections::Secrets::resolve(&layers, problems);
        let output = sections::Output::resolve(&layers, problems);
        let log = sections::Log::resolve(&layers, problems);
        let traces = sections::Traces::resolve(&layers, problems);
        if let Some(jobs) = &jobs {
            check_jobs(jobs, &layers, problems);
        }
        Some(Self {
            miro: miro?,
            database: database?,
            sync: sync?,
            provisioning: provisioning?,
            notify: notify?,
            server: server?,
            sign_in: sign_in?,
            providers: providers?,
            jobs: jobs?,
            secrets: secrets?,
            output: output?,
            log: log?,
            traces: traces?,
            layers,
            file,
        })
    }

    /// The REST token, from the setting or the file it names.
    pub fn access_token(&self) -> Result<Option<SecretString>, Failure> {
        let file = self.miro.access_token_file.as_deref();
        self.token(self.miro.access_token.as_ref(), "miro.access_token", file)
    }

    /// The SCIM token, from the setting or the file it names.
    pub fn scim_token(&self) -> Result<Option<SecretString>, Failure> {
        let file = self.miro.scim_token_file.as_deref();
        self.token(self.miro.scim_token.as_ref(), "miro.scim_token", file)
    }

    /// The password of the database, from the setting or the file it names.
    pub fn database_password(&self) -> Result<Option<SecretString>, Failure> {
        let database = &self.database;
        let file = database.password_file.as_deref();
        self.token(database.password.as_ref(), "database.password", file)
    }

    /// Another secret, from its setting or the file it names.
    pub fn secret(
        &self,
        secret: Option<&SecretString>,
        key: &str,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, Failure> {
        self.token(secret, key, file)
    }

    /// A token and a token file may both be set, on different layers; the stronger layer wins.
    fn token(
        &self,
        token: Option<&SecretString>,
        key: &str,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, Failure> {
        let strength = |key: &str| self.layers.get(key).map(|value| value.origin.strength());
        match file {
            Some(path) if strength(&format!("{key}_file")) > strength(key) || token.is_none() => {
                read_token(path, key).map(Some)
            }
            _ => Ok(token.cloned()),
        }
    }
}

/// A lease that ends at once would have every job taken over; looking without a pause would do nothing else.
fn check_jobs(jobs: &sections::Jobs, layers: &Layers, problems: &mut Vec<Problem>) {
    for (key, value, least, words) in [
        ("jobs.lease", jobs.lease, Duration::from_secs(1), "1s"),
        ("jobs.poll", jobs.poll, Duration::from_millis(100), "100ms"),
    ] {
        if value.0 < least
            && let Some(set) = layers.get(key)
        {
            let why = format!("the shortest is {words}");
            problems.push(Problem::value(key, &set.origin, &why));
        }
    }
}

fn read_token(path: &Path, key: &str) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("could not read the token file {}", path.display()),
        )
        .because(error)
        .hint(format!(
            "{key}_file names it; `usher config check` shows where that is set"
        ))
    })?;
    <SecretString as SettingValue>::parse(&text).map_err(|why| {
        Failure::usage(format!(
            "the token file {} cannot be used: {why}",
            path.display()
        ))
        .hint("the file must hold the token and nothing else")
    })
}

type FileLayers = (Layers, Option<PathBuf>);

fn file_layers(
    environment: &Environment,
    named: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> Result<FileLayers, Failure> {
    let mut layers = Layers::default();
    let baton = environment.path("BATON_CONFIG_PATH");
    if let Some((path, text)) = read(baton, DEFAULT_BATON_FILE, "BATON_CONFIG_PATH")? {
        layers.overlay(baton_file::layer(&path, &text, problems));
    }
    let (named, by) = match named {
        Some(path) => (Some(path.to_owned()), "--config"),
        None => (environment.path("USHER_CONFIG"), "USHER_CONFIG"),
    };
    let Some((path, text)) = read(named, DEFAULT_FILE, by)? else {
        return Ok((layers, None));
    };
    layers.overlay(file::layer(&path, &text, problems));
    Ok((layers, Some(path)))
}

/// The named file, which must exist, or the usual one, which may.
fn read(
    named: Option<PathBuf>,
    usual: &str,
    by: &str,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from(usual));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if !is_named && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(
            Exit::Usage,
            format!("could not read the configuration file {}", path.display()),
        )
        .because(error)
        .maybe_hint(is_named.then(|| format!("{by} names it")))),
    }
}

#[cfg(test)]
mod tests;
