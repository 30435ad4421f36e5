//! A group that is pushed, and its members.

use std::collections::HashSet;

use usher_directory::{KnownIds, MergeSettings, SourceEntries, SourceGroup, merge};
use usher_model::{Group, GroupId};
use usher_store::{DirectoryKey, DirectoryWrite, EntryKind, PushedMember, PushedResource};

use super::work::Work;
use super::{MemberChange, PushError, PushRefusal, PushedGroup, SavedGroup};
use crate::people::entries::group_row;

/// Writes a group, or members of it. `None`: it is as it was.
pub(super) async fn save(
    work: &mut Work<'_>,
    group: &PushedGroup,
    before: Option<&PushedResource>,
) -> Result<Option<PushedResource>, PushError> {
    let id = group.id.as_str();
    let is_other = |saved: &&SavedGroup| before.is_none_or(|was| was.document != saved.document);
    let saved = group.saved.as_ref().filter(is_other);
    for change in &group.members {
        change_members(work, id, change).await?;
    }
    if saved.is_none() && work.members.is_empty() {
        return Ok(None);
    }
    let document = saved.map(|saved| saved.document.clone());
    let kept = || before.map_or_else(String::new, |before| before.document.clone());
    let document = document.unwrap_or_else(kept);
    let resource = work.next((EntryKind::Group, id), before, document);
    match saved {
        Some(saved) => {
            work.pushing.save_resource(&resource, &saved.index).await?;
            let bare = SourceGroup {
                members: Vec::new(),
                ..saved.group.clone()
            };
            work.pushing.save_entry(&group_row(&bare), None).await?;
        }
        None => work.pushing.touch_resource(&resource).await?,
    }
    if work.follows {
        follow(work, id, saved).await?;
    }
    Ok(Some(resource))
}

async fn change_members(
    work: &mut Work<'_>,
    group: &str,
    change: &MemberChange,
) -> Result<(), PushError> {
    match change {
        MemberChange::Add(ids) => add(work, group, ids).await,
        MemberChange::Remove(ids) => {
            let removed = work.pushing.remove_members(group, ids).await?;
            work.members.remove(removed);
            Ok(())
        }
        MemberChange::Replace(ids) => {
            let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
            let there = work.pushing.members(group).await?;
            let gone: Vec<String> = there
                .iter()
                .filter(|one| !wanted.contains(one.id.as_str()))
                .map(|one| one.id.clone())
                .collect();
            let there: HashSet<&str> = there.iter().map(|one| one.id.as_str()).collect();
            let new: Vec<String> = ids
                .iter()
                .filter(|id| !there.contains(id.as_str()))
                .cloned()
                .collect();
            let removed = work.pushing.remove_members(group, &gone).await?;
            work.members.remove(removed);
            add(work, group, &new).await
        }
    }
}

async fn add(work: &mut Work<'_>, group: &str, ids: &[String]) -> Result<(), PushError> {
    let named = work.pushing.named(ids).await?;
    let known: HashSet<&str> = named.iter().map(|one| one.id.as_str()).collect();
    // A group may name itself only once it is there.
    if let Some(unknown) = ids.iter().find(|id| !known.contains(id.as_str())) {
        return Err(PushRefusal::NoSuchMember(unknown.clone()).into());
    }
    let added = work.pushing.add_members(group, named).await?;
    work.members.add(added);
    Ok(())
}

/// Writes the directory's group, and who joined and left.
async fn follow(
    work: &mut Work<'_>,
    key: &str,
    saved: Option<&SavedGroup>,
) -> Result<(), PushError> {
    let source = work.pushing.source().clone();
    let known = work.pushing.key_of(EntryKind::Group, &source, key).await?;
    let known = known.map(GroupId::from);
    let id = match (saved, known) {
        (Some(saved), known) => follow_saved(work, &saved.group, known).await?,
        (None, Some(known)) => known,
        // It was written while something else was not merged yet.
        (None, None) => {
            work.follows = false;
            return Ok(());
        }
    };
    let added: Vec<PushedMember> = work.members.added.values().cloned().collect();
    let removed: Vec<PushedMember> = work.members.removed.values().cloned().collect();
    let pushing = &mut work.pushing;
    let joined = pushing.directory_members(&added).await?;
    let left = pushing.directory_members(&removed).await?;
    let mut written = pushing.remove_directory_members(&id, &left).await?;
    written += pushing.add_directory_members(&id, &joined).await?;
    if written > 0 {
        pushing.touch_group(&id, &mut work.outcome).await?;
    }
    Ok(())
}

/// Writes the directory's group without its members. Merging it alone gives a new one its id.
async fn follow_saved(
    work: &mut Work<'_>,
    group: &SourceGroup,
    known: Option<GroupId>,
) -> Result<GroupId, PushError> {
    let source = work.pushing.source().clone();
    let is_new = known.is_none();
    let id = known.unwrap_or_else(|| new_id(work, group));
    let written = Group {
        id: id.clone(),
        name: group.name.clone(),
        description: group.description.clone(),
        members: Vec::new(),
    };
    work.pushing
        .write_group(&written, &mut work.outcome)
        .await?;
    if is_new {
        let write = DirectoryWrite {
            keys: vec![DirectoryKey {
                kind: EntryKind::Group,
                source,
                key: group.key.as_str().to_owned(),
                id: id.to_string(),
            }],
            ..DirectoryWrite::default()
        };
        work.pushing.write_people(&write, &mut work.outcome).await?;
    }
    Ok(id)
}

fn new_id(work: &Work<'_>, group: &SourceGroup) -> GroupId {
    let entries = SourceEntries {
        source: work.pushing.source().clone(),
        people: Vec::new(),
        groups: vec![SourceGroup {
            members: Vec::new(),
            ..group.clone()
        }],
    };
    let now = work.pushing.now();
    let merged = merge(
        &[entries],
        &MergeSettings::default(),
        &KnownIds::default(),
        now,
    );
    let found = merged.groups.into_iter().next().map(|group| group.id);
    found.unwrap_or_else(|| work.acting.store.new_group_id())
}
