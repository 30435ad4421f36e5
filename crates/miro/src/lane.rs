//! Keeping under Miro's limits.

mod gate;
mod observed;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use gate::{Gate, Permit, ScimGates};
pub(crate) use observed::{RateHeaders, server_time};
pub use window::{Admission, Ended, Lane, Observation, Ticket};
