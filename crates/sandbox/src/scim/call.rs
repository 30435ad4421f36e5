//! What handlers read from a request.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde_json::Value;
use smol_str::{SmolStr, ToSmolStr as _};
use url::form_urlencoded;
use usher_scim::list::PageRequest;
use usher_scim::patch::PatchRequest;
use usher_scim::path::AttributePath;
use usher_scim::projection::Projection;
use usher_scim::sort::SortOrder;
use usher_scim::{Filter, ScimError, Tolerance};

use crate::http::connection::{Peer, Transport};
use crate::http::faults::HalfDone;
use crate::http::gate::SCIM_BASE;
use crate::state::SandboxState;
use crate::switches::{Dialect, Switches};
use crate::world::{Change, Progress};

/// A request without its body.
#[derive(Debug)]
pub(super) struct ScimCall {
    /// The address of the SCIM base as the caller wrote it, without slash at the end.
    pub(super) base: String,
    pub(super) half_done: Option<HalfDone>,
    ip: Option<SmolStr>,
    query: Vec<(String, String)>,
}

impl FromRequestParts<SandboxState> for ScimCall {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &SandboxState) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes());
        Ok(Self {
            base: base(parts),
            half_done: parts.extensions.get().copied(),
            ip: parts
                .extensions
                .get::<Peer>()
                .map(|peer| peer.0.ip().to_smolstr()),
            query: query
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        })
    }
}

/// Where the caller found SCIM. Miro gives out addresses at miro.com; here, whoever follows one must stay here.
fn base(parts: &Parts) -> String {
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.or_else(|| {
        parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str)
    });
    let host = host.unwrap_or("miro.com");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let peer = parts.extensions.get::<Peer>();
    let secure = peer.is_some_and(|peer| peer.1 == Transport::Tls)
        || name == "miro.com"
        || name.ends_with(".miro.com")
        || parts.uri.scheme_str() == Some("https");
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{host}{SCIM_BASE}")
}

impl ScimCall {
    /// The change that this request makes.
    pub(super) fn change(&self, state: &SandboxState) -> Change {
        Change::by_scim(state.clock.now(), self.ip.clone())
    }

    /// How much of a change of several members a fault lets be done.
    pub(super) fn progress(&self) -> Progress {
        self.half_done
            .map_or(Progress::Whole, |half| Progress::UpTo(half.members))
    }

    /// A parameter of the query, by its name in any case; an empty one is none.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self
            .query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// What to show of each resource.
    pub(super) fn projection(&self) -> Result<Projection, ScimError> {
        Projection::new(
            self.parameter("attributes"),
            self.parameter("excludedAttributes"),
        )
    }

    /// Which page.
    pub(super) fn page(&self) -> Result<PageRequest, ScimError> {
        PageRequest::parse(self.parameter("startIndex"), self.parameter("count"))
    }

    /// Whether the caller asked for a page.
    pub(super) fn is_paging(&self) -> bool {
        self.parameter("startIndex").is_some() || self.parameter("count").is_some()
    }

    /// Which resources.
    pub(super) fn filter(&self) -> Result<Option<Filter>, ScimError> {
        let filter = self.parameter("filter").map(Filter::parse).transpose();
        Ok(filter?)
    }

    /// In which order; by id when nothing is said.
    pub(super) fn sorting(&self) -> Result<(AttributePath, SortOrder), ScimError> {
        let by = match self.parameter("sortBy") {
            Some(path) => AttributePath::parse(path)?,
            None => AttributePath::named("id"),
        };
        let order = match self.parameter("sortOrder") {
            Some(word) => SortOrder::parse(word).ok_or_else(|| {
                ScimError::invalid_value("parameter `sortOrder` must be ascending or descending")
            })?,
            None => SortOrder::Ascending,
        };
        Ok((by, order))
    }
}

/// Reads a JSON body.
pub(super) fn json(body: &[u8]) -> Result<Value, ScimError> {
    let body: Value = serde_json::from_slice(body).map_err(|error| {
        ScimError::invalid_syntax(format!("the request body is not JSON: {error}"))
    })?;
    if body.is_object() {
        return Ok(body);
    }
    Err(ScimError::invalid_syntax(
        "the request body must be a JSON object",
    ))
}

/// Reads a PATCH body, in the dialects that the switches accept.
pub(super) fn patch(body: &[u8], switches: &Switches) -> Result<PatchRequest, ScimError> {
    let request = PatchRequest::parse(&json(body)?)?;
    check_dialects(&request.tolerated, switches)?;
    let pathless = request
        .operations
        .iter()
        .any(|operation| operation.path.is_none());
    if pathless && switches.pathless_operations == Dialect::Refused {
        return Err(ScimError::invalid_path(
            "operations without a path are not accepted",
        ));
    }
    Ok(request)
}

/// Refuses forms outside the standard that a switch refuses.
pub(super) fn check_dialects(
    tolerated: &[Tolerance],
    switches: &Switches,
) -> Result<(), ScimError> {
    for form in tolerated {
        let (dialect, what) = match form {
            Tolerance::CapitalisedOperation => {
                (switches.any_case_operations, "operations in capitals")
            }
            Tolerance::BooleanAsText | Tolerance::BooleanAsTextInFilter => {
                (switches.string_booleans, "booleans in quotes")
            }
            Tolerance::NumberInFilterOfText => (switches.unquoted_numbers, "ids without quotes"),
            _ => continue,
        };
        if dialect == Dialect::Refused {
            return Err(ScimError::invalid_value(format!(
                "{what} are not accepted ({form})"
            )));
        }
    }
    Ok(())
}

/// Whether a body is in one of SCIM's media types; no body needs none.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    essence.eq_ignore_ascii_case("application/scim+json")
        || essence.eq_ignore_ascii_case("application/json")
}

/// Whether the caller takes `application/json` and not `application/scim+json`.
pub(super) fn wants_plain_json(headers: &HeaderMap) -> bool {
    let accepts = |what: &str| {
        let mut values = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok());
        values.any(|value| value.to_ascii_lowercase().contains(what))
    };
    accepts("application/json") && !accepts("application/scim+json")
}
