//! Lists, page by page.
//!
//! A page holds `items` and, where there is more, `next`: the cursor of the next page, which is opaque. A cursor belongs to
//! the list and the filter that it came from.

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use usher_model::Timestamp;
use usher_store::After;
use utoipa::ToSchema;

use crate::problem::Problem;

/// How many items a page has unless asked otherwise.
const USUAL: u64 = 50;
/// The most items of a page.
const MOST: u64 = 500;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which page, of a list that nothing else is asked of.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The cursor of the page before.
    pub cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    pub limit: Option<u64>,
}

/// How many items a page is to have.
pub fn limit(wanted: Option<u64>) -> Result<u64, Problem> {
    match wanted {
        None => Ok(USUAL),
        Some(wanted @ 1..=MOST) => Ok(wanted),
        Some(_) => Err(Problem::invalid(format!("a page has 1 to {MOST} items")).at("limit")),
    }
}

/// What a cursor stands for.
pub fn read_cursor<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
    let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.map(Some).ok_or_else(no_cursor)
}

fn no_cursor() -> Problem {
    Problem::invalid("the cursor is none of this list's")
        .hint("begin at the first page, without a cursor")
        .at("cursor")
}

/// A cursor that stands for `place`.
pub fn write_cursor<T: Serialize>(place: &T) -> String {
    BASE64URL_NOPAD.encode(&serde_json::to_vec(place).unwrap_or_default())
}

impl<T> Page<T> {
    /// A page of `rows`, of which one more than `limit` was asked for; `place` is where the next page goes on behind an item.
    pub fn of<R, P: Serialize>(
        mut rows: Vec<R>,
        limit: u64,
        place: impl FnOnce(&R) -> P,
        show: impl Fn(R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(|last| write_cursor(&place(last)));
        Self {
            items: rows.into_iter().map(show).collect(),
            next,
        }
    }
}

/// A place in a list of what there is at one moment: all pages show the inventory of the time of the first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// How many items were shown, where that is all that can be said.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// Behind which item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
    /// As of when.
    pub as_of: Timestamp,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

/// The most items that a cursor skips: more than any list has.
const FARTHEST: u64 = 1 << 40;

/// Where a list goes on, and as of when it is.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Behind which item it goes on.
    pub after: Option<After>,
    /// How many items to leave out.
    pub offset: u64,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// How many items the page has.
    pub limit: u64,
    now: Timestamp,
}

impl Sight {
    /// What `cursor`, `limit` and `as_of` ask for.
    pub fn new(
        cursor: Option<&str>,
        wanted: Option<u64>,
        as_of: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let place: Option<Place> = read_cursor(cursor)?;
        if place.as_ref().is_some_and(|place| place.offset > FARTHEST) {
            return Err(no_cursor());
        }
        Ok(Self {
            offset: place.as_ref().map_or(0, |place| place.offset),
            as_of: place.as_ref().map(|place| place.as_of).or(as_of),
            after: place.and_then(|place| place.after),
            limit: limit(wanted)?,
            now,
        })
    }

    /// How many rows to read: one more than the page has tells whether there is another.
    pub fn rows(&self) -> u64 {
        self.limit + 1
    }

    /// Those of all rows that the page is made from.
    pub fn cut<R>(&self, rows: Vec<R>) -> Vec<R> {
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let rows = rows.into_iter().skip(number(self.offset));
        rows.take(number(self.rows())).collect()
    }

    /// The page of the rows that were read.
    pub fn page<R, T>(&self, rows: Vec<R>, show: impl Fn(R) -> T) -> Page<T> {
        self.page_behind(rows, |_| None, show)
    }

    /// The page of the rows that were read; `behind` is where the list goes on behind one of them, if its order knows.
    pub fn page_behind<R, T>(
        &self,
        rows: Vec<R>,
        behind: impl FnOnce(&R) -> Option<After>,
        show: impl Fn(R) -> T,
    ) -> Page<T> {
        let place = |last: &R| {
            let after = behind(last);
            Place {
                offset: match after {
                    Some(_) => 0,
                    None => self.offset + self.limit,
                },
                after,
                as_of: self.as_of.unwrap_or(self.now),
            }
        };
        Page::of(rows, self.limit, place, show)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_begins_and_the_last_one_says_nothing() {
        let page = Page::of(vec![1, 2, 3], 2, |last| *last, |row| row * 10);
        assert_eq!(page.items, [10, 20]);
        assert_eq!(read_cursor::<i32>(page.next.as_deref()).unwrap(), Some(2));
        let page = Page::of(vec![3], 2, |last| *last, |row| row);
        assert_eq!(page.next, None);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "nonsense!", "bm9uc2Vuc2U"] {
            assert!(read_cursor::<Place>(Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn every_page_is_of_the_time_of_the_first_one() {
        let first = Sight::new(None, Some(1), None, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(first.as_of, None);
        let page = first.page(vec!["a", "b"], |row| row);
        let far = write_cursor(&json!({"offset": u64::MAX, "as_of": Timestamp::UNIX_EPOCH}));
        assert!(Sight::new(Some(far.as_str()), None, None, Timestamp::UNIX_EPOCH).is_err());
        let later = Timestamp::from_second(99).unwrap();
        let second = Sight::new(page.next.as_deref(), Some(1), None, later).unwrap();
        assert_eq!(
            (second.offset, second.as_of),
            (1, Some(Timestamp::UNIX_EPOCH))
        );
    }
}
