//! The keys, in versions.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::secrets::SecretError;

/// How long a key is.
pub(super) const KEY_LENGTH: usize = 32;

/// One key.
pub(super) type Key = SecretBox<[u8; KEY_LENGTH]>;

/// The keys, in versions. Never shown.
pub struct Keys(BTreeMap<u32, Key>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys(versions {:?})", self.0.keys())
    }
}

impl Keys {
    /// Reads `VERSION:KEY`, one on each line or with commas between them. Empty lines and those that begin with `#` are
    /// left out.
    pub fn parse(text: &SecretString) -> Result<Self, SecretError> {
        let mut keys = BTreeMap::new();
        let lines = text.expose_secret().lines().map(str::trim);
        let entries = lines
            .filter(|line| !line.starts_with('#'))
            .flat_map(|line| line.split(','));
        for entry in entries.map(str::trim).filter(|entry| !entry.is_empty()) {
            let (version, key) = read(entry)?;
            if keys.insert(version, key).is_some() {
                return Err(SecretError::Keys(format!(
                    "version {version} is there twice"
                )));
            }
        }
        if keys.is_empty() {
            return Err(SecretError::Keys("there is none".to_owned()));
        }
        Ok(Self(keys))
    }

    /// The key of a version.
    pub(super) fn get(&self, version: u32) -> Result<&Key, SecretError> {
        self.0.get(&version).ok_or(SecretError::Missing { version })
    }

    /// The newest version.
    pub fn newest(&self) -> u32 {
        self.0.keys().next_back().copied().unwrap_or_default()
    }

    /// The versions there are.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }
}

fn read(entry: &str) -> Result<(u32, Key), SecretError> {
    let wrong = |why: &str| SecretError::Keys(why.to_owned());
    let (version, key) = entry
        .split_once(':')
        .ok_or_else(|| wrong("an entry has no `VERSION:` before its key"))?;
    let version = version
        .trim()
        .parse::<u32>()
        .ok()
        .filter(|version| *version > 0);
    let version = version.ok_or_else(|| wrong("a version is no whole number from 1 on"))?;
    let length = format!("the key of version {version} is not 32 bytes in base64");
    let bytes = STANDARD.decode(key.trim()).map_err(|_| wrong(&length))?;
    let bytes: [u8; KEY_LENGTH] = bytes.try_into().map_err(|_| wrong(&length))?;
    Ok((version, SecretBox::new(Box::new(bytes))))
}

/// A new key as an entry of a key source.
pub(super) fn new_entry(version: u32) -> Result<SecretString, SecretError> {
    let mut bytes = [0; KEY_LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| SecretError::NoRandomness)?;
    Ok(SecretString::from(format!(
        "{version}:{}\n",
        STANDARD.encode(bytes)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn parse(text: &str) -> Result<Keys, SecretError> {
        Keys::parse(&SecretString::from(text))
    }

    #[test]
    fn keys_are_read_line_by_line_or_with_commas_between_them() {
        let two = ONE.replacen('1', "2", 1);
        for text in [
            format!("# ours, all of them\n{ONE}\n\n{two}\n"),
            format!("{ONE},{two}"),
        ] {
            let keys = parse(&text).unwrap();
            assert_eq!(keys.newest(), 2);
            assert_eq!(keys.versions().collect::<Vec<_>>(), [1, 2]);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        for text in ["", "hush", "0:aGk=", "1:hush-hush", "1:aHVzaA==", "x:hush"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        assert!(parse(&format!("{ONE}\n{ONE}")).is_err());
    }

    #[test]
    fn keys_are_not_shown() {
        let shown = format!("{:?}", parse(ONE).unwrap());
        assert!(shown.contains('1') && !shown.contains("AAEC"), "{shown}");
    }

    #[test]
    fn a_new_key_is_like_no_other() {
        let entry = |version| new_entry(version).unwrap().expose_secret().to_owned();
        let (one, other) = (entry(3), entry(3));
        assert_ne!(one, other);
        assert_eq!(parse(&one).unwrap().newest(), 3);
    }
}
