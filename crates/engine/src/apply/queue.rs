//! What may be sent now, lane by lane. Pure.

use std::collections::{BTreeMap, BTreeSet};

use usher_plan::Urgency;

use super::lanes::Lane;

/// Something that may be sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// The next call of a group, by its place.
    Members(usize),
    /// A change, by its place in the plan.
    Change(usize),
    /// Something to read back, by its number.
    Reading(usize),
}

/// Its place in the line: urgent things first, then memberships (others are waiting to see them), changes in their
/// order, and what is only read back last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    urgency: Urgency,
    stage: u8,
    rank: u32,
    item: Item,
}

impl Place {
    fn new(urgency: Urgency, rank: u32, item: Item) -> Self {
        let stage = match item {
            Item::Members(_) => 0,
            Item::Change(_) => 1,
            Item::Reading(_) => 2,
        };
        Self {
            urgency,
            stage,
            rank,
            item,
        }
    }
}

/// What may be sent now.
#[derive(Debug, Default)]
pub struct Queue {
    lanes: BTreeMap<Lane, BTreeSet<Place>>,
    places: BTreeMap<Item, (Lane, Place)>,
}

impl Queue {
    /// Puts something in line, or elsewhere in line than it was.
    pub fn put(&mut self, lane: Lane, urgency: Urgency, rank: u32, item: Item) {
        self.drop(&item);
        let place = Place::new(urgency, rank, item.clone());
        self.lanes.entry(lane).or_default().insert(place.clone());
        self.places.insert(item, (lane, place));
    }

    /// Takes something out of line.
    pub fn drop(&mut self, item: &Item) {
        if let Some((lane, place)) = self.places.remove(item)
            && let Some(line) = self.lanes.get_mut(&lane)
        {
            line.remove(&place);
        }
    }

    /// The first in a lane's line, if it is at least this urgent.
    pub fn first(&self, lane: Lane, at_least: Urgency) -> Option<(Item, Urgency)> {
        let first = self.lanes.get(&lane)?.first()?;
        (first.urgency <= at_least).then(|| (first.item.clone(), first.urgency))
    }

    /// The lanes in which something waits.
    pub fn lanes(&self) -> Vec<Lane> {
        let waiting = self.lanes.iter().filter(|(_, line)| !line.is_empty());
        waiting.map(|(lane, _)| *lane).collect()
    }

    /// How many things wait in a lane.
    pub fn waiting(&self, lane: Lane) -> usize {
        self.lanes.get(&lane).map_or(0, BTreeSet::len)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_things_go_first_then_memberships_then_changes_in_order_and_readings_last() {
        let mut queue = Queue::default();
        let lane = Lane::Scim;
        queue.put(lane, Urgency::Normal, 0, Item::Reading(0));
        queue.put(lane, Urgency::Normal, 7, Item::Change(7));
        queue.put(lane, Urgency::Normal, 3, Item::Change(3));
        queue.put(lane, Urgency::Normal, 9, Item::Members(1));
        queue.put(lane, Urgency::Urgent, 99, Item::Change(99));
        let mut order = Vec::new();
        while let Some((item, _)) = queue.first(lane, Urgency::Normal) {
            queue.drop(&item);
            order.push(item);
        }
        assert_eq!(
            order,
            [
                Item::Change(99),
                Item::Members(1),
                Item::Change(3),
                Item::Change(7),
                Item::Reading(0)
            ]
        );
        assert!(queue.is_empty());
    }

    #[test]
    fn lanes_have_lines_of_their_own_and_urgency_can_be_asked_for() {
        let mut queue = Queue::default();
        queue.put(Lane::Scim, Urgency::Normal, 0, Item::Change(0));
        queue.put(Lane::Rest, Urgency::Urgent, 0, Item::Change(1));
        assert_eq!(queue.first(Lane::Scim, Urgency::Urgent), None);
        assert_eq!(
            queue.first(Lane::Rest, Urgency::Urgent),
            Some((Item::Change(1), Urgency::Urgent))
        );
        queue.put(Lane::Rest, Urgency::Normal, 0, Item::Change(0));
        assert_eq!(queue.lanes(), [Lane::Rest], "it moved");
    }
}
