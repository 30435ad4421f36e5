//! Names of teams and user groups as they will be once all renames are made.

use std::collections::HashMap;

use super::ids::DraftAt;

/// Who holds which name once all renames are made.
#[derive(Default)]
pub(crate) struct Names {
    holders: HashMap<String, Vec<usize>>,
    freed: HashMap<String, DraftAt>,
}

impl Names {
    /// From the names as they are.
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, name) in names.enumerate() {
            holders.entry(name.to_owned()).or_default().push(at);
        }
        Self {
            holders,
            freed: HashMap::new(),
        }
    }

    /// The positions of those that hold a name.
    pub(crate) fn holders(&self, name: &str) -> &[usize] {
        self.holders.get(name).map_or(&[], Vec::as_slice)
    }

    /// The rename after which a name is free, if one is needed.
    pub(crate) fn freed_by(&self, name: &str) -> Option<DraftAt> {
        self.freed.get(name).copied()
    }

    /// Makes a rename.
    pub(crate) fn rename(&mut self, at: usize, from: &str, to: &str, by: DraftAt) {
        if let Some(holders) = self.holders.get_mut(from) {
            holders.retain(|holder| *holder != at);
        }
        self.holders.entry(to.to_owned()).or_default().push(at);
        self.freed.insert(from.to_owned(), by);
    }
}
