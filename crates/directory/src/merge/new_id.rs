//! Ids for people and groups who are new.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use usher_model::SourceName;

use crate::EntryKey;

/// Gives ids to people or groups.
pub(super) struct NewIds<'i> {
    what: &'static str,
    now: Timestamp,
    taken: BTreeSet<&'i str>,
}

impl<'i> NewIds<'i> {
    /// `taken` are the ids that were given before.
    pub fn new(
        what: &'static str,
        now: Timestamp,
        taken: impl IntoIterator<Item = &'i str>,
    ) -> Self {
        Self {
            what,
            now,
            taken: taken.into_iter().collect(),
        }
    }

    /// A version 7 UUID with the time; its other bits follow from the entry that it is for, so that merging twice
    /// gives the same id. An entry that gave up its id gets another one even within the same millisecond.
    pub fn of(&self, source: &SourceName, key: &EntryKey) -> String {
        let mut attempt = 0_u32;
        loop {
            let id = self.attempt(source, key, attempt);
            if !self.taken.contains(id.as_str()) {
                return id;
            }
            attempt += 1;
        }
    }

    fn attempt(&self, source: &SourceName, key: &EntryKey, attempt: u32) -> String {
        let mut hash = Sha256::new();
        for part in [self.what, source.as_str(), key.as_str()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.update(attempt.to_le_bytes());
        let digest = hash.finalize();
        let mut random = [0; 10];
        for (byte, from) in random.iter_mut().zip(digest.iter()) {
            *byte = *from;
        }
        let milliseconds = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random)
            .into_uuid()
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_version_7_uuid_that_follows_from_its_entry_and_the_time() {
        let now = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let (source, key) = (SourceName::new("hr"), EntryKey::new("7"));
        let id = NewIds::new("person", now, []).of(&source, &key);
        assert_eq!(id, NewIds::new("person", now, []).of(&source, &key));
        assert_ne!(id, NewIds::new("group", now, []).of(&source, &key));
        assert_ne!(
            id,
            NewIds::new("person", now, [id.as_str()]).of(&source, &key)
        );
        let parsed: uuid::Uuid = id.parse().unwrap();
        assert_eq!(parsed.get_version_num(), 7);
        assert!(id.starts_with("018bcfe5-687b-7"), "{id}");
    }
}
