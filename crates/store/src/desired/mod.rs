//! Who should hold what in an organization, and what ties the directory to it.

mod assignments;
mod group_links;
mod holds;
mod links;
mod provisioned;

pub(crate) use group_links::{remove_group_links, save_group_links};
pub(crate) use links::{remove_links, save_links};
pub(crate) use provisioned::{forget_provisioned, remember_provisioned};
