//! What a command has at hand.

use std::sync::Arc;

use indicatif::MultiProgress;
use jiff::Timestamp;
use parking_lot::Mutex;
use usher_miro::{ErrorKind, LimitProfile, MiroError, MiroSettings, ScimPool};
use usher_model::Clock;
use usher_store::Store;

use crate::config::value::ScimLimits;
use crate::config::{Configuration, Origin};
use crate::failure::Failure;
use crate::output::Output;
use crate::traces::Traces;

/// What a command has at hand.
pub struct Context {
    /// What was configured.
    pub configuration: Configuration,
    /// Standard output.
    pub output: Output,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether progress is shown.
    pub progress: ProgressChoice,
    /// Progress bars, which the log steps around.
    pub bars: MultiProgress,
    /// What is sent to a collector of traces.
    pub traces: Traces,
    /// The program as it was called, for commands to copy.
    pub program: String,
    /// Who runs it, for the event log.
    pub operator: String,
    /// Databases to be closed at the end, so that no journal files stay behind.
    pub opened: Mutex<Vec<Store>>,
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
    /// Closes what was opened.
    pub async fn close(&self) {
        let stores = std::mem::take(&mut *self.opened.lock());
        for store in stores {
            store.close().await;
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The configured database, without a password.
    pub fn database_shown(&self) -> String {
        crate::inventory::database_address(self)
            .map_or_else(|_| "not a database URL".to_owned(), |url| url.to_string())
    }

    /// Where a call went that had no sensible answer, and what set that address.
    pub fn address_hint(&self, error: &MiroError) -> Option<String> {
        let is_address = matches!(
            error.kind(),
            ErrorKind::Unreachable(_) | ErrorKind::Redirected { .. } | ErrorKind::Protocol
        );
        let is_rest = error.route()?.contains(" /v");
        let key = if is_rest {
            "miro.rest_url"
        } else {
            "miro.scim_url"
        };
        let miro = &self.configuration.miro;
        let url = if is_rest {
            &miro.rest_url
        } else {
            &miro.scim_url
        };
        let layered = self.configuration.layers.get(key);
        let origin = layered.map_or(&Origin::Default, |value| &value.origin);
        is_address.then(|| format!("the address is {url} ({origin})"))
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
                ScimLimits::PerClass => LimitProfile {
                    scim_pool: ScimPool::PerClass,
                    ..LimitProfile::default()
                },
            },
            time_scale: miro.time_scale,
            timeout: miro.timeout.0,
            max_retries: miro.max_retries,
            ..MiroSettings::default()
        })
    }
}
