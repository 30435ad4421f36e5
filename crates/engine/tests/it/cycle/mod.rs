//! Cycles, connectors, people and plans against Miro in a box.

mod connectors;
mod cycles;
mod deciding;
mod incremental;
mod interrupted;
mod one_person;
mod people;
mod quarantine;
pub mod stage;
