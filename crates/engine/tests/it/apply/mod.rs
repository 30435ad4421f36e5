//! Plans carried out against Miro in a box.

mod actions;
mod ambiguity;
mod creation;
mod limits;
mod refusals;
mod resuming;
mod site;
mod telling;
