//! The planner from outside: its rules one by one, and its properties over small made-up worlds.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot build its world is a failed test"
)]

mod build;
mod explanations;
mod lints;
mod properties;
mod requirements;
mod rules;
mod rules_groups;
mod setting_aside;
mod tape;
mod worlds;
