//! Miro's limits, shared between processes.
//!
//! Each process has a *share* of each lane's limit, and its lane admits no more than that. The shares that are held together
//! never come to more than the limit, so neither does what all send. A share changes hands in two steps: who gives some of it
//! up still holds it until what was sent under it has stopped counting, and only then can another have it.
//!
//! A process tells the database what it holds several times in the life of a lease. One that cannot, stops sending when its
//! lease ends; what it held counts for as long as a call of it may still be counted by Miro.
//!
//! [`share()`] decides; it is pure.

mod keeper;
mod share;

pub use keeper::Keeper;
pub use share::{Rival, share};
