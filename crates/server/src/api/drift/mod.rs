//! What somebody changed in Miro by hand.

pub mod list;
