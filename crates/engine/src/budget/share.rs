//! How much of a limit a process may have. Pure.

/// What another process holds of the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rival {
    /// So much may still be sent by it, or counted against it.
    pub held: u64,
    /// Whether it has more to send than a few calls.
    pub wants: bool,
}

/// Of a limit, so much is kept by a process that wants nothing: enough to begin with.
const IDLE_PART: u64 = 20;

/// How much of the limit a process may have, beside its rivals: what none of them holds, at most an equal part where
/// others want some, too, and little for who wants nothing.
pub fn share(limit: u64, wants: bool, rivals: &[Rival]) -> u64 {
    let held = rivals
        .iter()
        .fold(0_u64, |sum, rival| sum.saturating_add(rival.held));
    let free = limit.saturating_sub(held);
    if !wants {
        return free.min(limit / IDLE_PART);
    }
    let wanting = rivals.iter().filter(|rival| rival.wants).count() as u64;
    match wanting {
        0 => free,
        wanting => free.min(limit / (wanting + 1)),
    }
}

#[cfg(test)]
mod tests;
