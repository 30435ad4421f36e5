//! Pages of lists.

use std::collections::{BTreeMap, HashSet, VecDeque};

use async_stream::try_stream;
use futures::stream::BoxStream;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;
use usher_miro_wire::CursorPage;

use crate::{ErrorKind, MiroError};

/// A page of a REST list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins: store it to go on from here later. `None` on the last page.
    pub next_cursor: Option<String>,
    /// The cursor this page was asked for with. `None` on the first page.
    pub cursor_used: Option<String>,
}

/// A page of a SCIM list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimPage<T> {
    /// The 1-based index of the first item, as asked for.
    pub start_index: u64,
    /// What is on it.
    pub items: Vec<T>,
    /// How many items the whole list has, as of this page.
    pub total_results: u64,
}

impl<T> ScimPage<T> {
    /// The index to go on from after this page.
    pub fn next_index(&self) -> u64 {
        self.start_index + self.items.len() as u64
    }
}

/// Pages of a REST list in order. The next page is fetched while the consumer works on this one. An error
/// ends the stream; go on with the last page's `next_cursor`.
pub type PageStream<T> = BoxStream<'static, Result<Page<T>, MiroError>>;

/// Pages of a SCIM list in order. An error ends the stream; go on with the last page's `next_index()`.
pub type ScimPageStream<T> = BoxStream<'static, Result<ScimPage<T>, MiroError>>;

/// Reads a cursor list: one page ahead of the consumer, and never in a circle.
pub(crate) fn cursor_pages<T, F, Reading>(start: Option<String>, fetch: F) -> PageStream<T>
where
    T: Send + 'static,
    F: Fn(Option<String>) -> Reading + Send + 'static,
    Reading: Future<Output = Result<CursorPage<T>, MiroError>> + Send + 'static,
{
    Box::pin(try_stream! {
        let mut ahead = JoinSet::new();
        let mut seen: HashSet<String> = start.iter().cloned().collect();
        let mut cursor = start;
        ahead.spawn(fetch(cursor.clone()).in_current_span());
        while let Some(read) = ahead.join_next().await {
            let page = read.map_err(stopped)??;
            let next = page.next_cursor().map(str::to_owned);
            if let Some(next) = &next {
                if !seen.insert(next.clone()) {
                    Err(MiroError::new(ErrorKind::Protocol, "a list's cursor came a second time"))?;
                }
                ahead.spawn(fetch(Some(next.clone())).in_current_span());
            }
            let used = std::mem::replace(&mut cursor, next.clone());
            yield Page { items: page.data, next_cursor: next, cursor_used: used };
        }
    })
}

/// Reads a list by index, with up to `in_flight` pages asked for ahead of the consumer.
///
/// The reply's own `startIndex` and `itemsPerPage` are not needed: Miro leaves them out in places. A list
/// ends where `totalResults` is reached or a page is empty. A server that gives fewer items than asked for
/// sets the pace with its first page; later short pages are filled up.
pub(crate) fn index_pages<T, F, Reading>(
    start: u64,
    count: u64,
    in_flight: usize,
    fetch: F,
) -> ScimPageStream<T>
where
    T: Send + 'static,
    F: Fn(u64, u64) -> Reading + Send + 'static,
    Reading: Future<Output = Result<ScimPage<T>, MiroError>> + Send + 'static,
{
    Box::pin(try_stream! {
        let mut page = fetch(start, count).await?;
        let mut ahead = Ahead { tasks: JoinSet::new(), done: BTreeMap::new(), wanted: VecDeque::new() };
        let got = page.items.len() as u64;
        let step = if got > 0 && got < count { got } else { count };
        let mut planned = page.next_index();
        loop {
            let is_empty = page.items.is_empty();
            while !is_empty && ahead.wanted.len() < in_flight.max(1) && planned <= page.total_results {
                let reading = fetch(planned, step);
                ahead.ask(planned, reading);
                planned += step;
            }
            if is_empty && page.start_index != start {
                break;
            }
            yield page;
            let Some(next) = ahead.next().await else { break };
            page = next?;
            while (page.items.len() as u64) < step && page.next_index() <= page.total_results {
                let missing = step - page.items.len() as u64;
                let rest = fetch(page.next_index(), missing).await?;
                if rest.items.is_empty() {
                    break;
                }
                page.items.extend(rest.items);
            }
        }
    })
}

/// Pages that were asked for and not yet delivered, in order.
struct Ahead<T> {
    tasks: JoinSet<(u64, Result<ScimPage<T>, MiroError>)>,
    done: BTreeMap<u64, Result<ScimPage<T>, MiroError>>,
    wanted: VecDeque<u64>,
}

impl<T: Send + 'static> Ahead<T> {
    fn ask(
        &mut self,
        start: u64,
        reading: impl Future<Output = Result<ScimPage<T>, MiroError>> + Send + 'static,
    ) {
        self.wanted.push_back(start);
        self.tasks
            .spawn(async move { (start, reading.await) }.in_current_span());
    }

    /// The next page in order; `None` when none was asked for.
    async fn next(&mut self) -> Option<Result<ScimPage<T>, MiroError>> {
        let start = self.wanted.pop_front()?;
        loop {
            if let Some(page) = self.done.remove(&start) {
                return Some(page);
            }
            match self.tasks.join_next().await? {
                Ok((start, page)) => self.done.insert(start, page),
                Err(error) => return Some(Err(stopped(error))),
            };
        }
    }
}

fn stopped(error: JoinError) -> MiroError {
    MiroError::new(ErrorKind::Protocol, "reading a page was stopped").caused_by(error)
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, TryStreamExt};

    use super::*;

    fn numbered(
        total: u64,
        cap: u64,
    ) -> impl Fn(u64, u64) -> futures::future::Ready<Result<ScimPage<u64>, MiroError>> {
        move |start, count| {
            let end = (start + count.min(cap)).min(total + 1);
            let items = (start..end.max(start)).collect();
            futures::future::ready(Ok(ScimPage {
                start_index: start,
                items,
                total_results: total,
            }))
        }
    }

    async fn read(start: u64, total: u64, cap: u64, in_flight: usize) -> Vec<u64> {
        let pages: Vec<_> = index_pages(start, 100, in_flight, numbered(total, cap))
            .try_collect()
            .await
            .unwrap();
        assert!(pages.iter().all(|page| page.total_results == total));
        pages.into_iter().flat_map(|page| page.items).collect()
    }

    #[tokio::test]
    async fn an_index_list_is_read_whole_and_in_order_at_any_width_and_page_size() {
        for in_flight in [1, 4, 9] {
            for total in [0, 1, 99, 100, 101, 200, 1234] {
                for cap in [1000, 100, 37] {
                    let expected: Vec<u64> = (1..=total).collect();
                    assert_eq!(
                        read(1, total, cap, in_flight).await,
                        expected,
                        "{total} {cap}"
                    );
                }
            }
        }
    }

    #[tokio::test]
    async fn an_index_list_can_be_gone_on_with() {
        assert_eq!(
            read(101, 250, 100, 4).await,
            (101..=250).collect::<Vec<u64>>()
        );
        assert_eq!(read(300, 250, 100, 4).await, Vec::<u64>::new());
    }

    #[tokio::test]
    async fn an_empty_list_still_tells_its_total() {
        let pages: Vec<_> = index_pages(1, 100, 4, numbered(0, 100))
            .try_collect()
            .await
            .unwrap();
        assert_eq!(pages.len(), 1);
    }

    #[tokio::test]
    async fn a_list_that_ends_before_its_total_ends_without_going_on_for_ever() {
        let fetch = |start: u64, _count: u64| {
            let items = if start <= 200 {
                (start..start + 100).collect()
            } else {
                Vec::new()
            };
            futures::future::ready(Ok(ScimPage {
                start_index: start,
                items,
                total_results: 500,
            }))
        };
        let pages: Vec<ScimPage<u64>> = index_pages(1, 100, 4, fetch).try_collect().await.unwrap();
        assert_eq!(
            pages.iter().map(|page| page.items.len()).sum::<usize>(),
            200
        );
    }

    #[tokio::test]
    async fn a_short_page_in_the_middle_is_filled_up() {
        let fetch = |start: u64, count: u64| {
            let count = if start == 101 && count == 100 {
                40
            } else {
                count
            };
            let items: Vec<u64> = (start..(start + count).min(301)).collect();
            futures::future::ready(Ok(ScimPage {
                start_index: start,
                items,
                total_results: 300,
            }))
        };
        let pages: Vec<ScimPage<u64>> = index_pages(1, 100, 4, fetch).try_collect().await.unwrap();
        let items: Vec<u64> = pages.into_iter().flat_map(|page| page.items).collect();
        assert_eq!(items, (1..=300).collect::<Vec<u64>>());
    }

    fn page(items: &[u32], cursor: Option<&str>) -> CursorPage<u32> {
        CursorPage {
            kind: String::new(),
            limit: None,
            size: None,
            cursor: cursor.map(str::to_owned),
            data: items.to_vec(),
        }
    }

    #[tokio::test]
    async fn a_cursor_list_carries_the_cursors_needed_to_go_on() {
        let fetch = |cursor: Option<String>| {
            futures::future::ready(Ok(match cursor.as_deref() {
                None => page(&[1], Some("a")),
                Some("a") => page(&[2], Some("b")),
                _ => page(&[3], Some("")),
            }))
        };
        let pages: Vec<_> = cursor_pages(None, fetch).try_collect().await.unwrap();
        let cursors: Vec<_> = pages
            .iter()
            .map(|page| (page.cursor_used.as_deref(), page.next_cursor.as_deref()))
            .collect();
        assert_eq!(
            cursors,
            [(None, Some("a")), (Some("a"), Some("b")), (Some("b"), None)]
        );
        let resumed: Vec<_> = cursor_pages(Some("b".into()), fetch)
            .try_collect()
            .await
            .unwrap();
        assert_eq!(resumed.len(), 1);
        assert_eq!(resumed[0].items, [3]);
    }

    #[tokio::test]
    async fn a_cursor_that_repeats_ends_the_list_with_an_error() {
        let fetch = |cursor: Option<String>| {
            futures::future::ready(Ok(match cursor.as_deref() {
                Some("a") => page(&[], Some("b")),
                _ => page(&[], Some("a")),
            }))
        };
        let pages: Vec<_> = cursor_pages(None, fetch).collect().await;
        assert_eq!(pages.len(), 3);
        assert_eq!(pages[2].as_ref().unwrap_err().kind(), &ErrorKind::Protocol);
    }

    #[tokio::test]
    async fn exactly_one_page_is_read_ahead() {
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let count = asked.clone();
        let fetch = move |_| {
            let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            futures::future::ready(Ok(page(&[number], Some(&number.to_string()))))
        };
        let mut pages = cursor_pages(None, fetch);
        for expected in 2..6 {
            pages.next().await.unwrap().unwrap();
            tokio::task::yield_now().await;
            assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), expected);
        }
    }
}
