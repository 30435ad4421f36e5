//! Names that change hands: renames that wait for each other, or stand in each other's way.

use std::collections::HashMap;

/// Something that has a name and is to have another.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    /// The name it has, in the form in which names are compared.
    pub(crate) from: String,
    /// The name it is to have, in the same form.
    pub(crate) to: String,
}

/// What becomes of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoveVerdict {
    /// It is made, after the one with this number, if any.
    Made {
        /// The move that frees the name.
        after: Option<usize>,
    },
    /// The name is taken, and stays so.
    Taken,
    /// It would need a name that only becomes free when this one does.
    Circle,
}

/// Decides which moves can be made so that no name is held twice that was not before. `held` says how many hold a name now.
pub(crate) fn settle(moves: &[Move], held: impl Fn(&str) -> usize) -> Vec<MoveVerdict> {
    let mut verdicts = vec![MoveVerdict::Made { after: None }; moves.len()];
    loop {
        let refused = refuse_taken(moves, &mut verdicts, &held);
        if !refused && !refuse_circles(moves, &mut verdicts, &held) {
            return verdicts;
        }
    }
}

fn is_made(verdict: MoveVerdict) -> bool {
    matches!(verdict, MoveVerdict::Made { .. })
}

/// How many more, or fewer, hold each name after the moves.
fn shifts<'m>(moves: &'m [Move], verdicts: &[MoveVerdict]) -> HashMap<&'m str, i64> {
    let mut shifts = HashMap::new();
    for (step, verdict) in moves.iter().zip(verdicts) {
        if is_made(*verdict) {
            *shifts.entry(step.from.as_str()).or_default() -= 1;
            *shifts.entry(step.to.as_str()).or_default() += 1;
        }
    }
    shifts
}

fn refuse_taken(
    moves: &[Move],
    verdicts: &mut [MoveVerdict],
    held: &impl Fn(&str) -> usize,
) -> bool {
    let shifts = shifts(moves, verdicts);
    let mut refused = false;
    for (step, verdict) in moves.iter().zip(verdicts.iter_mut()) {
        let shift = shifts.get(step.to.as_str()).copied().unwrap_or(0);
        let holders = i64::try_from(held(&step.to)).unwrap_or(i64::MAX);
        if is_made(*verdict) && holders.saturating_add(shift) > 1 {
            *verdict = MoveVerdict::Taken;
            refused = true;
        }
    }
    refused
}

fn refuse_circles(
    moves: &[Move],
    verdicts: &mut [MoveVerdict],
    held: &impl Fn(&str) -> usize,
) -> bool {
    let mut frees: HashMap<&str, usize> = HashMap::new();
    for (at, step) in moves.iter().enumerate() {
        if is_made(verdicts[at]) {
            frees.insert(&step.from, at);
        }
    }
    let mut refused = false;
    #[expect(
        clippy::needless_range_loop,
        reason = "one is changed while others are looked at"
    )]
    for at in 0..moves.len() {
        if !is_made(verdicts[at]) {
            continue;
        }
        let before = |at: usize| {
            let to = moves[at].to.as_str();
            (held(to) > 0).then(|| frees.get(to).copied()).flatten()
        };
        let mut next = before(at);
        verdicts[at] = MoveVerdict::Made { after: next };
        let mut steps = 0;
        while let Some(earlier) = next {
            steps += 1;
            if earlier == at || steps > moves.len() {
                verdicts[at] = MoveVerdict::Circle;
                refused = true;
                break;
            }
            next = before(earlier);
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(held: &[&str], moves: &[(&str, &str)]) -> Vec<MoveVerdict> {
        let moves: Vec<Move> = moves
            .iter()
            .map(|(from, to)| Move {
                from: (*from).to_owned(),
                to: (*to).to_owned(),
            })
            .collect();
        settle(&moves, |name| {
            held.iter().filter(|held| **held == name).count()
        })
    }

    const MADE: MoveVerdict = MoveVerdict::Made { after: None };

    #[test]
    fn a_free_name_is_taken_at_once() {
        assert_eq!(verdicts(&["a"], &[("a", "b")]), [MADE]);
    }

    #[test]
    fn a_name_that_somebody_keeps_is_not_given_twice() {
        assert_eq!(verdicts(&["a", "b"], &[("a", "b")]), [MoveVerdict::Taken]);
    }

    #[test]
    fn a_name_that_becomes_free_is_taken_afterwards() {
        let after = MoveVerdict::Made { after: Some(1) };
        assert_eq!(
            verdicts(&["a", "b"], &[("a", "b"), ("b", "c")]),
            [after, MADE]
        );
    }

    #[test]
    fn two_who_want_one_name_both_stay_and_who_waits_for_them_too() {
        let taken = MoveVerdict::Taken;
        let wishes = [("a", "x"), ("b", "x"), ("c", "a")];
        assert_eq!(verdicts(&["a", "b", "c"], &wishes), [taken, taken, taken]);
    }

    #[test]
    fn a_swap_is_refused() {
        let circle = MoveVerdict::Circle;
        assert_eq!(
            verdicts(&["a", "b"], &[("a", "b"), ("b", "a")]),
            [circle, circle]
        );
        let wishes = [("a", "b"), ("b", "a"), ("c", "d")];
        assert_eq!(verdicts(&["a", "b", "c"], &wishes), [circle, circle, MADE]);
    }
}
