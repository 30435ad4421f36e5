//! What is asked for: which resources, in which order, which page, which attributes.

use std::collections::HashMap;

use axum::extract::RawQuery;
use serde_json::Value;
use url::form_urlencoded;
use usher_scim::list::{PageRequest, SearchRequest};
use usher_scim::projection::Projection;
use usher_scim::sort::SortOrder;
use usher_scim::{AttributePath, Filter, ScimError};

use super::kind::ResourceKind;

/// A list that is asked for.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// Which resources.
    pub filter: Option<Filter>,
    /// What they are sorted by.
    pub sort_by: Option<AttributePath>,
    /// Which come first.
    pub sort_order: SortOrder,
    /// Which page.
    pub page: PageRequest,
    /// Which attributes.
    pub projection: Projection,
}

/// The parameters of a query. Names are read in any case; the first of equal ones counts.
struct Parameters(HashMap<String, String>);

impl Parameters {
    fn read(query: &RawQuery) -> Self {
        let text = query.0.as_deref().unwrap_or_default();
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            parameters
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| value.into_owned());
        }
        Self(parameters)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.get(name).map(|text| text.trim());
        found.filter(|text| !text.is_empty())
    }

    fn projection(&self) -> Result<Projection, ScimError> {
        Projection::new(self.get("attributes"), self.get("excludedattributes"))
    }
}

/// Which attributes a query asks for.
pub fn projection(query: &RawQuery) -> Result<Projection, ScimError> {
    Parameters::read(query).projection()
}

/// Whether a query names the attributes that it wants to see.
pub fn names_attributes(query: &RawQuery) -> bool {
    let parameters = Parameters::read(query);
    parameters.get("attributes").is_some() || parameters.get("excludedattributes").is_some()
}

impl ListRequest {
    /// From the parameters of a GET.
    pub fn of_query(query: &RawQuery) -> Result<Self, ScimError> {
        let parameters = Parameters::read(query);
        Ok(Self {
            filter: parameters.get("filter").map(Filter::parse).transpose()?,
            sort_by: parameters.get("sortby").map(sort_path).transpose()?,
            sort_order: order(parameters.get("sortorder"))?,
            page: PageRequest::parse(parameters.get("startindex"), parameters.get("count"))?,
            projection: parameters.projection()?,
        })
    }

    /// From the body of a POST to `/.search` (RFC 7644 §3.4.3).
    pub fn of_body(body: Value) -> Result<Self, ScimError> {
        let search: SearchRequest = serde_json::from_value(body).map_err(|error| {
            ScimError::invalid_syntax(format!("the search request cannot be read: {error}"))
        })?;
        let paths = |texts: &[String]| -> Result<Vec<AttributePath>, ScimError> {
            texts
                .iter()
                .map(|text| Ok(AttributePath::parse(text)?))
                .collect()
        };
        let filter = search.filter.as_deref().map(str::trim);
        let filter = filter.filter(|text| !text.is_empty());
        Ok(Self {
            filter: filter.map(Filter::parse).transpose()?,
            sort_by: search.sort_by.as_deref().map(sort_path).transpose()?,
            sort_order: search.sort_order.unwrap_or_default(),
            page: search.page(),
            projection: Projection::of(
                &paths(&search.attributes)?,
                &paths(&search.excluded_attributes)?,
            )?,
        })
    }

    /// Refuses what makes no sense for a kind of resource.
    pub fn check(&self, kind: ResourceKind) -> Result<(), ScimError> {
        match &self.filter {
            Some(filter) => filter.check(kind.schema()),
            None => Ok(()),
        }
    }
}

fn sort_path(text: &str) -> Result<AttributePath, ScimError> {
    Ok(AttributePath::parse(text)?)
}

fn order(text: Option<&str>) -> Result<SortOrder, ScimError> {
    let Some(text) = text else {
        return Ok(SortOrder::default());
    };
    SortOrder::parse(text).ok_or_else(|| {
        ScimError::invalid_value("parameter `sortOrder` is `ascending` or `descending`")
    })
}
