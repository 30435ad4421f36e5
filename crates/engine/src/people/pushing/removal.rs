//! A user or group that is gone.

use usher_model::GroupId;
use usher_store::{EntryKind, PushedResource};

use super::PushError;
use super::following::{Follower, settings};
use super::work::Work;

/// Takes a resource away. `None`: there is none.
pub(super) async fn remove(
    work: &mut Work<'_>,
    before: Option<&PushedResource>,
) -> Result<Option<PushedResource>, PushError> {
    let Some(before) = before else {
        return Ok(None);
    };
    let (kind, id) = (before.kind, before.id.as_str());
    let groups = work.pushing.groups_of(id).await?;
    let value = work.pushing.match_value(id).await?;
    work.pushing.remove_resource(kind, id).await?;
    for group in &groups {
        touch(work, group).await?;
    }
    match kind {
        EntryKind::Person => {
            let settings = settings(&mut work.pushing).await?;
            let follower = Follower {
                key: id,
                values: value.into_iter().collect(),
                entry: None,
                groups: Some(groups),
            };
            follower.follow(work, &settings).await?;
        }
        EntryKind::Group => remove_group(work, id, &groups).await?,
    }
    Ok(Some(before.clone()))
}

/// A group that lost a member has another version.
async fn touch(work: &mut Work<'_>, group: &str) -> Result<(), PushError> {
    if let Some(found) = work.pushing.resource(EntryKind::Group, group).await? {
        let next = work.next((EntryKind::Group, group), Some(&found), String::new());
        work.pushing.touch_resource(&next).await?;
    }
    Ok(())
}

async fn remove_group(work: &mut Work<'_>, id: &str, groups: &[String]) -> Result<(), PushError> {
    if !work.follows {
        return Ok(());
    }
    let source = work.pushing.source().clone();
    let Some(group) = work.pushing.key_of(EntryKind::Group, &source, id).await? else {
        return Ok(());
    };
    let pushing = &mut work.pushing;
    pushing
        .remove_group(&GroupId::from(group), &mut work.outcome)
        .await?;
    for other in groups {
        if let Some(other) = pushing.key_of(EntryKind::Group, &source, other).await? {
            pushing
                .touch_group(&GroupId::from(other), &mut work.outcome)
                .await?;
        }
    }
    Ok(())
}
