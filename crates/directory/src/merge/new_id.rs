//! Ids for people and groups who are new.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use usher_model::SourceName;

use crate::EntryKey;

/// A version 7 UUID with the time `now`; its other bits follow from what it is for, so that merging twice gives
/// the same id.
pub(super) fn new_id(what: &str, seed: Option<(&SourceName, &EntryKey)>, now: Timestamp) -> String {
    let mut hash = Sha256::new();
    hash.update(what);
    if let Some((source, key)) = seed {
        hash.update([0]);
        hash.update(source.as_str());
        hash.update([0]);
        hash.update(key.as_str());
    }
    let digest = hash.finalize();
    let mut random = [0; 10];
    for (byte, from) in random.iter_mut().zip(digest.iter()) {
        *byte = *from;
    }
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &random)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_version_7_uuid_that_follows_from_its_seed_and_the_time() {
        let now = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let (source, key) = (SourceName::new("hr"), EntryKey::new("7"));
        let id = new_id("person", Some((&source, &key)), now);
        assert_eq!(id, new_id("person", Some((&source, &key)), now));
        assert_ne!(id, new_id("group", Some((&source, &key)), now));
        let parsed: uuid::Uuid = id.parse().unwrap();
        assert_eq!(parsed.get_version_num(), 7);
        assert!(id.starts_with("018bcfe5-687b-7"), "{id}");
    }
}
