//! An entry as it came from the server.

use ldap3::ResultEntry;
use ldap3::asn1::{PL, StructureTag};

/// An entry: its name, and its attributes' values as bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// Reads the server's answer; `None` when it is malformed.
    pub fn read(result: ResultEntry) -> Option<Self> {
        let mut parts = constructed(result.0)?.into_iter();
        let dn = String::from_utf8(primitive(parts.next()?)?).ok()?;
        let mut attributes = Vec::new();
        for attribute in constructed(parts.next()?)? {
            let mut pair = constructed(attribute)?.into_iter();
            let name = String::from_utf8(primitive(pair.next()?)?).ok()?;
            let values = constructed(pair.next()?)?
                .into_iter()
                .filter_map(primitive)
                .collect();
            attributes.push((name, values));
        }
        Some(Self { dn, attributes })
    }

    /// The values of an attribute, whose name is compared without regard to case and options (`;binary`).
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        self.attributes
            .iter()
            .find(|(known, values)| {
                let plain = known.split(';').next().unwrap_or(known);
                plain.eq_ignore_ascii_case(name) && !values.is_empty()
            })
            .map_or(&[], |(_, values)| values)
    }

    /// The first value as bytes.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.values(name).first().map(Vec::as_slice)
    }

    /// The first value as text, if it is text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(self.first(name)?).ok()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// All values that are text.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name)
            .iter()
            .filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The attribute of which the server gave only the first values, and how many (`member;range=0-1499`).
    pub fn cut_off(&self) -> Option<(String, usize)> {
        self.attributes.iter().find_map(|(name, _)| {
            let (plain, range) = name.split_once(";range=")?;
            let (_, to) = range.split_once('-')?;
            Some((plain.to_owned(), to.parse::<usize>().ok()? + 1))
        })
    }

    /// Adds values that came later, and says how many there are now if some are still missing.
    pub fn extend(&mut self, name: &str, rest: &Self) -> Option<usize> {
        let more = rest.attributes.iter().find(|(known, _)| {
            known
                .split_once(";range=")
                .is_some_and(|(plain, _)| plain.eq_ignore_ascii_case(name))
        });
        let place = self
            .attributes
            .iter_mut()
            .find(|(known, _)| known.starts_with(&format!("{name};range=")))?;
        place
            .1
            .extend(more.map(|(_, values)| values.clone()).unwrap_or_default());
        let next = rest.cut_off().map(|(_, next)| next);
        if next.is_none() {
            name.clone_into(&mut place.0);
        }
        next
    }
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

#[cfg(test)]
impl Entry {
    /// An entry for tests.
    pub fn of(dn: &str, attributes: &[(&str, &[&str])]) -> Self {
        Self {
            dn: dn.to_owned(),
            attributes: attributes
                .iter()
                .map(|(name, values)| {
                    let values = values.iter().map(|value| value.as_bytes().to_vec());
                    ((*name).to_owned(), values.collect())
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_put_together_from_its_ranges() {
        let mut group = Entry::of(
            "cn=g",
            &[("member", &[]), ("member;range=0-1", &["a", "b"])],
        );
        assert_eq!(group.cut_off(), Some(("member".to_owned(), 2)));
        let more = Entry::of("cn=g", &[("member;range=2-3", &["c", "d"])]);
        assert_eq!(group.extend("member", &more), Some(4));
        let last = Entry::of("cn=g", &[("member;range=4-*", &["e"])]);
        assert_eq!(group.extend("member", &last), None);
        assert_eq!(
            group.texts("MEMBER").collect::<Vec<_>>(),
            ["a", "b", "c", "d", "e"]
        );
        assert_eq!(group.cut_off(), None);
    }

    #[test]
    fn options_of_an_attribute_do_not_hide_it() {
        let entry = Entry::of("cn=g", &[("objectGUID;binary", &["x"]), ("mail", &[" "])]);
        assert_eq!(entry.text("objectguid"), Some("x"));
        assert_eq!(entry.text("mail"), None);
    }
}
