//! Lists that are read page by page.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// A page of a list that continues with a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct CursorPage<T> {
    /// `cursor-list`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
    /// The page size asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many items this page has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// Where the next page begins; missing or empty on the last page. See [`CursorPage::next_cursor`].
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub cursor: Option<String>,
    /// The items.
    #[serde(default = "Vec::new", deserialize_with = "lenient::or_default")]
    pub data: Vec<T>,
}

impl<T> CursorPage<T> {
    /// The cursor to pass back for the next page, or `None` on the last one.
    pub fn next_cursor(&self) -> Option<&str> {
        self.cursor.as_deref().filter(|cursor| !cursor.is_empty())
    }
}
