//! The layers of the configuration, and which one sets what.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::problem::Problem;
use super::sections::setting;
use super::value::SettingValue;

/// Where a value comes from. Later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing sets it.
    Default,
    /// The connector's YAML file.
    BatonFile {
        /// The file.
        path: PathBuf,
        /// The key in it.
        key: String,
    },
    /// `usher.toml`.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// An environment variable.
    Environment(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl Origin {
    /// The rank of the layer: a higher one wins.
    pub fn strength(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::BatonFile { .. } => 1,
            Self::File { .. } => 2,
            Self::Environment(_) => 3,
            Self::Flag(_) => 4,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::BatonFile { path, key } => write!(f, "{} ({key})", path.display()),
            Self::File { path, line, column } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// A value in its text form, and where it comes from.
#[derive(Clone)]
pub struct Layered {
    /// The text form.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// What each layer sets, the strongest value per key.
#[derive(Clone, Default)]
pub struct Layers {
    values: BTreeMap<&'static str, Layered>,
    listed: Vec<Listed>,
}

/// One table of a list in `usher.toml`.
#[derive(Clone)]
pub struct Listed {
    /// What it sets.
    pub layers: Layers,
    /// Where it begins.
    pub origin: Origin,
}

impl Layers {
    /// Lays a value over what is there.
    pub fn set(&mut self, key: &'static str, text: impl Into<String>, origin: Origin) {
        let text = text.into();
        self.values.insert(key, Layered { text, origin });
    }

    /// Lays a flag's value over what is there, if the flag was given.
    pub fn set_flag(&mut self, key: &'static str, value: Option<impl ToString>) {
        let flag = setting(key).and_then(|setting| setting.flag);
        if let (Some(value), Some(flag)) = (value, flag) {
            self.set(key, value.to_string(), Origin::Flag(flag));
        }
    }

    /// Lays `stronger` over these layers.
    pub fn overlay(&mut self, stronger: Self) {
        self.values.extend(stronger.values);
        if !stronger.listed.is_empty() {
            self.listed = stronger.listed;
        }
    }

    /// Adds a table of the list of identity providers.
    pub fn list(&mut self, table: Listed) {
        self.listed.push(table);
    }

    /// The list of identity providers. Only a file can have one.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// The value of a key, if any layer sets it.
    pub fn get(&self, key: &str) -> Option<&Layered> {
        self.values.get(key)
    }

    /// Reads a setting; an unusable value is added to `problems`.
    pub fn read<T: SettingValue>(&self, key: &str, problems: &mut Vec<Problem>) -> Option<T> {
        let (text, origin) = match self.values.get(key) {
            Some(layered) => (layered.text.as_str(), layered.origin.clone()),
            None => match setting(key).and_then(|setting| setting.default) {
                Some(default) => (default, Origin::Default),
                None => return T::absent(),
            },
        };
        T::parse(text)
            .map_err(|why| problems.push(Problem::value(key, &origin, &why)))
            .ok()
    }
}
