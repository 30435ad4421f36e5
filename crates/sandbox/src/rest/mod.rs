//! The REST API.

mod audit;
mod boards;
mod call;
mod failure;
mod group_members;
mod group_teams;
mod groups;
mod oauth;
mod organization;
mod page;
pub(crate) mod routes;
mod sessions;
mod shares;
mod team_members;
mod team_settings;
mod teams;
mod token_context;
pub(crate) mod view;

pub(crate) use self::call::Call;
pub(crate) use self::failure::RestFailure;
