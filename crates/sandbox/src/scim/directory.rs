//! Lists: filtering, sorting, cutting pages, and the envelope.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde::Serialize;
use usher_scim::list::PageRequest;
use usher_scim::path::AttributePath;
use usher_scim::sort::{SortKey, SortOrder, sort_key};
use usher_scim::{Filter, ScimError, urn};

use crate::scim::answer::{self, Answer};
use crate::scim::call::{self, ScimCall};
use crate::scim::predicate::{Predicate, sort_field};
use crate::scim::schema::USER;
use crate::scim::user_view;
use crate::switches::{ListEnvelope, Switches};
use crate::world::{Key as _, UserKey, World};

/// The page size when the caller names none: Miro's SCIM description.
const DEFAULT_COUNT: usize = 100;

/// One page of users, and how many fit in all.
pub(super) struct Page {
    pub(super) total: usize,
    pub(super) keys: Vec<UserKey>,
}

/// The users of a page.
pub(super) fn users(world: &World, call: &ScimCall) -> Result<Page, ScimError> {
    let (by, order) = call.sorting()?;
    let page = call.page()?;
    let window = |total| page.window(total, DEFAULT_COUNT, world.switches.count_clamp.count());
    let sorted = sorted(world, &by)?;
    let Some(filter) = call.filter()? else {
        let range = window(sorted.len());
        let keys = in_order(&sorted, order)
            .skip(range.start)
            .take(range.len())
            .collect();
        return Ok(Page {
            total: sorted.len(),
            keys,
        });
    };
    check_filter(&filter, &world.switches)?;
    let predicate = Predicate::new(&filter, world);
    let fits = |key: &UserKey| predicate.fits(world, *key);
    let fitting: Vec<UserKey> = match predicate.candidates(world) {
        Some(mut few) => {
            few.retain(fits);
            // A handful is sorted faster than the order of all is walked through.
            sort_few(world, &mut few, &by);
            in_order(&few, order).collect()
        }
        None => {
            // Users are looked at in the order in which they lie in memory, then put in the wanted one.
            let last = world.scim_users().last().map_or(0, |key| key.index() + 1);
            let mut fitting = vec![false; last];
            for key in world.scim_users().iter().filter(|key| fits(key)) {
                if let Some(place) = fitting.get_mut(key.index()) {
                    *place = true;
                }
            }
            let chosen = |key: &UserKey| fitting.get(key.index()) == Some(&true);
            in_order(&sorted, order).filter(chosen).collect()
        }
    };
    let range = window(fitting.len());
    let keys = fitting.get(range).unwrap_or_default().to_vec();
    Ok(Page {
        total: fitting.len(),
        keys,
    })
}

fn check_filter(filter: &Filter, switches: &Switches) -> Result<(), ScimError> {
    filter.check(&USER)?;
    call::check_dialects(filter.compile(&USER).tolerated(), switches)
}

fn in_order(keys: &[UserKey], order: SortOrder) -> Box<dyn Iterator<Item = UserKey> + '_> {
    match order {
        SortOrder::Ascending => Box::new(keys.iter().copied()),
        SortOrder::Descending => Box::new(keys.iter().rev().copied()),
    }
}

fn sorted<'a>(world: &'a World, by: &AttributePath) -> Result<Cow<'a, [UserKey]>, ScimError> {
    if let Some(field) = sort_field(by) {
        return Ok(world.scim_users_by(field).into());
    }
    check_sort(by, &USER)?;
    let mut keys = world.scim_users().to_vec();
    sort_few(world, &mut keys, by);
    Ok(keys.into())
}

/// Refuses to sort by what no resource of the schema has.
pub(super) fn check_sort(
    by: &AttributePath,
    schema: &usher_scim::schema::ResourceSchema,
) -> Result<(), ScimError> {
    if schema.find(by).is_some() {
        return Ok(());
    }
    Err(ScimError::invalid_path(format!(
        "parameter `sortBy` names `{by}`, which is no attribute"
    )))
}

fn sort_few(world: &World, keys: &mut [UserKey], by: &AttributePath) {
    if keys.len() > 1 {
        let key = |key: &UserKey| -> (SortKey, UserKey) {
            (
                sort_key(&user_view::resource(world, world.user(*key), ""), by, &USER),
                *key,
            )
        };
        keys.sort_by_cached_key(key);
    }
}

/// The reply with a page. A mere count has neither resources nor numbers of the page, as captured from Miro.
pub(super) fn envelope<T: Serialize>(
    call: &ScimCall,
    switches: &Switches,
    total: usize,
    resources: &[T],
) -> Answer {
    let page = call.page()?;
    let is_count = page.count == Some(0);
    let numbered = match switches.list_envelope {
        ListEnvelope::WhenPaging => call.is_paging() && !is_count,
        ListEnvelope::Always => !is_count,
        ListEnvelope::Never => false,
    };
    let envelope = Envelope {
        schemas: [urn::LIST_RESPONSE],
        total_results: total,
        start_index: numbered.then_some(page.start_index),
        items_per_page: numbered.then_some(resources.len()),
        resources: (!is_count).then_some(resources),
    };
    answer::body(StatusCode::OK, &envelope)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    schemas: [&'static str; 1],
    total_results: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items_per_page: Option<usize>,
    #[serde(rename = "Resources", skip_serializing_if = "Option::is_none")]
    resources: Option<&'a [T]>,
}

/// The positions of a page of anything.
pub(super) fn window(
    page: PageRequest,
    total: usize,
    switches: &Switches,
) -> std::ops::Range<usize> {
    page.window(total, DEFAULT_COUNT, switches.count_clamp.count())
}
