//! How a person's attributes become an account's.
//!
//! A mapping is compiled once ([`CompiledMapping`]), which finds everything that is wrong with it, and then applied to
//! person after person. What it gives follows Miro's own rules: names of at most 60 characters, lengths, an address as
//! user name. A value that breaks them is not sent, and reported for that person.

mod compiled;
mod expression;
mod group;
mod mapped;
mod matching;
mod names;
mod preview;
mod problem;
mod rules;
mod source;
mod view;

#[cfg(test)]
mod tests;

pub use compiled::CompiledMapping;
pub use group::{CompiledGroupMapping, GroupName, GroupNameProblem};
pub use mapped::{CutValue, Mapped, MappingProblem};
pub use matching::CompiledMatching;
pub use preview::{AttributePreview, InputValue};
pub use problem::{MappingProblems, SettingsProblem};
pub use view::{ManagerView, Occasion, PersonView};
