//! Teams and user groups that were observed.

use std::collections::HashMap;

use usher_model::{Team, TeamId, UserGroup, UserGroupId};

use super::{GRANTS, Observation, Run, TEAMS, USER_GROUPS};
use crate::StoreError;
use crate::database::{Insert, Tx};
use crate::row::read_all;
use crate::statement::{LIST, Value, clean, sql};

impl Run {
    /// Teams and user groups that are no more, and all memberships of them.
    pub(super) async fn remove_groups(
        &mut self,
        tx: &mut Tx,
        observation: &Observation,
    ) -> Result<(), StoreError> {
        let teams = observation.removed_teams.iter().map(TeamId::as_str);
        let teams: Vec<&str> = teams.collect();
        self.end_listed(tx, TEAMS, "team_id", &teams).await?;
        self.end_memberships(tx, "team", &teams).await?;
        let groups = observation.removed_user_groups.iter();
        let groups: Vec<&str> = groups.map(UserGroupId::as_str).collect();
        self.end_listed(tx, USER_GROUPS, "user_group_id", &groups)
            .await?;
        self.end_memberships(tx, "user_group", &groups).await
    }

    async fn end_memberships(
        &mut self,
        tx: &mut Tx,
        kind: &'static str,
        groups: &[&str],
    ) -> Result<(), StoreError> {
        for chunk in groups.chunks(LIST) {
            self.end(tx, GRANTS, |statement| {
                statement.push(" AND kind = ").push_bind(kind);
                statement.push(" AND resource IN ");
                statement.push_list(chunk.iter().copied());
            })
            .await?;
        }
        Ok(())
    }

    /// Teams that there are now.
    pub(super) async fn save_teams(
        &mut self,
        tx: &mut Tx,
        teams: &[Team],
    ) -> Result<(), StoreError> {
        let last: HashMap<&TeamId, &Team> = teams.iter().map(|team| (&team.id, team)).collect();
        let teams: Vec<&Team> = last.into_values().collect();
        for chunk in teams.chunks(LIST) {
            let mut statement = sql("SELECT team_id, name FROM teams
                 WHERE organization = $1 AND valid_to IS NULL AND team_id IN ")
            .bind(self.organization);
            statement.push_list(chunk.iter().map(|team| team.id.as_str()));
            let rows = tx.all(statement).await?;
            let known = read_all(&rows, &tx.db.name, |columns| {
                Ok((columns.text()?, columns.text()?))
            })?;
            let known: HashMap<String, String> = known.into_iter().collect();
            let changed = chunk
                .iter()
                .filter(|team| known.get(team.id.as_str()) != Some(&clean(team.name.clone())));
            let changed: Vec<&&Team> = changed.collect();
            let ids: Vec<&str> = changed.iter().map(|team| team.id.as_str()).collect();
            self.end_listed(tx, TEAMS, "team_id", &ids).await?;
            let rows = changed.into_iter().map(|team| self.team_row(team));
            let rows = rows.collect();
            self.rows += tx.insert(&INSERT_TEAMS, rows).await?;
        }
        Ok(())
    }

    fn team_row(&self, team: &Team) -> Vec<Value> {
        vec![
            self.organization.into(),
            team.id.as_str().into(),
            self.at.into(),
            team.name.as_str().into(),
            team.name.to_lowercase().into(),
        ]
    }

    /// User groups that there are now.
    pub(super) async fn save_user_groups(
        &mut self,
        tx: &mut Tx,
        groups: &[UserGroup],
    ) -> Result<(), StoreError> {
        let last: HashMap<&UserGroupId, &UserGroup> =
            groups.iter().map(|group| (&group.id, group)).collect();
        let groups: Vec<&UserGroup> = last.into_values().collect();
        for chunk in groups.chunks(LIST) {
            let mut statement = sql("SELECT user_group_id, name, description FROM user_groups
                 WHERE organization = $1 AND valid_to IS NULL AND user_group_id IN ")
            .bind(self.organization);
            statement.push_list(chunk.iter().map(|group| group.id.as_str()));
            let rows = tx.all(statement).await?;
            let known = read_all(&rows, &tx.db.name, |columns| {
                let id = columns.text()?;
                Ok((id, (columns.text()?, columns.optional_text()?)))
            })?;
            let known: HashMap<String, (String, Option<String>)> = known.into_iter().collect();
            let mut rows = Vec::new();
            let mut ids = Vec::new();
            for group in chunk {
                let before = known.get(group.id.as_str());
                let said = group.description.clone().known().map(clean);
                let kept = said.or_else(|| before.and_then(|(_, kept)| kept.clone()));
                let now = (clean(group.name.clone()), kept);
                if before != Some(&now) {
                    ids.push(group.id.as_str());
                    rows.push(self.user_group_row(group, now.1));
                }
            }
            self.end_listed(tx, USER_GROUPS, "user_group_id", &ids)
                .await?;
            self.rows += tx.insert(&INSERT_USER_GROUPS, rows).await?;
        }
        Ok(())
    }

    fn user_group_row(&self, group: &UserGroup, description: Option<String>) -> Vec<Value> {
        vec![
            self.organization.into(),
            group.id.as_str().into(),
            self.at.into(),
            group.name.as_str().into(),
            group.name.to_lowercase().into(),
            description.into(),
        ]
    }
}

const INSERT_TEAMS: Insert = Insert {
    before: "INSERT INTO teams (organization, team_id, valid_from, name, name_folded) VALUES",
    after: "",
};

const INSERT_USER_GROUPS: Insert = Insert {
    before: "INSERT INTO user_groups (organization, user_group_id, valid_from, name, name_folded, description) VALUES",
    after: "",
};
