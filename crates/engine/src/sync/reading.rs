//! Reading REST's lists, page by page, side by side.

use futures::{StreamExt, TryStreamExt};
use usher_miro::{
    ErrorKind, GroupListQuery, MemberQuery, MiroError, Page, PageStream, Rest, TeamMemberQuery,
    TeamQuery,
};
use usher_miro_wire::{
    Member, Team as WireTeam, TeamMember, UserGroup as WireUserGroup, UserGroupMember,
};
use usher_model::{AccountId, Email, Known, Team, TeamId, TeamRole, UserGroup, UserGroupId};
use usher_store::{MemberGroup, PartKey, StagedMember, StagedPage, StagedRows, StagedView, View};

use crate::EngineError;
use crate::sync::connection::Allowed;
use crate::sync::run::Run;
use crate::sync::view::RestView;

/// Reads the organization's members.
pub async fn members(run: &Run<'_>, rest: &Rest) -> Result<(), EngineError> {
    let Some(start_cursor) = run.position(&PartKey::Members) else {
        return Ok(());
    };
    let query = MemberQuery {
        start_cursor,
        ..MemberQuery::default()
    };
    let pages = rest.members(run.organization(), query);
    drain(run, PartKey::Members, pages, |page: &[Member]| {
        run.with_state(|state| state.progress.accounts += page.len() as u64);
        StagedRows {
            views: page.iter().map(|member| staged_view(run, member)).collect(),
            ..StagedRows::default()
        }
    })
    .await
    .map(drop)
}

/// What is stored of a member.
pub fn staged_view(run: &Run<'_>, member: &Member) -> StagedView {
    let view = run.with_state(|state| RestView::from_member(member, &mut state.oddities));
    StagedView {
        account: AccountId::new(&member.id),
        email: Email::new(&member.email),
        data: serde_json::to_string(&view).unwrap_or_default(),
    }
}

/// Reads the teams, and the members of each as soon as it is found.
pub async fn teams(run: &Run<'_>, rest: &Rest) -> Result<(), EngineError> {
    let (found, queue) = futures::channel::mpsc::unbounded::<TeamId>();
    let listing = async {
        for team in run.staged_team_ids().await? {
            let _ = found.unbounded_send(team);
        }
        list_teams(run, rest, &found).await?;
        run.teams_fully_listed();
        found.close_channel();
        Ok(())
    };
    let reading = queue
        .map(Ok)
        .try_for_each_concurrent(run.options().concurrency, |team| async move {
            team_members(run, rest, team).await
        });
    futures::try_join!(listing, reading).map(drop)
}

async fn list_teams(
    run: &Run<'_>,
    rest: &Rest,
    found: &futures::channel::mpsc::UnboundedSender<TeamId>,
) -> Result<(), EngineError> {
    let Some(start_cursor) = run.position(&PartKey::Teams) else {
        return Ok(());
    };
    let query = TeamQuery {
        start_cursor,
        ..TeamQuery::default()
    };
    let pages = rest.teams(run.organization(), query);
    drain(run, PartKey::Teams, pages, |page: &[WireTeam]| {
        run.with_state(|state| state.progress.teams += page.len() as u64);
        for team in page {
            let _ = found.unbounded_send(TeamId::new(&team.id));
        }
        let teams = page.iter().map(|team| Team {
            id: TeamId::new(&team.id),
            name: team.name.clone(),
        });
        StagedRows {
            teams: teams.collect(),
            ..StagedRows::default()
        }
    })
    .await
    .map(drop)
}

/// Reads one team's members. A team that is gone by now is left out; that is no failure.
async fn team_members(run: &Run<'_>, rest: &Rest, team: TeamId) -> Result<(), EngineError> {
    let key = PartKey::TeamMembers(team.clone());
    let Some(start_cursor) = run.position(&key) else {
        run.team_done();
        return Ok(());
    };
    let query = TeamMemberQuery {
        start_cursor,
        ..TeamMemberQuery::default()
    };
    let pages = rest.team_members(run.organization(), &team, query);
    let outcome = drain(run, key, pages, |page: &[TeamMember]| {
        run.with_state(|state| {
            state.progress.memberships += page.len() as u64;
            for member in page {
                let role = TeamRole::from(member.role.as_str());
                if !role.is_published() {
                    state.oddities.note("team role", &member.role);
                }
            }
        });
        let members = page.iter().map(|member| StagedMember {
            group: MemberGroup::Team(team.clone()),
            account: AccountId::new(&member.id),
            role: TeamRole::from(member.role.as_str()),
        });
        StagedRows {
            members: members.collect(),
            ..StagedRows::default()
        }
    })
    .await?;
    match outcome {
        Drained::ToTheEnd | Drained::Unread => run.team_done(),
        Drained::Gone => run.team_vanished(&team),
    }
    Ok(())
}

/// Reads user groups and their members, where the token allows it. Returns whether they were read.
pub async fn user_groups(
    run: &Run<'_>,
    rest: &Rest,
    allowed: Allowed,
) -> Result<bool, EngineError> {
    if allowed == Allowed::No {
        return Ok(false);
    }
    if let Some(start_cursor) = run.position(&PartKey::UserGroups) {
        let query = GroupListQuery {
            start_cursor,
            ..GroupListQuery::default()
        };
        let mut pages = rest.user_groups(run.organization(), query);
        let first = match pages.try_next().await {
            Ok(first) => first,
            Err(error) if allowed == Allowed::Perhaps && is_forbidden(&error) => return Ok(false),
            Err(error) => return run.unread(&PartKey::UserGroups, error).map(|()| true),
        };
        let first: PageStream<WireUserGroup> = futures::stream::iter(first.map(Ok)).boxed();
        drain(
            run,
            PartKey::UserGroups,
            first.chain(pages).boxed(),
            |page: &[WireUserGroup]| {
                run.count_optional("user group pages");
                let groups = page.iter().map(|group| UserGroup {
                    id: UserGroupId::new(&group.id),
                    name: group.name.clone(),
                    description: Known::Known(group.description.clone().unwrap_or_default()),
                });
                StagedRows {
                    user_groups: groups.collect(),
                    ..StagedRows::default()
                }
            },
        )
        .await?;
    }
    let groups: Vec<UserGroup> = run
        .store()
        .staged_user_groups(run.sync(), View::Rest)
        .try_collect()
        .await?;
    futures::stream::iter(groups.into_iter().map(Ok))
        .try_for_each_concurrent(run.options().concurrency, |group| {
            user_group_members(run, rest, group.id)
        })
        .await?;
    Ok(true)
}

/// Reads one user group's members. A user group that is gone by now is left out; that is no failure.
async fn user_group_members(
    run: &Run<'_>,
    rest: &Rest,
    group: UserGroupId,
) -> Result<(), EngineError> {
    let key = PartKey::UserGroupMembers(group.clone());
    let Some(start_cursor) = run.position(&key) else {
        return Ok(());
    };
    let query = GroupListQuery {
        start_cursor,
        ..GroupListQuery::default()
    };
    let pages = rest.user_group_members(run.organization(), &group, query);
    let outcome = drain(run, key, pages, |page: &[UserGroupMember]| {
        run.count_optional("user group member pages");
        let members = page.iter().map(|member| StagedMember {
            group: MemberGroup::UserGroup(group.clone()),
            account: AccountId::new(&member.id),
            role: TeamRole::Member,
        });
        StagedRows {
            members: members.collect(),
            ..StagedRows::default()
        }
    })
    .await?;
    if let Drained::Gone = outcome {
        run.user_group_vanished(&group);
    }
    Ok(())
}

/// How reading a list went.
enum Drained {
    /// Every page came.
    ToTheEnd,
    /// A page could not be read; the snapshot will be suspect.
    Unread,
    /// What the list belongs to does not exist any more.
    Gone,
}

/// Stores every page of a list with the position behind it.
async fn drain<T>(
    run: &Run<'_>,
    key: PartKey,
    mut pages: PageStream<T>,
    rows: impl Fn(&[T]) -> StagedRows,
) -> Result<Drained, EngineError> {
    loop {
        let page: Page<T> = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(Drained::ToTheEnd),
            Err(error) if is_gone(&key, &error) => return Ok(Drained::Gone),
            Err(error) => return run.unread(&key, error).map(|()| Drained::Unread),
        };
        let staged = StagedPage {
            part: key.clone(),
            done: page.next_cursor.is_none(),
            cursor_after: page.next_cursor,
            total_results: None,
            items: page.items.len() as u64,
            rows: rows(&page.items),
        };
        run.stage(&staged).await?;
    }
}

/// Whether the token lacks the right to a read that was tried on the off chance.
pub(super) fn is_forbidden(error: &MiroError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::MissingScope(_) | ErrorKind::Forbidden
    )
}

fn is_gone(key: &PartKey, error: &MiroError) -> bool {
    matches!(key, PartKey::TeamMembers(_) | PartKey::UserGroupMembers(_))
        && matches!(error.kind(), ErrorKind::NotFound)
}
