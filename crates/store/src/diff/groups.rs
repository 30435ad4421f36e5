//! Teams and user groups that came, went, or have another name.

use usher_model::{Coverage, Seen, Team, Timestamp, UserGroup};

use super::versions::{Version, end_of, last_change, start_of};
use super::{AccessChange, Change, ChangeClass, Span};
use crate::StoreError;
use crate::row::Columns;

pub(super) struct GroupVersion {
    id: String,
    name: String,
    description: Option<String>,
    valid: (Timestamp, Option<Timestamp>),
}

impl GroupVersion {
    pub(super) fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let id = columns.text()?;
        let valid = (columns.time()?, columns.optional_time()?);
        Ok(Self {
            id,
            valid,
            name: columns.text()?,
            description: columns.optional_text()?,
        })
    }

    fn team(&self) -> Team {
        Team {
            id: self.id.as_str().into(),
            name: self.name.clone(),
        }
    }

    fn user_group(&self) -> UserGroup {
        UserGroup {
            id: self.id.as_str().into(),
            name: self.name.clone(),
            description: self.description.clone().into(),
        }
    }
}

impl Version for GroupVersion {
    fn key(&self) -> &str {
        &self.id
    }

    fn valid(&self) -> (Timestamp, Option<Timestamp>) {
        self.valid
    }
}

pub(super) struct GroupKind {
    pub(super) select: &'static str,
    pub(super) seen: fn(&Coverage) -> Seen,
    added: fn(&GroupVersion) -> Change,
    removed: fn(&GroupVersion) -> Change,
    renamed: fn(&GroupVersion, &GroupVersion) -> Change,
}

pub(super) const TEAMS: GroupKind = GroupKind {
    select: "SELECT x.team_id, x.valid_from, x.valid_to, x.name, CAST(NULL AS TEXT) FROM teams x",
    seen: |seen| seen.teams,
    added: |after| Change::TeamAdded { team: after.team() },
    removed: |before| Change::TeamRemoved {
        team: before.team(),
    },
    renamed: |before, after| Change::TeamRenamed {
        team: after.id.as_str().into(),
        before: before.name.clone(),
        after: after.name.clone(),
    },
};

pub(super) const USER_GROUPS: GroupKind = GroupKind {
    select: "SELECT x.user_group_id, x.valid_from, x.valid_to, x.name, x.description FROM user_groups x",
    seen: |seen| seen.user_groups,
    added: |after| Change::UserGroupAdded {
        user_group: after.user_group(),
    },
    removed: |before| Change::UserGroupRemoved {
        user_group: before.user_group(),
    },
    renamed: |before, after| Change::UserGroupRenamed {
        user_group: after.id.as_str().into(),
        before: before.name.clone(),
        after: after.name.clone(),
    },
};

pub(super) fn group_change(
    span: &Span,
    kind: &GroupKind,
    class: ChangeClass,
    versions: &[GroupVersion],
) -> Vec<AccessChange> {
    let before = versions.iter().find(|version| version.holds_at(span.from));
    let after = versions.iter().find(|version| version.holds_at(span.to));
    let (at, class, change) = match (before, after) {
        (None, Some(after)) => (start_of(versions), class, (kind.added)(after)),
        (Some(before), None) => (
            end_of(versions),
            ChangeClass::Access,
            (kind.removed)(before),
        ),
        (Some(before), Some(after)) if before.name != after.name => {
            let at = last_change(versions, |version| version.name.clone());
            (at, ChangeClass::Access, (kind.renamed)(before, after))
        }
        _ => return Vec::new(),
    };
    let at = at.unwrap_or(span.to);
    vec![AccessChange { at, class, change }]
}
