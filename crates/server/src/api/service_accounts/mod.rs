//! Programs that use Usher.

pub mod create;
