//! What a command has at hand.

use indicatif::MultiProgress;
use jiff::Timestamp;
use usher_miro::{LimitProfile, MiroSettings, ScimPool};
use usher_model::{Clock, SystemClock};

use crate::config::Configuration;
use crate::config::value::ScimLimits;
use crate::failure::Failure;
use crate::output::Output;

/// What a command has at hand.
pub struct Context {
    /// What was configured.
    pub configuration: Configuration,
    /// Standard output.
    pub output: Output,
    /// The time.
    pub clock: SystemClock,
    /// Whether progress is shown.
    pub progress: ProgressChoice,
    /// Progress bars, which the log steps around.
    pub bars: MultiProgress,
    /// The program as it was called, for commands to copy.
    pub program: String,
    /// Who runs it, for the event log.
    pub operator: String,
}

/// Whether progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressChoice {
    /// As bars or lines on standard error.
    Shown,
    /// Not at all.
    Quiet,
}

impl Context {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The configured database, without a password.
    pub fn database_shown(&self) -> String {
        crate::inventory::database_url(self)
            .map_or_else(|_| "not a database URL".to_owned(), |url| url.to_string())
    }

    /// How to reach Miro.
    pub fn miro_settings(&self) -> Result<MiroSettings, Failure> {
        let miro = &self.configuration.miro;
        Ok(MiroSettings {
            rest_url: miro.rest_url.clone(),
            scim_url: miro.scim_url.clone(),
            access_token: self.configuration.access_token()?,
            scim_token: self.configuration.scim_token()?,
            ca_file: miro.ca_file.clone(),
            limits: match miro.scim_limits {
                ScimLimits::SharedPool => LimitProfile::default(),
                ScimLimits::PerClass => LimitProfile { scim_pool: ScimPool::PerClass, ..LimitProfile::default() },
            },
            time_scale: miro.time_scale,
            timeout: miro.timeout.0,
            max_retries: miro.max_retries,
            ..MiroSettings::default()
        })
    }
}
