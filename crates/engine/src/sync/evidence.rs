//! What speaks for and against a snapshot.

use std::collections::BTreeSet;

use usher_model::Coverage;
use usher_store::{MemberGroup, Part, PartKey};

use crate::EngineError;
use crate::sync::merging::{MergeOutcome, visible};
use crate::sync::run::{Run, in_words};
use crate::sync::{Evidence, Listing, Repeats};

/// Gathers what the verdict is made from.
pub(super) async fn gather(
    run: &Run<'_>,
    merged: &MergeOutcome,
    coverage: Coverage,
) -> Result<Evidence, EngineError> {
    let parts = run.store().parts(run.sync()).await?;
    let before = run.store().current_counts(&run.sync().organization).await?;
    let now = run.store().merged_counts(run.sync()).await?;
    let looked = run.with_state(|state| state.second_look.clone());
    let scim_users = match &looked {
        Some(looked) => Some(Listing {
            total: looked.scim_total,
            read: looked.scim_read,
        }),
        None => listing(&parts, &PartKey::ScimUsers),
    };
    // On SCIM's numbered pages whoever comes or goes moves the others; a second look has settled that.
    let settled = |part: &Part| looked.is_some() && part.key == PartKey::ScimUsers;
    let repeats = parts.iter().filter(|part| !settled(part));
    Ok(Evidence {
        unread: unread(run, &parts),
        repeats: repeats.filter_map(repeats_of).collect(),
        scim_users,
        scim_groups: listing(&parts, &PartKey::ScimGroups),
        rest_internal: merged.rest_internal,
        now: visible(&now, coverage),
        before: (before.accounts > 0).then(|| visible(&before, coverage)),
    })
}

/// Lists that failed, and lists that broke off without a word.
fn unread(run: &Run<'_>, parts: &[Part]) -> Vec<(String, String)> {
    let mut unread = run.with_state(|state| state.unread.clone());
    let known: BTreeSet<String> = unread.iter().map(|(part, _)| part.clone()).collect();
    let vanished = run.vanished();
    let broken_off = parts
        .iter()
        .filter(|part| !part.done && group_of(&part.key).is_none_or(|of| !vanished.contains(&of)))
        .map(|part| (in_words(&part.key), where_it_ended(part)))
        .filter(|(part, _)| !known.contains(part));
    unread.extend(broken_off);
    unread
}

fn group_of(key: &PartKey) -> Option<MemberGroup> {
    match key {
        PartKey::TeamMembers(team) => Some(MemberGroup::Team(team.clone())),
        PartKey::UserGroupMembers(group) => Some(MemberGroup::UserGroup(group.clone())),
        _ => None,
    }
}

fn where_it_ended(part: &Part) -> String {
    match part.total_results {
        Some(total) => format!("it broke off after {} of {total}", part.items),
        None => format!("it broke off after {}", part.items),
    }
}

fn listing(parts: &[Part], key: &PartKey) -> Option<Listing> {
    let part = parts.iter().find(|part| part.key == *key)?;
    Some(Listing {
        total: part.total_results?,
        read: part.items,
    })
}

fn repeats_of(part: &Part) -> Option<Repeats> {
    Some(Repeats {
        part: in_words(&part.key),
        first: part.first_repeat.clone()?,
        times: part.repeats,
    })
}
