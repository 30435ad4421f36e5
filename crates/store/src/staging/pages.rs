//! Writing pages.

use std::collections::HashSet;

use usher_model::{Team, UserGroup};

use super::{PartKey, StagedMember, StagedPage, StagedView};
use crate::StoreError;
use crate::database::{Insert, Tx};
use crate::row::{Columns, first_text, read_all};
use crate::statement::{Value, clean, sql};

/// Inserts rows and notes those that were there before: `keys` are the rows' keys, of which the insert
/// gives back the ones that were new.
async fn insert_new(
    tx: &mut Tx,
    insert: &Insert,
    rows: Vec<Vec<Value>>,
    keys: Vec<String>,
    key: impl Fn(&mut Columns<'_>) -> Result<String, StoreError>,
) -> Result<Vec<String>, StoreError> {
    let returned = tx.insert_returning(insert, rows).await?;
    let mut new: HashSet<String> = read_all(&returned, &tx.db.name, key)?.into_iter().collect();
    Ok(keys.into_iter().filter(|key| !new.remove(key)).collect())
}

pub(super) async fn stage_views(
    tx: &mut Tx,
    sync: i64,
    page: &StagedPage,
    repeated: &mut Vec<String>,
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO staged_views (sync, origin, account_id, email, email_folded, data) VALUES",
        after: "ON CONFLICT DO NOTHING RETURNING account_id",
    };
    let origin = page.part.view().as_str();
    let views = &page.rows.views;
    let row = |view: &StagedView| {
        vec![
            sync.into(),
            origin.into(),
            view.account.as_str().into(),
            view.email.as_str().into(),
            view.email.folded().into(),
            view.data.as_str().into(),
        ]
    };
    let keys = views.iter().map(|view| clean(view.account.to_string()));
    let rows = views.iter().map(row).collect();
    let again = insert_new(tx, &insert, rows, keys.collect(), first_text).await?;
    if page.part.lists_people() {
        repeated.extend(again);
    }
    Ok(())
}

pub(super) async fn stage_teams(
    tx: &mut Tx,
    sync: i64,
    page: &StagedPage,
    repeated: &mut Vec<String>,
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO staged_teams (sync, origin, team_id, name) VALUES",
        after: "ON CONFLICT DO NOTHING RETURNING team_id",
    };
    let origin = page.part.view().as_str();
    let teams = &page.rows.teams;
    let row = |team: &Team| {
        vec![
            sync.into(),
            origin.into(),
            team.id.as_str().into(),
            team.name.as_str().into(),
        ]
    };
    let keys = teams.iter().map(|team| clean(team.id.to_string()));
    let rows = teams.iter().map(row).collect();
    let again = insert_new(tx, &insert, rows, keys.collect(), first_text).await?;
    if matches!(page.part, PartKey::Teams | PartKey::ScimGroups) {
        repeated.extend(again);
    }
    Ok(())
}

pub(super) async fn stage_user_groups(
    tx: &mut Tx,
    sync: i64,
    page: &StagedPage,
    repeated: &mut Vec<String>,
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO staged_user_groups (sync, origin, user_group_id, name, description) VALUES",
        after: "ON CONFLICT DO NOTHING RETURNING user_group_id",
    };
    let origin = page.part.view().as_str();
    let groups = &page.rows.user_groups;
    let row = |group: &UserGroup| {
        vec![
            sync.into(),
            origin.into(),
            group.id.as_str().into(),
            group.name.as_str().into(),
            group.description.clone().known().into(),
        ]
    };
    let keys = groups.iter().map(|group| clean(group.id.to_string()));
    let rows = groups.iter().map(row).collect();
    let again = insert_new(tx, &insert, rows, keys.collect(), first_text).await?;
    if matches!(page.part, PartKey::UserGroups | PartKey::ScimGroups) {
        repeated.extend(again);
    }
    Ok(())
}

pub(super) async fn stage_members(
    tx: &mut Tx,
    sync: i64,
    page: &StagedPage,
    repeated: &mut Vec<String>,
) -> Result<(), StoreError> {
    let insert = Insert {
        before: "INSERT INTO staged_members (sync, origin, account_id, kind, group_id, role) VALUES",
        after: "ON CONFLICT DO NOTHING RETURNING account_id, kind, group_id",
    };
    let origin = page.part.view().as_str();
    let members = &page.rows.members;
    let row = |member: &StagedMember| {
        let (kind, group) = member.group.key();
        vec![
            sync.into(),
            origin.into(),
            member.account.as_str().into(),
            kind.into(),
            group.into(),
            member.role.as_str().into(),
        ]
    };
    let keys = members.iter().map(|member| {
        let (kind, group) = member.group.key();
        clean(format!("{}\u{1}{kind}\u{1}{group}", member.account))
    });
    let rows = members.iter().map(row).collect();
    let again = insert_new(tx, &insert, rows, keys.collect(), |columns| {
        let (account, kind, group) = (columns.text()?, columns.text()?, columns.text()?);
        Ok(format!("{account}\u{1}{kind}\u{1}{group}"))
    });
    let again = again.await?;
    if page.part.lists_members() {
        let accounts = again.iter().filter_map(|key| key.split('\u{1}').next());
        repeated.extend(accounts.map(str::to_owned));
    }
    Ok(())
}

pub(super) async fn advance(
    tx: &mut Tx,
    sync: i64,
    page: &StagedPage,
    repeated: &[String],
) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO sync_parts (sync, part, cursor, pages, items, total_results, done, repeats, first_repeat)
         VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8)
         ON CONFLICT (sync, part) DO UPDATE SET
             cursor = excluded.cursor,
             pages = sync_parts.pages + 1,
             items = sync_parts.items + excluded.items,
             total_results = COALESCE(excluded.total_results, sync_parts.total_results),
             done = excluded.done,
             repeats = sync_parts.repeats + excluded.repeats,
             first_repeat = COALESCE(sync_parts.first_repeat, excluded.first_repeat)",
    );
    let statement = statement
        .bind(sync)
        .bind(page.part.to_string())
        .bind(page.cursor_after.as_deref())
        .bind(page.items)
        .bind(page.total_results)
        .bind(page.done)
        .bind(repeated.len() as u64)
        .bind(repeated.first().map(String::as_str));
    tx.execute(statement).await?;
    Ok(())
}
