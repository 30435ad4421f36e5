//! Numbers that lead to numbers, and sets of them.

/// From each number to others: one list for all, and where each one's part of it begins.
#[derive(Default)]
pub(super) struct Edges {
    begins: Vec<u32>,
    ends: Vec<u32>,
}

impl Edges {
    pub(super) fn new(count: usize, pairs: &[(u32, u32)]) -> Self {
        let mut begins = vec![0_u32; count + 1];
        for (from, _) in pairs {
            begins[*from as usize + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let mut free = begins.clone();
        let mut ends = vec![0; pairs.len()];
        for (from, to) in pairs {
            let slot = &mut free[*from as usize];
            ends[*slot as usize] = *to;
            *slot += 1;
        }
        Self { begins, ends }
    }

    pub(super) fn of(&self, number: u32) -> &[u32] {
        let at = number as usize;
        match (self.begins.get(at), self.begins.get(at + 1)) {
            (Some(from), Some(to)) => &self.ends[*from as usize..*to as usize],
            _ => &[],
        }
    }

    /// Everything that can be reached, `from` included: as a set of `count`, and in the order it was reached.
    pub(super) fn reachable(&self, from: &[u32], count: usize) -> (Bits, Vec<u32>) {
        let mut seen = Bits::new(count);
        let mut reached: Vec<u32> = Vec::new();
        reached.extend(from.iter().filter(|number| seen.insert(**number)));
        let mut at = 0;
        while let Some(number) = reached.get(at).copied() {
            reached.extend(self.of(number).iter().filter(|next| seen.insert(**next)));
            at += 1;
        }
        (seen, reached)
    }
}

/// A set of small numbers.
#[derive(Clone, Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// Adds a number and says whether it was not there.
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = Self::place(number);
        let fresh = self.0[word] & bit == 0;
        self.0[word] |= bit;
        fresh
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        let (word, bit) = Self::place(number);
        self.0.get(word).is_some_and(|found| found & bit != 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        let words = self.0.iter().zip((0_u32..).step_by(64));
        words.flat_map(|(word, first)| {
            (0..64)
                .filter(move |at| word >> at & 1 == 1)
                .map(move |at| first + at)
        })
    }

    fn place(number: u32) -> (usize, u64) {
        ((number / 64) as usize, 1 << (number % 64))
    }
}
