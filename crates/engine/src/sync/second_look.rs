//! People who come or go while their lists are read.
//!
//! Reading takes minutes, and REST's list and SCIM's are read independently: somebody who joins or leaves
//! meanwhile is in one of them only, or moves everybody behind them on SCIM's numbered pages, so that one person
//! comes twice or not at all. The two lists tell who that is. A few such people are asked for one by one; if they
//! are many, something else is wrong, and the totals say so.

use std::collections::BTreeSet;

use usher_miro::{ErrorKind, MiroError, Rest, Scim, ScimUser};
use usher_miro_wire::Member;
use usher_model::AccountId;
use usher_store::{Part, PartKey, StagedPage, StagedRows, StagedView, View};

use crate::EngineError;
use crate::sync::merging::{Side, by_email};
use crate::sync::run::Run;
use crate::sync::view::{RestView, ScimView};
use crate::sync::{reading, scim_reading};

/// The most people who are asked for one by one.
const FEW: usize = 20;

/// What the second look found.
#[derive(Clone, Debug, Default)]
pub struct SecondLook {
    /// People who have left.
    pub gone: BTreeSet<AccountId>,
    /// People whom SCIM shows.
    pub scim_read: u64,
    /// How many there are by SCIM's total.
    pub scim_total: u64,
}

/// Compares what both APIs listed, and asks for the few who are in one list only.
pub async fn look(run: &Run<'_>, rest: &Rest, scim: &Scim) -> Result<(), EngineError> {
    let Some(listed) = scim_part(run).await? else {
        return Ok(());
    };
    let compared = compare(run).await?;
    if compared.agrees_with(&listed) || compared.one_sided().count() > FEW {
        return Ok(());
    }
    match ask(run, (rest, scim), &compared).await {
        Ok(answers) => settle(run, &compared, answers).await,
        Err(error) => {
            run.notice(format!(
                "people who came or went meanwhile could not be looked up: {error}"
            ));
            Ok(())
        }
    }
}

/// How SCIM's list was read; `None` when either list has no end yet.
async fn scim_part(run: &Run<'_>) -> Result<Option<Part>, EngineError> {
    let parts = run.store().parts(run.sync()).await?;
    let done = |key| parts.iter().find(|part| part.key == key && part.done);
    let lists = done(PartKey::Members).zip(done(PartKey::ScimUsers));
    Ok(lists.map(|(_, scim)| scim.clone()))
}

/// Who is in which list.
#[derive(Debug, Default)]
struct Compared {
    /// Different people in SCIM's list.
    scim: u64,
    /// Members whom REST alone shows.
    rest_only: Vec<AccountId>,
    /// Members whom SCIM alone shows.
    scim_only: Vec<AccountId>,
}

impl Compared {
    fn one_sided(&self) -> impl Iterator<Item = &AccountId> {
        self.rest_only.iter().chain(&self.scim_only)
    }

    fn agrees_with(&self, listed: &Part) -> bool {
        self.one_sided().next().is_none()
            && listed.items == self.scim
            && listed.total_results == Some(self.scim)
    }
}

/// Walks both lists side by side, as merging does.
async fn compare(run: &Run<'_>) -> Result<Compared, EngineError> {
    let views = |view| run.store().staged_views(run.sync(), view);
    let mut rest = Side::<RestView>::open(views(View::Rest)).await?;
    let mut scim = Side::<ScimView>::open(views(View::Scim)).await?;
    let mut compared = Compared::default();
    while let Some(id) = Side::next_of(&rest, &scim) {
        let by_rest = rest.take_if(&id).await?;
        let by_scim = scim.take_if(&id).await?;
        compared.scim += u64::from(by_scim.is_some());
        match (by_rest, by_scim) {
            (Some(view), None)
                if view.role.is_internal()
                    && by_email::<ScimView>(run, View::Scim, &view.email)
                        .await?
                        .is_none() =>
            {
                compared.rest_only.push(id);
            }
            (None, Some(view))
                if by_email::<RestView>(run, View::Rest, &view.email)
                    .await?
                    .is_none() =>
            {
                compared.scim_only.push(id);
            }
            _ => {}
        }
    }
    Ok(compared)
}

/// What both APIs say of somebody by now.
struct Answer {
    account: AccountId,
    member: Option<Member>,
    user: Option<ScimUser>,
}

/// All answers, and SCIM's total.
struct Answers {
    people: Vec<Answer>,
    scim_total: u64,
}

async fn ask(
    run: &Run<'_>,
    (rest, scim): (&Rest, &Scim),
    compared: &Compared,
) -> Result<Answers, MiroError> {
    let mut people = Vec::new();
    for account in compared.one_sided() {
        run.count_optional("second look");
        let member = existing(rest.member(run.organization(), account).await)?;
        run.count_optional("second look");
        let user = existing(scim.user(account).await)?;
        people.push(Answer {
            account: account.clone(),
            member,
            user,
        });
    }
    run.count_optional("second look");
    let scim_total = scim.count_users(None).await?;
    Ok(Answers { people, scim_total })
}

fn existing<T>(answer: Result<T, MiroError>) -> Result<Option<T>, MiroError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds who is there after all, and notes who is gone. Whom the APIs still disagree about stays as listed.
async fn settle(run: &Run<'_>, compared: &Compared, answers: Answers) -> Result<(), EngineError> {
    let mut looked = SecondLook {
        scim_read: compared.scim,
        ..SecondLook::default()
    };
    let [mut members, mut users] = [Vec::new(), Vec::new()];
    for Answer {
        account,
        member,
        user,
    } in answers.people
    {
        let by_rest = compared.rest_only.contains(&account);
        match (member, user) {
            (Some(_), Some(user)) if by_rest => users.push(scim_reading::staged_view(run, &user)),
            (Some(member), Some(_)) => members.push(reading::staged_view(run, &member)),
            (None, None) => {
                looked.scim_read -= u64::from(!by_rest);
                looked.gone.insert(account);
            }
            _ => {}
        }
    }
    looked.scim_read += users.len() as u64;
    looked.scim_total = told(answers.scim_total, looked.scim_read);
    let changed = members.len() + users.len() + looked.gone.len();
    stage(run, PartKey::Members, members, None).await?;
    stage(run, PartKey::ScimUsers, users, Some(answers.scim_total)).await?;
    run.notice(format!(
        "people came or went while the organization was read; {changed} of them were looked up one by one"
    ));
    run.with_state(|state| state.second_look = Some(looked));
    Ok(())
}

/// The total to compare with. Whoever left after both lists had shown them is in the snapshot and not in the total;
/// nobody is missing then.
fn told(total: u64, read: u64) -> u64 {
    if total < read && read - total <= FEW as u64 {
        read
    } else {
        total
    }
}

async fn stage(
    run: &Run<'_>,
    part: PartKey,
    views: Vec<StagedView>,
    total_results: Option<u64>,
) -> Result<(), EngineError> {
    let page = StagedPage {
        part,
        cursor_after: None,
        done: true,
        total_results,
        items: views.len() as u64,
        rows: StagedRows {
            views,
            ..StagedRows::default()
        },
    };
    run.stage(&page).await.map(drop)
}
