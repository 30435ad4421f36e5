//! Signing in at an identity provider.

#[macro_use]
mod support;

mod fake;
mod flow;
mod people;
mod real;
mod refusals;
mod second_factor;
mod sign_out;
mod tokens;

pub use support::Scene;
