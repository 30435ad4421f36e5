//! Where people come from.
