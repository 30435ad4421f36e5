//! Writing the audit log.

use serde_json::Value;
use smol_str::{SmolStr, ToSmolStr as _};

use crate::world::World;
use crate::world::audit::{Actor, AuditEvent, AuditKind, Change, Named};
use crate::world::keys::{GroupKey, TeamKey, UserKey};
use crate::world::moment::Moment;

/// What an audit entry says beyond what the [`Change`] knows.
pub(crate) struct Entry {
    pub(crate) kind: AuditKind,
    pub(crate) object: Named,
    pub(crate) team: Option<Named>,
    pub(crate) details: Value,
}

impl Entry {
    pub(crate) fn new(kind: AuditKind, object: Named) -> Self {
        Self {
            kind,
            object,
            team: None,
            details: Value::Null,
        }
    }

    pub(crate) fn in_team(self, team: Named) -> Self {
        Self {
            team: Some(team),
            ..self
        }
    }

    pub(crate) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }
}

impl World {
    pub(crate) fn record(&mut self, change: &Change, entry: Entry) {
        self.revision += 1;
        let actor_user = match change.actor {
            Actor::User { id } => self
                .users
                .find(id)
                .map(|key| Box::new(self.named_user(key))),
            Actor::ScimProvisioner | Actor::Application { .. } | Actor::MiroAutomation => None,
        };
        let last = self.audit.last();
        let at = Moment::from(change.at);
        let event = AuditEvent {
            id: last.map_or(1, |event| event.id + 1),
            at: last.map_or(at, |event| event.at.max(at)),
            kind: entry.kind,
            actor: change.actor.clone(),
            actor_user,
            ip: change.ip.clone(),
            object: entry.object,
            team: entry.team.map(Box::new),
            details: entry.details,
        };
        self.audit.push(event);
    }

    pub(crate) fn named_user(&self, key: UserKey) -> Named {
        let user = self.user(key);
        named(user.id, &user.user_name)
    }

    pub(crate) fn named_team(&self, key: TeamKey) -> Named {
        let team = self.team(key);
        named(team.id, &team.name)
    }

    pub(crate) fn named_group(&self, key: GroupKey) -> Named {
        let group = self.group(key);
        named(group.id, &group.name)
    }

    /// The user who makes a change, when it is one of this organization.
    pub(crate) fn acting_user(&self, change: &Change) -> Option<UserKey> {
        match change.actor {
            Actor::User { id } => self.find_user(id),
            Actor::ScimProvisioner | Actor::Application { .. } | Actor::MiroAutomation => None,
        }
    }
}

fn named(id: u64, name: &SmolStr) -> Named {
    Named {
        id: id.to_smolstr(),
        name: name.clone(),
    }
}
