//! Memberships that wait to be sent together. Pure.
//!
//! One call at a time is under way for each group. Who comes in goes before who goes out, unless somebody's access
//! ends: that goes first of all.

use std::collections::{HashMap, VecDeque};

use usher_plan::Urgency;

use super::batch::{CallSize, Direction, Edit};

/// How members of a group are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// By SCIM, in small and large calls.
    Scim,
    /// By REST, so many in a call, each paid by itself.
    Rest,
}

/// The most members of one REST call.
pub const REST_MEMBERS: usize = 500;

/// What to send next for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// In or out.
    pub direction: Direction,
    /// How large the call may be; REST calls are large.
    pub size: CallSize,
    /// Whether somebody's access ends with it.
    pub urgency: Urgency,
}

/// Changes of one direction.
#[derive(Debug)]
struct Side {
    edit: Edit,
    large_left: usize,
    /// Changes that may not start yet.
    waiting: usize,
    ready: VecDeque<usize>,
}

impl Side {
    fn new() -> Self {
        Self {
            edit: Edit {
                members: 0,
                per_small: 1,
                per_large: 1,
            },
            large_left: 0,
            waiting: 0,
            ready: VecDeque::new(),
        }
    }

    fn size(&self, patience: Patience) -> Option<CallSize> {
        let ready = self.ready.len();
        let all_are_here = self.waiting == 0 || patience == Patience::Over;
        if ready == 0 {
            return None;
        }
        if self.large_left > 0 {
            let enough = all_are_here || ready >= self.edit.per_large;
            let size = if ready > self.edit.per_small {
                CallSize::Large
            } else {
                CallSize::Small
            };
            return enough.then_some(size);
        }
        (all_are_here || ready >= self.edit.per_small).then_some(CallSize::Small)
    }

    fn left(&self) -> usize {
        self.waiting + self.ready.len()
    }
}

/// Whether to wait for more members before a call is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// More may come.
    #[default]
    Waiting,
    /// Nothing else is under way that could bring more: send what is there.
    Over,
}

/// Whether a call is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Free,
    Busy,
}

/// One group.
#[derive(Debug)]
pub struct Group {
    carriage: Carriage,
    way: Way,
    add: Side,
    remove: Side,
    urgent: VecDeque<usize>,
    under_way: usize,
}

impl Group {
    fn new(carriage: Carriage) -> Self {
        Self {
            carriage,
            way: Way::Free,
            add: Side::new(),
            remove: Side::new(),
            urgent: VecDeque::new(),
            under_way: 0,
        }
    }

    /// How its members are sent.
    pub fn carriage(&self) -> Carriage {
        self.carriage
    }

    fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Add => &mut self.add,
            Direction::Remove => &mut self.remove,
        }
    }

    /// What to send next, if anything is to be sent now.
    pub fn turn(&self, patience: Patience) -> Option<Turn> {
        if self.way == Way::Busy {
            return None;
        }
        if !self.urgent.is_empty() {
            // Above so many small calls one large one is cheaper.
            let few = self.remove.edit.per_small.saturating_mul(20);
            let size = if self.urgent.len() > few {
                CallSize::Large
            } else {
                CallSize::Small
            };
            return Some(Turn {
                direction: Direction::Remove,
                size,
                urgency: Urgency::Urgent,
            });
        }
        let turn = |direction, size| Turn {
            direction,
            size: match self.carriage {
                Carriage::Scim => size,
                Carriage::Rest => CallSize::Large,
            },
            urgency: Urgency::Normal,
        };
        if let Some(size) = self.add.size(patience) {
            return Some(turn(Direction::Add, size));
        }
        let may_remove = self.add.left() == 0 || patience == Patience::Over;
        let size = self.remove.size(patience).filter(|_| may_remove)?;
        Some(turn(Direction::Remove, size))
    }

    /// The changes that may go by the next call, the first ones first.
    pub fn candidates(&self, turn: Turn) -> impl Iterator<Item = usize> {
        let queue = match (turn.urgency, turn.direction) {
            (Urgency::Urgent, _) => &self.urgent,
            (Urgency::Normal, Direction::Add) => &self.add.ready,
            (Urgency::Normal, Direction::Remove) => &self.remove.ready,
        };
        queue.iter().copied()
    }

    /// Takes the first changes for a call that goes out now.
    pub fn take(&mut self, turn: Turn, count: usize) -> Vec<usize> {
        self.way = Way::Busy;
        if turn.size == CallSize::Large && turn.urgency == Urgency::Normal {
            let side = self.side(turn.direction);
            side.large_left = side.large_left.saturating_sub(1);
        }
        let queue = match turn.urgency {
            Urgency::Urgent => &mut self.urgent,
            Urgency::Normal => &mut self.side(turn.direction).ready,
        };
        let taken: Vec<usize> = queue.drain(..count.min(queue.len())).collect();
        self.under_way = taken.len();
        taken
    }

    /// The call is over.
    pub fn free(&mut self) {
        self.way = Way::Free;
        self.under_way = 0;
    }

    /// Whether everything about it is over.
    pub fn is_over(&self) -> bool {
        self.way == Way::Free && self.add.left() + self.remove.left() + self.urgent.len() == 0
    }

    /// Small and large calls that are still to be made.
    pub fn calls_left(&self) -> (u64, u64) {
        let of = |side: &Side| {
            let edit = Edit {
                members: side.left(),
                ..side.edit
            };
            let large = side.large_left.min(edit.most_large());
            (edit.small_calls(large), large as u64)
        };
        let urgent = Edit {
            members: self.urgent.len(),
            ..self.remove.edit
        };
        let ((a, b), (c, d)) = (of(&self.add), of(&self.remove));
        (a + c + urgent.small_calls(0), b + d)
    }

    /// Members that are still to be sent or under way.
    pub fn members_left(&self) -> usize {
        self.add.left() + self.remove.left() + self.urgent.len() + self.under_way
    }
}

/// All groups whose members a plan changes.
#[derive(Debug, Default)]
pub struct Groups {
    all: Vec<Group>,
    of_change: HashMap<usize, (usize, Direction)>,
}

impl Groups {
    /// Adds a group; returns its place.
    pub fn add(&mut self, carriage: Carriage) -> usize {
        self.all.push(Group::new(carriage));
        self.all.len() - 1
    }

    /// Says that a change belongs to a group.
    pub fn expect(&mut self, group: usize, direction: Direction, change: usize) {
        self.of_change.insert(change, (group, direction));
        if let Some(group) = self.all.get_mut(group) {
            group.side(direction).waiting += 1;
        }
    }

    /// Sets how one side of a group is cut into calls.
    pub fn cut(&mut self, group: usize, direction: Direction, edit: Edit, large: usize) {
        if let Some(group) = self.all.get_mut(group) {
            let side = group.side(direction);
            side.edit = edit;
            side.large_left = large;
        }
    }

    /// Where a change belongs.
    pub fn of_change(&self, change: usize) -> Option<(usize, Direction)> {
        self.of_change.get(&change).copied()
    }

    /// A change may start now.
    pub fn ready(&mut self, change: usize, urgency: Urgency) -> Option<usize> {
        let (at, direction) = self.of_change(change)?;
        let group = self.all.get_mut(at)?;
        let side = group.side(direction);
        side.waiting = side.waiting.saturating_sub(1);
        if urgency == Urgency::Urgent && direction == Direction::Remove {
            group.urgent.push_back(change);
        } else {
            side.ready.push_back(change);
        }
        Some(at)
    }

    /// A change will not start, or it was settled by other ways.
    pub fn give_up(&mut self, change: usize) -> Option<usize> {
        let (at, direction) = self.of_change(change)?;
        let side = self.all.get_mut(at)?.side(direction);
        side.waiting = side.waiting.saturating_sub(1);
        Some(at)
    }

    /// A change that was taken comes back later.
    pub fn wait_again(&mut self, change: usize) -> Option<usize> {
        let (at, direction) = self.of_change(change)?;
        self.all.get_mut(at)?.side(direction).waiting += 1;
        Some(at)
    }

    /// One group.
    pub fn get(&self, at: usize) -> Option<&Group> {
        self.all.get(at)
    }

    /// One group.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Group> {
        self.all.get_mut(at)
    }

    /// All groups.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.all.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group that expects `adds` additions (changes 0, 1, …) and then `removes` removals.
    fn group(adds: usize, removes: usize, large: usize) -> Groups {
        let mut groups = Groups::default();
        let at = groups.add(Carriage::Scim);
        for change in 0..adds + removes {
            let direction = if change < adds {
                Direction::Add
            } else {
                Direction::Remove
            };
            groups.expect(at, direction, change);
        }
        for (direction, members, per_small, large) in [
            (Direction::Add, adds, 11, large),
            (Direction::Remove, removes, 6, 0),
        ] {
            let edit = Edit {
                members,
                per_small,
                per_large: 8000,
            };
            groups.cut(at, direction, edit, large);
        }
        groups
    }

    fn turn(groups: &Groups) -> Option<(Direction, CallSize)> {
        let turn = groups.get(0)?.turn(Patience::Waiting)?;
        Some((turn.direction, turn.size))
    }

    #[test]
    fn a_small_call_goes_as_soon_as_it_is_full_or_nobody_else_will_come() {
        let mut groups = group(12, 0, 0);
        for change in 0..10 {
            groups.ready(change, Urgency::Normal);
        }
        assert_eq!(turn(&groups), None);
        groups.ready(10, Urgency::Normal);
        assert_eq!(turn(&groups), Some((Direction::Add, CallSize::Small)));
        let next = groups.get(0).unwrap().turn(Patience::Waiting).unwrap();
        let taken = groups.get_mut(0).unwrap().take(next, 11);
        assert_eq!(taken.len(), 11);
        groups.ready(11, Urgency::Normal);
        assert_eq!(turn(&groups), None, "one call at a time");
        groups.get_mut(0).unwrap().free();
        assert_eq!(turn(&groups), Some((Direction::Add, CallSize::Small)));
    }

    #[test]
    fn a_large_call_waits_for_everybody_who_may_still_come() {
        let mut groups = group(40, 0, 1);
        for change in 0..39 {
            groups.ready(change, Urgency::Normal);
        }
        assert_eq!(turn(&groups), None);
        groups.give_up(39);
        assert_eq!(turn(&groups), Some((Direction::Add, CallSize::Large)));
    }

    #[test]
    fn a_large_call_that_was_left_with_a_handful_goes_as_a_small_one() {
        let mut groups = group(40, 0, 1);
        for change in 0..35 {
            groups.give_up(change);
        }
        for change in 35..40 {
            groups.ready(change, Urgency::Normal);
        }
        assert_eq!(turn(&groups), Some((Direction::Add, CallSize::Small)));
    }

    #[test]
    fn additions_go_before_removals_and_the_end_of_access_before_everything() {
        let mut groups = group(1, 2, 0);
        groups.ready(1, Urgency::Normal);
        assert_eq!(turn(&groups), None, "an addition is still to come");
        groups.ready(2, Urgency::Urgent);
        let next = groups.get(0).unwrap().turn(Patience::Waiting).unwrap();
        assert_eq!(
            (next.direction, next.urgency),
            (Direction::Remove, Urgency::Urgent)
        );
        let group = groups.get_mut(0).unwrap();
        assert_eq!(group.take(next, 5), [2]);
        group.free();
        groups.ready(0, Urgency::Normal);
        assert_eq!(turn(&groups), Some((Direction::Add, CallSize::Small)));
    }

    #[test]
    fn when_nothing_else_is_under_way_what_is_there_is_sent() {
        let mut groups = group(40, 0, 1);
        groups.ready(0, Urgency::Normal);
        let group = groups.get(0).unwrap();
        assert_eq!(group.turn(Patience::Waiting), None);
        assert!(group.turn(Patience::Over).is_some());
    }
}
