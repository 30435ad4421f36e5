//! Whoever asks, and what is theirs.

pub mod begin_second_factor;
pub mod confirm_second_factor;
pub mod create_token;
pub mod end_session;
pub mod remove_second_factor;
pub mod revoke_token;
pub mod sessions;
pub mod set_password;
pub mod show;
pub mod tokens;
pub mod view;
