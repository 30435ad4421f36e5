//! Positions in the lists of an inventory and a desire, one type each.

macro_rules! position {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(u32);

        impl $name {
            pub(crate) fn new(at: usize) -> Self {
                Self(u32::try_from(at).unwrap_or(u32::MAX))
            }

            pub(crate) fn at(self) -> usize {
                self.0 as usize
            }
        }
    };
}

position!(
    /// A person of `Desired::people`.
    PersonAt
);
position!(
    /// An account of `Inventory::accounts`.
    AccountAt
);
position!(
    /// A team of `Inventory::teams`.
    TeamAt
);
position!(
    /// A user group of `Inventory::user_groups`.
    UserGroupAt
);
position!(
    /// An assignment, counted in the order of ids.
    AssignmentAt
);
position!(
    /// A draft of a change.
    DraftAt
);
position!(
    /// A team or user group that somebody should be in.
    SlotAt
);

/// Lists of something per position, in one allocation.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    begins: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Ord> Rows<T> {
    /// From pairs of position and item; each list is sorted.
    pub(crate) fn new(count: usize, pairs: &[(u32, T)]) -> Self {
        let mut begins = vec![0_u32; count + 1];
        for (at, _) in pairs {
            begins[*at as usize + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let mut items: Vec<T> = pairs.iter().map(|(_, item)| *item).collect();
        let mut free = begins.clone();
        for (at, item) in pairs {
            let slot = &mut free[*at as usize];
            items[*slot as usize] = *item;
            *slot += 1;
        }
        for at in 0..count {
            items[begins[at] as usize..begins[at + 1] as usize].sort_unstable();
        }
        Self { begins, items }
    }

    /// The items at a position.
    pub(crate) fn of(&self, at: usize) -> &[T] {
        match (self.begins.get(at), self.begins.get(at + 1)) {
            (Some(from), Some(to)) => self
                .items
                .get(*from as usize..*to as usize)
                .unwrap_or_default(),
            _ => &[],
        }
    }
}
