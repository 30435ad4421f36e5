//! Who is put into teams and user groups, and who is taken out again.

use std::collections::{HashMap, HashSet};

use usher_model::{Entitlement, TeamRole, Timestamp};

use super::accounts::{Cast, Ready};
use super::assigned::Wanted;
use super::drafts::{Loss, Notes, Realm};
use super::gains::gain;
use super::ids::{AccountAt, DraftAt, SlotAt, TeamAt, UserGroupAt};
use super::index::Seat;
use super::slots::{Slot, Slots};
use crate::{Action, Drift, DriftOutcome, Reason, TeamRef};

/// What the memberships come to.
#[derive(Default)]
pub(crate) struct Moved {
    pub(crate) out_of_teams: HashSet<(AccountAt, TeamAt)>,
    pub(crate) out_of_user_groups: HashSet<(AccountAt, UserGroupAt)>,
    /// User groups that are deleted: taking people out of them first would be idle.
    pub(crate) deleted: HashSet<UserGroupAt>,
}

/// Aligns the memberships of everybody whose account will be active.
pub(crate) fn align<'a>(
    cast: &Cast<'_, 'a>,
    ready: &[Ready],
    slots: &mut Slots<'a>,
    notes: &mut Notes,
) -> Moved {
    let mut moved = Moved::default();
    for (_, draft) in notes.drafts() {
        if let Action::DeleteUserGroup { user_group } = &draft.action {
            let at = cast.scene.index.user_groups.get(&user_group.id);
            moved.deleted.extend(at.copied());
        }
    }
    if !cast.scene.settings.group_actions.update.is_on() {
        let why =
            "the settings let no team or user group be updated, so nobody is put in or taken out";
        notes.block("memberships", why, "set `group_actions.update = \"on\"`");
        return moved;
    }
    for ready in ready {
        Member { cast, ready }.align(slots, &mut moved, notes);
    }
    moved
}

struct Member<'s, 'a> {
    cast: &'s Cast<'s, 'a>,
    ready: &'s Ready,
}

/// What Usher gave, since when.
type Given<K> = HashMap<K, Timestamp>;

impl<'a> Member<'_, 'a> {
    fn align(&self, slots: &mut Slots<'a>, moved: &mut Moved, notes: &mut Notes) {
        let (mut teams, mut user_groups) = (Vec::new(), Vec::new());
        let mut unsettled = (false, false);
        for (wanted, slot) in self.wanted() {
            match slots.get(slot) {
                Slot::Team(_) | Slot::NewTeam(_) => self.join_team(slot, wanted, slots, notes),
                Slot::UserGroup(_) | Slot::NewUserGroup(_) => {
                    self.join_user_group(slot, slots, notes);
                }
                Slot::DefaultTeam => {}
                Slot::NoTeam(_) => unsettled.0 = true,
                Slot::NoUserGroup(_) => unsettled.1 = true,
            }
            match slots.get(slot) {
                Slot::Team(at) => teams.push((*at, wanted)),
                Slot::UserGroup(at) => user_groups.push(*at),
                _ => {}
            }
        }
        let Some(at) = self.ready.account else {
            return;
        };
        if !unsettled.0 {
            self.out_of_teams(at, &teams, moved, notes);
        }
        if !unsettled.1 {
            self.out_of_user_groups(at, &user_groups, moved, notes);
        }
    }

    /// The slots that the person should be in, and as what.
    fn wanted(&self) -> Vec<(Role, SlotAt)> {
        let wants = self.cast.assigned.wants(self.ready.person);
        let mut wanted: Vec<(Role, SlotAt)> = Vec::new();
        for (want, _) in wants {
            match want {
                // They are sorted: the same slot comes in a row, and all leaders after all members.
                Wanted::In(slot) if wanted.last() != Some(&(Role::Member, *slot)) => {
                    wanted.push((Role::Member, *slot));
                }
                Wanted::Leads(slot) => {
                    if let Some(entry) = wanted.iter_mut().find(|entry| entry.1 == *slot) {
                        entry.0 = Role::Leader;
                    }
                }
                _ => {}
            }
        }
        wanted
    }

    fn reasons(&self, slot: SlotAt, role: Role, slots: &Slots<'a>) -> Vec<Reason> {
        let (scene, person) = (self.cast.scene, self.ready.person);
        let mut reasons = self
            .cast
            .assigned
            .reasons(scene, person, |wanted| match role {
                Role::Member => wanted == Wanted::In(slot),
                Role::Leader => wanted == Wanted::Leads(slot),
            });
        if let Some(group) = slots.group_of(slot)
            && role == Role::Member
        {
            let name = scene.groups.name(group).unwrap_or(group.as_str());
            reasons.push(Reason::GroupPushed {
                group: group.clone(),
                name: name.to_owned(),
            });
        }
        reasons
    }

    fn given<K: std::hash::Hash + Eq>(&self, key: impl Fn(&Entitlement) -> Option<K>) -> Given<K> {
        let mut given = Given::new();
        let Some(at) = self.ready.account else {
            return given;
        };
        for row in self.cast.scene.index.given_to.of(at.at()) {
            let Some(row) = self.cast.scene.desired.provisioned.get(*row as usize) else {
                continue;
            };
            if let Some(key) = key(&row.entitlement) {
                let since = given.entry(key).or_insert(row.since);
                *since = (*since).min(row.since);
            }
        }
        given
    }

    fn was_given(&self, is_it: impl Fn(&Entitlement) -> bool) -> Option<Timestamp> {
        let given = self.given(|held| is_it(held).then_some(()));
        given.get(&()).copied()
    }

    fn seat(&self, team: TeamAt) -> Option<Seat> {
        let at = self.ready.account?;
        let seats = self.cast.scene.index.teams_of.of(at.at());
        let found = seats.iter().find(|(other, _)| *other == team);
        found.map(|(_, seat)| *seat)
    }

    fn join_team(&self, slot: SlotAt, role: Role, slots: &mut Slots<'a>, notes: &mut Notes) {
        let scene = self.cast.scene;
        let team = match slots.get(slot) {
            Slot::Team(at) => Some(*at),
            _ => None,
        };
        let mut seat = team.and_then(|team| self.seat(team));
        if let Some(team) = team
            && seat.is_none()
            && !scene.trust.coverage.teams.is_seen()
        {
            // Nobody could see who is in it: what Usher gave is taken for there.
            let id = &scene.team(team).id;
            let given =
                |held: &Entitlement| matches!(held, Entitlement::Team { team, .. } if team == id);
            seat = self.was_given(given).map(|_| Seat::Unknown);
        }
        let mut added = None;
        if seat.is_none() {
            added = self.add_to_team(slot, slots, notes);
            seat = added.map(|_| Seat::Member);
        }
        if role == Role::Leader && seat != Some(Seat::Admin) {
            self.lead(slot, (team, seat), added, slots, notes);
        }
    }

    fn add_to_team(
        &self,
        slot: SlotAt,
        slots: &mut Slots<'a>,
        notes: &mut Notes,
    ) -> Option<DraftAt> {
        let scene = self.cast.scene;
        let what = format!("membership of {}", scene.person(self.ready.person).label());
        let (team, creation) = slots.team_ref(scene, slot, &what, notes)?;
        let action = Action::AddToTeam {
            account: self.ready.account_ref(scene),
            team,
        };
        let mut reasons = self.reasons(slot, Role::Member, slots);
        if let Slot::Team(at) = slots.get(slot) {
            let (id, name) = (&scene.team(*at).id, &scene.team(*at).name);
            let given =
                |held: &Entitlement| matches!(held, Entitlement::Team { team, .. } if team == id);
            reasons.extend(self.taken_by_hand(&format!("team {name}"), given, notes));
        }
        let mut draft = self.ready.draft(scene, action, reasons);
        draft.after.extend(creation);
        Some(notes.draft(draft))
    }

    /// Reports that somebody took the person out in Miro of what Usher had put the person into.
    fn taken_by_hand(
        &self,
        what: &str,
        given: impl Fn(&Entitlement) -> bool,
        notes: &mut Notes,
    ) -> Option<Reason> {
        let account = self.cast.scene.account(self.ready.account?);
        self.was_given(given)?;
        let what = format!("no longer a member of {what} in Miro, where Usher put it");
        notes.report.drift.push(Drift {
            account: account.id.clone(),
            label: account.email.to_string(),
            attribute: None,
            what: what.clone(),
            desired: None,
            observed: None,
            by: None,
            outcome: DriftOutcome::Corrected,
        });
        Some(Reason::Drifted { what, by: None })
    }

    /// Makes a member an admin.
    fn lead(
        &self,
        slot: SlotAt,
        (team, seat): (Option<TeamAt>, Option<Seat>),
        added: Option<DraftAt>,
        slots: &mut Slots<'a>,
        notes: &mut Notes,
    ) {
        let scene = self.cast.scene;
        if let (Some(team), Some(Seat::Unknown)) = (team, seat) {
            let id = &scene.team(team).id;
            let admin = Entitlement::Team {
                team: id.clone(),
                role: TeamRole::Admin,
            };
            if self.was_given(|held| *held == admin).is_some() {
                return;
            }
        }
        let Some((reference, creation)) = slots.team_ref(scene, slot, "", notes) else {
            return;
        };
        let before = match seat {
            Some(Seat::Unknown) => TeamRole::Unknown,
            _ => TeamRole::Member,
        };
        let action = Action::SetTeamRole {
            account: self.ready.account_ref(scene),
            team: reference,
            before,
            after: TeamRole::Admin,
        };
        let reasons = self.reasons(slot, Role::Leader, slots);
        let mut draft = self.ready.draft(scene, action, reasons);
        draft.after.extend(creation);
        draft.after.extend(added);
        let draft = notes.draft(draft);
        if let Some(team) = team {
            gain(Realm::Team(team), self.ready.account, draft, notes);
        }
    }

    fn join_user_group(&self, slot: SlotAt, slots: &mut Slots<'a>, notes: &mut Notes) {
        let scene = self.cast.scene;
        if let (Slot::UserGroup(group), Some(at)) = (slots.get(slot), self.ready.account) {
            let is_in = scene.index.user_groups_of.of(at.at()).contains(group);
            let id = &scene.user_group(*group).id;
            let is_hidden = !scene.trust.coverage.user_groups.is_seen();
            let given =
                |held: &Entitlement| matches!(held, Entitlement::UserGroup(given) if given == id);
            if is_in || (is_hidden && self.was_given(given).is_some()) {
                return;
            }
        }
        let what = format!("membership of {}", scene.person(self.ready.person).label());
        let Some((user_group, creation)) = slots.user_group_ref(scene, slot, &what, notes) else {
            return;
        };
        let action = Action::AddToUserGroup {
            account: self.ready.account_ref(scene),
            user_group,
        };
        let mut reasons = self.reasons(slot, Role::Member, slots);
        if let Slot::UserGroup(at) = slots.get(slot) {
            let (id, name) = (&scene.user_group(*at).id, &scene.user_group(*at).name);
            let given =
                |held: &Entitlement| matches!(held, Entitlement::UserGroup(given) if given == id);
            reasons.extend(self.taken_by_hand(&format!("user group {name}"), given, notes));
        }
        let mut draft = self.ready.draft(scene, action, reasons);
        draft.after.extend(creation);
        notes.draft(draft);
    }

    /// Takes away what Usher gave and nobody asks for any more.
    fn out_of_teams(
        &self,
        at: AccountAt,
        wanted: &[(TeamAt, Role)],
        moved: &mut Moved,
        notes: &mut Notes,
    ) {
        let scene = self.cast.scene;
        if scene.index.given_to.of(at.at()).is_empty() || !scene.trust.team_removals().is_yes() {
            return;
        }
        for (team, seat) in scene.index.teams_of.of(at.at()) {
            if scene.default_team == Some(*team) {
                continue;
            }
            let id = &scene.team(*team).id;
            let role = wanted
                .iter()
                .find(|(other, _)| other == team)
                .map(|(_, role)| *role);
            let given = |only: Option<TeamRole>| {
                self.was_given(|held| match held {
                    Entitlement::Team { team, role } => {
                        team == id && only.as_ref().is_none_or(|only| only == role)
                    }
                    _ => false,
                })
            };
            match (role, seat) {
                (None, _) => {
                    if let Some(since) = given(None) {
                        let reasons = vec![Reason::NoLongerAssigned { given: since }];
                        out_of_team(self.cast, self.ready, (at, *team, *seat), reasons, notes);
                        moved.out_of_teams.insert((at, *team));
                    }
                }
                (Some(Role::Member), Seat::Admin) => {
                    if let Some(since) = given(Some(TeamRole::Admin)) {
                        self.step_down(at, *team, since, notes);
                    }
                }
                _ => {}
            }
        }
    }

    fn step_down(&self, at: AccountAt, team: TeamAt, given: Timestamp, notes: &mut Notes) {
        let scene = self.cast.scene;
        let action = Action::SetTeamRole {
            account: self.ready.account_ref(scene),
            team: TeamRef::Existing(scene.team(team).id.clone()),
            before: TeamRole::Admin,
            after: TeamRole::Member,
        };
        let reasons = vec![Reason::NoLongerAssigned { given }];
        let draft = notes.draft(self.ready.draft(scene, action, reasons));
        notes.losses.push(Loss {
            realm: Realm::Team(team),
            account: at,
            person: Some(self.ready.person),
            drafts: vec![draft],
            weight: 1,
        });
    }

    fn out_of_user_groups(
        &self,
        at: AccountAt,
        wanted: &[UserGroupAt],
        moved: &mut Moved,
        notes: &mut Notes,
    ) {
        let scene = self.cast.scene;
        let nothing_given = scene.index.given_to.of(at.at()).is_empty();
        if nothing_given || !scene.trust.user_group_removals().is_yes() {
            return;
        }
        for group in scene.index.user_groups_of.of(at.at()) {
            if wanted.contains(group) || moved.deleted.contains(group) {
                continue;
            }
            let id = &scene.user_group(*group).id;
            let given =
                |held: &Entitlement| matches!(held, Entitlement::UserGroup(given) if given == id);
            if let Some(since) = self.was_given(given) {
                let action = Action::RemoveFromUserGroup {
                    account: scene.account(at).id.clone(),
                    user_group: id.clone(),
                };
                let reasons = vec![Reason::NoLongerAssigned { given: since }];
                notes.draft(self.ready.draft(scene, action, reasons));
                moved.out_of_user_groups.insert((at, *group));
            }
        }
    }
}

/// What somebody should be in a team or user group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Member,
    Leader,
}

fn out_of_team(
    cast: &Cast<'_, '_>,
    ready: &Ready,
    (at, team, seat): (AccountAt, TeamAt, Seat),
    reasons: Vec<Reason>,
    notes: &mut Notes,
) {
    let scene = cast.scene;
    let action = Action::RemoveFromTeam {
        account: scene.account(at).id.clone(),
        team: scene.team(team).id.clone(),
    };
    let draft = notes.draft(ready.draft(scene, action, reasons));
    // Also of an account that is only now enabled: enabling it may be what gives the team an admin.
    if seat == Seat::Admin {
        notes.losses.push(Loss {
            realm: Realm::Team(team),
            account: at,
            person: Some(ready.person),
            drafts: vec![draft],
            weight: 2,
        });
    }
}

/// Says once that memberships which Usher gave are not taken away now.
pub(crate) fn report_blocked(cast: &Cast<'_, '_>, notes: &mut Notes) {
    let scene = cast.scene;
    let gave = |is_it: fn(&Entitlement) -> bool| {
        let given = scene.desired.provisioned.iter();
        given.map(|given| &given.entitlement).any(is_it)
    };
    let hidden = !scene.trust.coverage.user_groups.is_seen();
    if hidden && gave(|held| matches!(held, Entitlement::UserGroup(_))) {
        let why = "the tokens in use do not show user groups";
        let remedy = "use a token that shows them, see `usher doctor`";
        notes.block("removals from user groups", why, remedy);
    }
    if scene.trust.model.is_none() && gave(|held| matches!(held, Entitlement::Team { .. })) {
        let why =
            "nobody knows whether a SCIM Group is a team or a user group in this organization";
        let remedy = "let Usher find out the group model, or set it";
        notes.block("removals from teams and user groups", why, remedy);
    }
}
