//! Lists that come in pages, and delta queries.

use serde_json::Value;
use url::Url;
use usher_boxed::boxed;

use super::client::{Failure, GraphClient};
use crate::{DirectoryError, ErrorKind};

/// More pages than this are a circle.
const PAGES: usize = 100_000;

/// A list that was read to its end.
#[derive(Debug)]
pub(super) struct List {
    pub items: Vec<Value>,
    /// Where to ask what changed since.
    pub delta: Option<String>,
}

impl GraphClient {
    /// Reads all pages from an address on.
    #[boxed]
    pub async fn list(&self, url: Url) -> Result<List, Failure> {
        let mut next = url;
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let mut page = self.get(&next).await?;
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(values)) => items.extend(values),
                _ => return Err(no_list()),
            }
            let link = |name: &str| page.get(name).and_then(Value::as_str);
            match link("@odata.nextLink") {
                Some(link) => next = self.given(link).map_err(Failure::Other)?,
                None => {
                    let delta = link("@odata.deltaLink").map(str::to_owned);
                    return Ok(List { items, delta });
                }
            }
        }
        Err(no_list())
    }
}

fn no_list() -> Failure {
    Failure::Other(DirectoryError::new(
        ErrorKind::Unreadable,
        "Microsoft Graph gave a list without end, or none at all",
    ))
}
