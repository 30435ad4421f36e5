//! `GET /Users`, `GET /Groups`: lists (RFC 7644 §3.4.2).

use axum::extract::RawQuery;
use serde_json::Value;
use usher_scim::list::ListResponse;
use usher_scim::projection::Projection;
use usher_scim::sort::{SortKey, SortOrder, sort_key};
use usher_scim::{AttributePath, Filter};
use usher_store::{Direction, PushedOrder, PushedQuery, PushedResource};

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::condition::{Narrowed, narrow};
use super::kind::ResourceKind;
use super::query::ListRequest;
use super::{DEFAULT_COUNT, MAX_COUNT, render};

/// Resources that are looked at together.
const CHUNK: u64 = 500;

/// Lists resources of one kind.
pub async fn handler(kind: ResourceKind, call: Call, query: RawQuery) -> Result<Answer, Refusal> {
    let request = ListRequest::of_query(&query)?;
    request.check(kind)?;
    list(&call, &[kind], &request).await
}

/// Lists resources of these kinds, one kind after the other.
pub async fn list(
    call: &Call,
    kinds: &[ResourceKind],
    request: &ListRequest,
) -> Result<Answer, Refusal> {
    let mut found = Vec::with_capacity(kinds.len());
    let mut total = 0;
    for kind in kinds {
        let matching = Matching::find(call, *kind, request).await?;
        total += matching.total();
        found.push((*kind, matching));
    }
    if request.page.count == Some(0) {
        return Ok(Answer::of(&ListResponse::<Value>::total_only(total)));
    }
    let size = usize::try_from(total).unwrap_or(usize::MAX);
    let window = request.page.window(size, DEFAULT_COUNT, MAX_COUNT);
    let (mut skip, mut take) = (window.start, window.len());
    let mut shown = Vec::new();
    for (kind, matching) in found {
        let here = usize::try_from(matching.total()).unwrap_or(usize::MAX);
        let from = skip.min(here);
        let count = take.min(here - from);
        skip -= from;
        take -= count;
        let mut resources = matching.page(call, kind, (from, count)).await?;
        let fit = render::fitting(call, kind, &resources, &request.projection).await?;
        let is_all = fit == resources.len();
        resources.truncate(fit);
        shown.extend(render::shown(call, kind, resources, &request.projection).await?);
        // A page may be shorter than asked for (RFC 7644 §3.4.2.4); the next one begins behind it.
        if !is_all {
            break;
        }
    }
    let start = request.page.start_index;
    Ok(Answer::of(&ListResponse::page(total, start, shown)))
}

/// The resources of a kind that match.
enum Matching {
    /// An index finds them and knows their order.
    Indexed(PushedQuery, u64),
    /// Their ids, after a look at each candidate.
    Listed(Vec<String>),
}

impl Matching {
    async fn find(call: &Call, kind: ResourceKind, request: &ListRequest) -> Result<Self, Refusal> {
        let Narrowed {
            condition,
            is_exact,
        } = narrow(request.filter.as_ref(), kind);
        let order = indexed_order(kind, request.sort_by.as_ref());
        let query = PushedQuery {
            condition,
            order: order.unwrap_or_default(),
            direction: match request.sort_order {
                SortOrder::Descending if order.is_some() && request.sort_by.is_some() => {
                    Direction::Descending
                }
                _ => Direction::Ascending,
            },
            ..PushedQuery::all(kind.entry_kind())
        };
        if is_exact && order.is_some() {
            let total = call.store().pushed_count(call.source(), &query).await?;
            return Ok(Self::Indexed(query, total));
        }
        let scan = Scan {
            call,
            kind,
            filter: request.filter.as_ref().filter(|_| !is_exact),
            sort_by: request.sort_by.as_ref(),
            order: request.sort_order,
        };
        scan.run(&query).await.map(Self::Listed)
    }

    fn total(&self) -> u64 {
        match self {
            Self::Indexed(_, total) => *total,
            Self::Listed(ids) => ids.len() as u64,
        }
    }

    async fn page(
        self,
        call: &Call,
        kind: ResourceKind,
        (from, count): (usize, usize),
    ) -> Result<Vec<PushedResource>, Refusal> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let (store, source) = (call.store(), call.source());
        match self {
            Self::Indexed(query, _) => {
                let range = (from as u64, count as u64);
                Ok(store.pushed_page(source, &query, range).await?)
            }
            Self::Listed(ids) => {
                let ids: Vec<String> = ids.into_iter().skip(from).take(count).collect();
                let entry = kind.entry_kind();
                let mut found = store.pushed_with_ids(source, entry, &ids).await?;
                let place = |one: &PushedResource| ids.iter().position(|id| *id == one.id);
                found.sort_by_cached_key(place);
                Ok(found)
            }
        }
    }
}

/// The order of an index that a client asks for. Ids sort by the time they were made.
fn indexed_order(kind: ResourceKind, sort_by: Option<&AttributePath>) -> Option<PushedOrder> {
    let Some(path) = sort_by else {
        return Some(PushedOrder::Id);
    };
    let is_created = path.urn.is_none()
        && path.name.eq_ignore_ascii_case("meta")
        && path
            .sub
            .as_deref()
            .is_some_and(|sub| sub.eq_ignore_ascii_case("created"));
    if path.is("id") || is_created {
        Some(PushedOrder::Id)
    } else if path.is(kind.naming_attribute()) {
        Some(PushedOrder::Name)
    } else {
        None
    }
}

/// A look at every candidate.
struct Scan<'a> {
    call: &'a Call,
    kind: ResourceKind,
    filter: Option<&'a Filter>,
    sort_by: Option<&'a AttributePath>,
    order: SortOrder,
}

impl Scan<'_> {
    /// The ids of those that match, in order.
    async fn run(&self, query: &PushedQuery) -> Result<Vec<String>, Refusal> {
        let store = self.call.store();
        let mut found: Vec<(SortKeyOrNone, String)> = Vec::new();
        let mut last = String::new();
        loop {
            let behind = (last.as_str(), CHUNK);
            let chunk = store.pushed_after(self.call.source(), query, behind);
            let chunk = chunk.await?;
            let Some(end) = chunk.last() else { break };
            last.clone_from(&end.id);
            let mut rest = chunk;
            while !rest.is_empty() {
                let needed = self.needed();
                let fit = render::fitting(self.call, self.kind, &rest, &needed).await?;
                let behind = rest.split_off(fit);
                self.look_at(rest, &mut found).await?;
                rest = behind;
            }
        }
        if self.sort_by.is_some() {
            found.sort_by(|(one, _), (other, _)| self.order.apply(one.cmp(other)));
        }
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    async fn look_at(
        &self,
        chunk: Vec<PushedResource>,
        found: &mut Vec<(SortKeyOrNone, String)>,
    ) -> Result<(), Refusal> {
        let schema = self.kind.schema();
        let ids: Vec<String> = chunk.iter().map(|one| one.id.clone()).collect();
        let whole = render::shown(self.call, self.kind, chunk, &self.needed()).await?;
        let filter = self.filter.map(|filter| filter.compile(schema));
        for (id, resource) in ids.into_iter().zip(&whole) {
            if filter
                .as_ref()
                .is_none_or(|filter| filter.matches(resource))
            {
                let key = self.sort_by.map(|path| sort_key(resource, path, schema));
                found.push((key, id));
            }
        }
        Ok(())
    }

    /// What of resources has to be looked at: memberships only where they matter.
    fn needed(&self) -> Projection {
        let name = self.kind.membership_attribute();
        let is_sorted = self
            .sort_by
            .is_some_and(|path| path.name.eq_ignore_ascii_case(name));
        if is_sorted || self.filter.is_some_and(|filter| mentions(filter, name)) {
            Projection::Default
        } else {
            Projection::Without(vec![AttributePath::named(name)])
        }
    }
}

/// What a resource is sorted by; none where the order of their creation stays.
type SortKeyOrNone = Option<SortKey>;

fn mentions(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| mentions(part, name)),
        Filter::Not(part) => mentions(part, name),
        Filter::Present(path) => path.name.eq_ignore_ascii_case(name),
        Filter::Compare { attribute, .. } | Filter::Values { attribute, .. } => {
            attribute.name.eq_ignore_ascii_case(name)
        }
    }
}
