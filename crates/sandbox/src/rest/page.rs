//! Cursor pages.

use serde::Serialize;
use usher_miro_wire::CursorPage;

use crate::rest::call::{Answer, Call, ok};
use crate::rest::failure::RestFailure;

/// Replies with one page of `items`, which come in ascending order of their key and begin behind the cursor.
///
/// The cursor of a next page is the key of the page's last item, as Miro's description of the members list says.
pub(crate) fn keyed<I, K, T>(
    items: I,
    limit: usize,
    wire: impl Fn(I::Item) -> T,
    key: K,
) -> CursorPage<T>
where
    I: Iterator,
    K: Fn(&T) -> String,
{
    let mut items = items;
    let data: Vec<T> = items.by_ref().take(limit).map(wire).collect();
    let more = items.next().is_some();
    let cursor = data.last().filter(|_| more).map(key);
    CursorPage {
        kind: "cursor-list".to_owned(),
        limit: u32::try_from(limit).ok(),
        size: u32::try_from(data.len()).ok(),
        cursor: Some(cursor.unwrap_or_default()),
        data,
    }
}

/// Sends a page.
pub(crate) fn send<T: Serialize>(page: &CursorPage<T>) -> Answer {
    ok(page)
}

/// The cursor as the number of an object; 0, before all of them, when there is none.
pub(crate) fn numeric_cursor(call: &Call<'_>) -> Result<u64, RestFailure> {
    let cursor = call.parsed::<u64>("cursor");
    Ok(cursor
        .map_err(|_| RestFailure::invalid("Parameter cursor is not one that a reply gave"))?
        .unwrap_or(0))
}
