//! The Miro that the demo brings along.

use std::time::Duration;

use usher_sandbox::http::fault_rule::When;
use usher_sandbox::{
    FaultRule, GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings,
};

use super::Arguments;
use super::place::Place;

/// How long each reply takes, as over a network; without it there would be nothing to watch.
const LATENCY: Duration = Duration::from_millis(40);

/// How many times shorter the windows of Miro's limits are in the demo: its minute lasts a second.
pub const TIME_SCALE: f64 = 60.0;

/// How it is set up.
pub fn settings(arguments: &Arguments, place: &Place) -> SandboxSettings {
    let users = usize::try_from(arguments.users).unwrap_or(usize::MAX);
    SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users,
            teams: (users / 20).max(1),
            ..GenerateSettings::default()
        }),
        limits: LimitSettings {
            enforced: true,
            time_scale: TIME_SCALE,
        },
        faults: vec![latency()],
        state_file: place.organization(),
        ..SandboxSettings::default()
    }
}

fn latency() -> FaultRule {
    FaultRule {
        methods: Vec::new(),
        path: "**".to_owned(),
        when: When::Always,
        times: None,
        seed: 0,
        latency: Some(LATENCY),
        effect: None,
        half_done: None,
    }
}
