//! Cycles, connectors, people and plans against Miro in a box.

mod connectors;
mod cycles;
mod deciding;
mod directory;
mod failing;
mod incremental;
mod interrupted;
mod many;
mod one_person;
mod people;
mod quarantine;
mod rejecting;
pub mod stage;
mod trying_again;
mod weighing;
