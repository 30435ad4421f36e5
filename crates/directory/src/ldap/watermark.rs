//! Where an incremental reading goes on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::settings::LdapSettings;
use crate::Watermark;
use crate::hash::short_hash;

/// What an LDAP watermark says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Stands for the settings: with others, everything is read anew.
    pub settings: String,
    pub place: Place,
}

/// How far the last reading got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// The last change that was seen.
    Time {
        /// Its `modifyTimestamp`.
        at: String,
        /// What was seen of that very second, as that second may not have been over.
        seen: BTreeSet<String>,
    },
    /// A number of one domain controller; another one counts otherwise.
    Number {
        /// The controller's `dsServiceName`.
        server: String,
        /// Its `highestCommittedUSN` before the reading.
        usn: u64,
    },
}

impl Mark {
    /// Reads a watermark of the same settings.
    pub fn read(watermark: &Watermark, settings: &LdapSettings) -> Option<Self> {
        let mark: Self = serde_json::from_str(watermark.as_str()).ok()?;
        (mark.settings == short_hash(settings)).then_some(mark)
    }

    /// Writes it down.
    pub fn write(settings: &LdapSettings, place: Place) -> Option<Watermark> {
        let mark = Self {
            settings: short_hash(settings),
            place,
        };
        serde_json::to_string(&mark).ok().map(Watermark::new)
    }
}
