//! The planner by itself, on organizations in which there is nothing to do and in which there is much.

use std::process::Command;

use anyhow::{Result, bail};

/// Runs the planner's own measurement, which prints its figures.
pub fn run() -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "usher-plan",
            "--example",
            "plan_speed",
        ])
        .status()?;
    if !status.success() {
        bail!("the planner's measurement failed");
    }
    Ok(())
}
