//! Pages of resources (RFC 7644 §3.4.2, §3.4.3).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{ScimError, sort::SortOrder, urn};

/// A page of a list. What a provider leaves out is none: Miro's answer to `count=0` has neither
/// `startIndex` nor `itemsPerPage` nor `Resources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResponse<T> {
    /// Always the URN of the message.
    #[serde(default = "list_response")]
    pub schemas: Vec<String>,
    /// How many resources match in all.
    pub total_results: u64,
    /// The number of the page's first resource, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_index: Option<u64>,
    /// How many resources the page has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_per_page: Option<u64>,
    /// The resources.
    #[serde(
        default,
        rename = "Resources",
        alias = "resources",
        skip_serializing_if = "Option::is_none"
    )]
    pub resources: Option<Vec<T>>,
}

fn list_response() -> Vec<String> {
    vec![urn::LIST_RESPONSE.to_owned()]
}

impl<T> ListResponse<T> {
    /// A page with all of its members.
    pub fn page(total_results: u64, start_index: u64, resources: Vec<T>) -> Self {
        Self {
            schemas: list_response(),
            total_results,
            start_index: Some(start_index),
            items_per_page: Some(resources.len() as u64),
            resources: Some(resources),
        }
    }

    /// The number of matches alone, as an answer to `count=0`.
    pub fn total_only(total_results: u64) -> Self {
        Self {
            schemas: list_response(),
            total_results,
            start_index: None,
            items_per_page: None,
            resources: None,
        }
    }
}

/// Which page is wanted (RFC 7644 §3.4.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The number of the first resource, from 1.
    pub start_index: u64,
    /// How many resources at most; none leaves it to the provider.
    pub count: Option<u64>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl PageRequest {
    /// A page; a start below 1 means 1 and a negative count means 0 (RFC 7644 §3.4.2.4).
    pub fn new(start_index: Option<i64>, count: Option<i64>) -> Self {
        Self {
            start_index: u64::try_from(start_index.unwrap_or(1)).unwrap_or(1).max(1),
            count: count.map(|count| u64::try_from(count).unwrap_or(0)),
        }
    }

    /// A page from the query parameters `startIndex` and `count`. Whole numbers beyond 64 bits count as
    /// the largest or smallest one.
    ///
    /// # Errors
    /// 400 `invalidValue` when one of them is no whole number.
    pub fn parse(start_index: Option<&str>, count: Option<&str>) -> Result<Self, ScimError> {
        Ok(Self::new(
            start_index
                .map(|text| whole("startIndex", text))
                .transpose()?,
            count.map(|text| whole("count", text)).transpose()?,
        ))
    }

    /// The positions, from 0, of the page in a list of `total`, when the provider gives `default`
    /// resources unasked and never more than `most`.
    pub fn window(&self, total: usize, default: usize, most: usize) -> Range<usize> {
        let asked = self.count.map_or(default, |count| {
            usize::try_from(count).unwrap_or(usize::MAX)
        });
        let start = usize::try_from(self.start_index.saturating_sub(1))
            .unwrap_or(usize::MAX)
            .min(total);
        start..start.saturating_add(asked.min(most)).min(total)
    }
}

fn whole(name: &str, text: &str) -> Result<i64, ScimError> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(number) => Ok(number),
        Err(error) if *error.kind() == PosOverflow => Ok(i64::MAX),
        Err(error) if *error.kind() == NegOverflow => Ok(i64::MIN),
        Err(_) => Err(ScimError::invalid_value(format!(
            "parameter `{name}` is `{text}`, which is not a whole number"
        ))),
    }
}

/// A search by POST to `/.search` (RFC 7644 §3.4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchRequest {
    /// The URN of the message.
    #[serde(default = "search_request")]
    pub schemas: Vec<String>,
    /// The attributes to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// The attributes to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_attributes: Vec<String>,
    /// Which resources, as a filter's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// What to sort by, as an attribute path's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// Which come first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<SortOrder>,
    /// The number of the first resource, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_index: Option<i64>,
    /// How many resources at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

fn search_request() -> Vec<String> {
    vec![urn::SEARCH_REQUEST.to_owned()]
}

impl SearchRequest {
    /// The page that is asked for.
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.start_index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_start_below_one_is_one_and_a_negative_count_is_none_at_all() {
        let page = PageRequest::parse(Some("0"), Some("-5")).unwrap();
        assert_eq!((page.start_index, page.count), (1, Some(0)));
        let page = PageRequest::parse(Some("-99999999999999999999"), Some("99999999999999999999"));
        assert_eq!(page.unwrap().start_index, 1);
        assert_eq!(
            PageRequest::default(),
            PageRequest::parse(None, None).unwrap()
        );
        let error = PageRequest::parse(Some("one"), None).unwrap_err();
        assert_eq!(
            (error.status, error.detail.contains("startIndex")),
            (400, true)
        );
    }

    #[test]
    fn a_window_stays_inside_the_list_and_the_limits() {
        let window = |start, count| PageRequest::new(start, count).window(10, 4, 6);
        assert_eq!(window(None, None), 0..4);
        assert_eq!(window(Some(9), None), 8..10);
        assert_eq!(window(Some(2), Some(100)), 1..7);
        assert_eq!(window(Some(11), Some(1)), 10..10);
        assert_eq!(window(Some(i64::MAX), Some(i64::MAX)), 10..10);
        assert_eq!(window(Some(3), Some(0)), 2..2);
    }

    #[test]
    fn a_page_is_written_whole_and_read_with_parts_missing() {
        assert_eq!(
            serde_json::to_value(ListResponse::page(3, 2, vec!["b", "c"])).unwrap(),
            json!({
                "schemas": [urn::LIST_RESPONSE],
                "totalResults": 3,
                "startIndex": 2,
                "itemsPerPage": 2,
                "Resources": ["b", "c"],
            })
        );
        let counted = json!({"schemas": [urn::LIST_RESPONSE], "totalResults": 4393});
        let read: ListResponse<String> = serde_json::from_value(counted.clone()).unwrap();
        assert_eq!(read, ListResponse::total_only(4393));
        assert_eq!(serde_json::to_value(read).unwrap(), counted);
    }
}
