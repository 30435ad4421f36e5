//! A user who is pushed.

use usher_directory::match_value;
use usher_store::{EntryKind, PushedResource};

use super::following::{Follower, settings};
use super::work::Work;
use super::{PushError, PushRefusal, PushedUser};
use crate::people::entries::person_row;

/// Writes a user and the person it is. `None`: it is as it was.
pub(super) async fn save(
    work: &mut Work<'_>,
    user: &PushedUser,
    before: Option<&PushedResource>,
) -> Result<Option<PushedResource>, PushError> {
    let id = user.person.key.as_str();
    let namesake = work.pushing.user_named(&user.index.name).await?;
    if let Some(other) = namesake.filter(|other| other != id) {
        return Err(PushRefusal::NameTaken { other }.into());
    }
    if before.is_some_and(|before| before.document == user.document) {
        return Ok(None);
    }
    let settings = settings(&mut work.pushing).await?;
    let resource = work.next((EntryKind::Person, id), before, user.document.clone());
    work.pushing.save_resource(&resource, &user.index).await?;
    let old = match before {
        Some(_) => work.pushing.match_value(id).await?,
        None => None,
    };
    let new = match_value(&user.person, &settings.key);
    let row = person_row(&user.person);
    work.pushing.save_entry(&row, new.as_deref()).await?;
    let follower = Follower {
        key: id,
        values: [old, new.map(Into::into)].into_iter().flatten().collect(),
        entry: Some(row),
        groups: None,
    };
    follower.follow(work, &settings).await?;
    Ok(Some(resource))
}
