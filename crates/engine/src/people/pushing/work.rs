//! A push under way.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use usher_model::{Event, EventKind, SourceName};
use usher_store::{DirectoryOutcome, EntryKind, PushedMember, PushedResource, Pushing, StoreError};

use super::{Expected, Push, PushError, PushRefusal, Pushed};
use crate::Acting;
use crate::people::merging::changed;

/// How many members an event names at the most.
const NAMED: usize = 100;

/// A push under way, and what came of it so far.
pub(super) struct Work<'a> {
    pub acting: Acting<'a>,
    pub pushing: Pushing,
    /// What became of people and groups.
    pub outcome: DirectoryOutcome,
    /// Whether people and groups are what follows from it.
    pub follows: bool,
    /// Whether the resource is new.
    pub is_new: bool,
    /// Who joined and left a group.
    pub members: MemberDifference,
}

/// Who joined and left.
#[derive(Default)]
pub(super) struct MemberDifference {
    pub added: BTreeMap<String, PushedMember>,
    pub removed: BTreeMap<String, PushedMember>,
}

impl MemberDifference {
    /// Some joined: who had left in the same push never did.
    pub fn add(&mut self, members: Vec<PushedMember>) {
        for member in members {
            if self.removed.remove(&member.id).is_none() {
                self.added.insert(member.id.clone(), member);
            }
        }
    }

    /// Some left: who had joined in the same push never did.
    pub fn remove(&mut self, members: Vec<PushedMember>) {
        for member in members {
            if self.added.remove(&member.id).is_none() {
                self.removed.insert(member.id.clone(), member);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl<'a> Work<'a> {
    pub async fn begin(acting: Acting<'a>, source: &SourceName) -> Result<Self, StoreError> {
        let pushing = acting.store.begin_push(source).await?;
        let follows = pushing.is_merged();
        Ok(Self {
            acting,
            pushing,
            outcome: DirectoryOutcome::default(),
            follows,
            is_new: false,
            members: MemberDifference::default(),
        })
    }

    /// The resource as it was, if that is as expected.
    pub async fn before(
        &mut self,
        kind: EntryKind,
        id: &str,
        expected: Expected,
    ) -> Result<Option<PushedResource>, PushError> {
        let before = self.pushing.resource(kind, id).await?;
        self.is_new = before.is_none();
        match (expected, before) {
            (Expected::New, before) => Ok(before),
            (_, None) => Err(PushRefusal::NotThere {
                kind,
                id: id.to_owned(),
            }
            .into()),
            (Expected::Version(version), Some(before)) if before.version != version => {
                Err(PushRefusal::VersionMoved {
                    found: before.version,
                }
                .into())
            }
            (_, before) => Ok(before),
        }
    }

    /// The next version of a resource.
    pub fn next(
        &self,
        (kind, id): (EntryKind, &str),
        before: Option<&PushedResource>,
        document: String,
    ) -> PushedResource {
        let now = self.pushing.now();
        PushedResource {
            kind,
            id: id.to_owned(),
            document,
            version: before.map_or(1, |before| before.version + 1),
            created_at: before.map_or(now, |before| before.created_at),
            changed_at: now,
        }
    }

    /// Writes the log's entries and makes everything true.
    pub async fn finish(self, push: &Push, resource: PushedResource) -> Result<Pushed, PushError> {
        let mut events = vec![self.event(push, &resource)];
        if self.follows {
            events.extend(changed(self.acting, &self.outcome));
        }
        let is_behind = !self.follows;
        self.pushing.finish(self.follows, &events).await?;
        Ok(Pushed {
            resource,
            changed: true,
            is_behind,
        })
    }

    fn event(&self, push: &Push, resource: &PushedResource) -> Event {
        let did = match push {
            Push::Removal { .. } => "deleted",
            _ if self.is_new => "created",
            _ => "changed",
        };
        let what = match resource.kind {
            EntryKind::Person => "user",
            EntryKind::Group => "group",
        };
        let source = self.pushing.source();
        let mut data =
            json!({"did": did, "resource": what, "id": resource.id, "version": resource.version});
        if let (false, Some(object)) = (self.members.is_empty(), data.as_object_mut()) {
            object.insert("joined".to_owned(), named(&self.members.added));
            object.insert("left".to_owned(), named(&self.members.removed));
        }
        let subject = format!("source:{source}");
        self.acting
            .event(EventKind::PersonSourcePushed, subject, data)
    }
}

/// How many, and the ids of the first.
fn named(members: &BTreeMap<String, PushedMember>) -> Value {
    let some: Vec<&String> = members.keys().take(NAMED).collect();
    json!({"count": members.len(), "ids": some})
}
