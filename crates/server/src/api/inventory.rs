//! What lists of the inventory have in common.

use futures::TryStreamExt as _;
use usher_model::{Known, Organization, OrganizationId};
use usher_store::{Direction, Rows};

use super::caller::Call;
use crate::problem::Problem;

/// An organization that has to be there.
pub async fn existing(call: &Call, id: &OrganizationId) -> Result<Organization, Problem> {
    let found = call.store().organization(id).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no organization {id}")))
}

/// All rows of a stream that has an end in sight.
pub async fn all<T>(rows: Rows<T>) -> Result<Vec<T>, Problem> {
    Ok(rows.try_collect().await?)
}

/// The most characters that are searched for: more than any name has.
const LONGEST_SEARCH: usize = 500;

/// The text that is searched for. The engines differ in how much they take, and none finds more by more.
pub fn searched(wanted: Option<String>) -> Result<Option<String>, Problem> {
    let too_long = |text: &String| text.chars().count() > LONGEST_SEARCH;
    if wanted.as_ref().is_some_and(too_long) {
        let problem = format!("a text of at most {LONGEST_SEARCH} characters is searched for");
        return Err(Problem::invalid(problem).at("search"));
    }
    Ok(wanted)
}

/// What `sort` asks for: one of these names, with `-` in front of it for the largest first.
pub fn sort<T: Copy + Default>(
    wanted: Option<&str>,
    known: &[(&str, T)],
) -> Result<(T, Direction), Problem> {
    let Some(wanted) = wanted else {
        return Ok((T::default(), Direction::Ascending));
    };
    let (name, direction) = match wanted.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (wanted, Direction::Ascending),
    };
    let found = known.iter().find(|(known, _)| *known == name);
    let (_, order) = found.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Problem::invalid(format!("it can be sorted by {}", names.join(", "))).at("sort")
    })?;
    Ok((*order, direction))
}

/// One word of several that could stand for a parameter.
pub fn one_of<T: Copy>(wanted: &str, known: &[(&str, T)], at: &'static str) -> Result<T, Problem> {
    let found = known.iter().find(|(known, _)| *known == wanted);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Problem::invalid(format!("it is one of {}", names.join(", "))).at(at)
    })
}

/// Takes values out of what may be unknown, and remembers the names of those that are.
#[derive(Debug, Default)]
pub struct Unknowns(Vec<&'static str>);

impl Unknowns {
    /// The value, or nothing.
    pub fn known<T>(&mut self, name: &'static str, value: Known<T>) -> Option<T> {
        if !value.is_known() {
            self.0.push(name);
        }
        value.known()
    }

    /// The names.
    pub fn names(self) -> Vec<&'static str> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_sorts_the_largest_first_and_what_cannot_be_sorted_by_is_refused() {
        let known = [("id", 1), ("name", 2)];
        assert_eq!(
            sort(Some("-name"), &known).unwrap(),
            (2, Direction::Descending)
        );
        assert_eq!(sort(None, &known).unwrap(), (0, Direction::Ascending));
        assert!(sort(Some("age"), &known).is_err());
    }
}
