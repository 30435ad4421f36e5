//! A place to run the program in, a Miro to run it against, and transcripts of what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::runtime::Runtime;
use usher_sandbox::world::{Presence, User};
use usher_sandbox::{RunningSandbox, Sandbox, SandboxSettings};

/// A working directory of its own, in which nothing of the machine's environment is seen.
pub struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// A home whose environment names `miro` and both of its tokens.
    pub fn beside(miro: &Miro) -> Self {
        Self::new()
            .with("USHER_REST_URL", &miro.rest_url)
            .with("USHER_SCIM_URL", &miro.scim_url)
            .with("USHER_ACCESS_TOKEN", &miro.access_token)
            .with("USHER_SCIM_TOKEN", &miro.scim_token)
            .with("USHER_TIME_SCALE", "1000")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// A variable that was set with [`Self::with`].
    pub fn variable(&self, name: &str) -> Option<&str> {
        let mut known = self.variables.iter();
        let (_, value) = known.find(|(known, _)| known == name)?;
        Some(value)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command
            .args(arguments)
            .env_clear()
            .env("USER", "tester")
            .current_dir(self.folder.path());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran {
            output: self.command(arguments).output().unwrap(),
            arguments: arguments.join(" "),
            folder: self.folder.path().to_owned(),
        }
    }

    /// Runs a command that must succeed and print JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat()).expect(0);
        serde_json::from_str(&ran.stdout()).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    output: Output,
    arguments: String,
    folder: PathBuf,
}

impl Ran {
    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}", self.transcript());
        self
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// Command, exit code and both streams, in the form that is kept as a snapshot.
    pub fn transcript(&self) -> String {
        let mut text = format!("$ usher {}\nexit code: {}\n", self.arguments, self.code());
        for (name, stream) in [("stdout", self.stdout()), ("stderr", self.stderr())] {
            if !stream.is_empty() {
                let lines: Vec<_> = stream.lines().map(str::trim_end).collect();
                let _ = write!(text, "----- {name} -----\n{}\n", lines.join("\n"));
            }
        }
        text.replace(&self.folder.display().to_string(), "[HOME]")
    }
}

/// What differs from run to run, in transcripts.
pub const FILTERS: &[(&str, &str)] = &[
    (r"\.sync\.c1z\.\w+\.tmp", ".sync.c1z.[RANDOM].tmp"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"localhost:\d+", "localhost:[PORT]"),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[SYNC]",
    ),
    (r"\b\d+(\.\d+)? m?s\b", "[TIME]"),
    (r", \[TIME\] of waiting for Miro's limits", ""),
    (
        r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)",
        "[DATE]",
    ),
    (r"\b\d[\d,]* bytes", "[SIZE] bytes"),
    (r"basis [0-9a-f]{64}", "basis [HASH]"),
    (r"\d+ requests? \(\d\.\d\d x", "[COUNT] requests ([RATIO] x"),
    (r"(SQLite|PostgreSQL) \d[\w. ()-]*,", "$1 [VERSION],"),
];

/// Compares a transcript with the one that was reviewed.
macro_rules! assert_transcript {
    ($name:literal, $ran:expr) => {
        insta::with_settings!({filters => $crate::support::FILTERS.to_vec(), omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!($name, $ran.transcript());
        });
    };
}
pub(crate) use assert_transcript;

/// A simulated Miro in this process.
pub struct Miro {
    pub rest_url: String,
    pub scim_url: String,
    pub access_token: String,
    pub scim_token: String,
    sandbox: RunningSandbox,
    runtime: Runtime,
}

impl Miro {
    /// A Miro with these settings.
    pub fn start(settings: SandboxSettings) -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(settings)).unwrap();
        Self {
            rest_url: sandbox.rest_url().to_string(),
            scim_url: sandbox.scim_url().to_string(),
            access_token: sandbox.access_token.expose_secret().to_owned(),
            scim_token: sandbox.scim_token.expose_secret().to_owned(),
            sandbox,
            runtime,
        }
    }

    /// The organization that the tests know by heart.
    pub fn small() -> Self {
        Self::start(small())
    }

    /// From now on something goes wrong, as a fault rule of the sandbox says.
    pub fn fault(&self, rule: &str) {
        self.sandbox.state().faults.add(rule.parse().unwrap());
    }

    /// Changes the organization behind Miro's back.
    pub fn edit(&self, change: &Value) {
        let url = self.sandbox.control_url().join("edit").unwrap();
        let sent = reqwest::Client::new().post(url).json(change).send();
        let reply = self.runtime.block_on(sent).unwrap();
        let status = reply.status();
        let said = self.runtime.block_on(reply.text()).unwrap();
        assert!(status.is_success(), "{change}: {status} {said}");
    }
}

/// What the simulated Miro has become, as it knows itself: what a test looks at after a command.
impl Miro {
    /// The user with this address, if the organization has one.
    pub fn user(&self, email: &str) -> Option<User> {
        let world = self.sandbox.state().world.read();
        let user = world.user(world.find_user_by_email(email)?);
        (user.presence == Presence::Present).then(|| user.clone())
    }

    /// The addresses of everybody in the organization.
    pub fn emails(&self) -> BTreeSet<String> {
        let world = self.sandbox.state().world.read();
        let users = world.users_after(0).map(|key| world.user(key));
        let present = users.filter(|user| user.presence == Presence::Present);
        present.map(|user| user.user_name.to_string()).collect()
    }

    /// Who is in a team, and as what.
    pub fn team(&self, name: &str) -> BTreeMap<String, String> {
        let world = self.sandbox.state().world.read();
        let mut teams = world.teams_after(0).map(|key| world.team(key));
        let team = teams
            .find(|team| team.name == name && !team.deleted)
            .unwrap_or_else(|| panic!("no team {name}"));
        let members = team.members().iter();
        members
            .map(|member| {
                let email = world.user(member.user).user_name.to_string();
                (email, member.role.to_string())
            })
            .collect()
    }

    /// The names of all teams.
    pub fn teams(&self) -> BTreeSet<String> {
        let world = self.sandbox.state().world.read();
        let teams = world.teams_after(0).map(|key| world.team(key));
        let there = teams.filter(|team| !team.deleted);
        there.map(|team| team.name.to_string()).collect()
    }

    /// The user groups, and who is in each.
    pub fn user_groups(&self) -> BTreeMap<String, BTreeSet<String>> {
        let world = self.sandbox.state().world.read();
        let groups = world.groups_after(0).map(|key| world.group(key));
        let there = groups.filter(|group| !group.deleted);
        there
            .map(|group| {
                let members = group.members().iter();
                let members = members.map(|key| world.user(*key).user_name.to_string());
                (group.name.to_string(), members.collect())
            })
            .collect()
    }

    /// Forgets what it was asked so far.
    pub fn forget_calls(&self) {
        self.sandbox.state().log.reset();
    }

    /// With which status the calls of this method and path were answered, in ascending order. It remembers five hundred.
    pub fn replies(&self, method: &str, path: &str) -> Vec<u16> {
        let log = &self.sandbox.state().log;
        assert!(log.report().total <= 500, "some are forgotten");
        let recent = log.recent(0).into_iter();
        let asked = recent.filter(|call| call.method == method && call.path == path);
        let mut replies: Vec<u16> = asked.map(|call| call.status).collect();
        replies.sort_unstable();
        replies
    }

    /// How many calls of this method it was asked for at paths that end like this.
    pub fn asked(&self, method: &str, path: &str) -> u64 {
        let report = self.sandbox.state().log.report();
        let routes = report.by_route.iter();
        let is_meant = |route: &str| route.starts_with(method) && route.ends_with(path);
        routes
            .filter(|(route, _)| is_meant(route))
            .map(|(_, count)| count)
            .sum()
    }

    /// How many calls were too many for its limits.
    pub fn refusals(&self) -> u64 {
        let report = self.sandbox.state().log.report();
        report.by_status.get(&429).copied().unwrap_or(0)
    }

    /// Somebody deletes a team.
    pub fn delete_team(&self, name: &str) {
        let state = self.sandbox.state();
        let change = usher_sandbox::world::Change::by_scim(state.clock.now(), None);
        let mut world = state.world.write();
        let team = world
            .teams_after(0)
            .find(|key| world.team(*key).name == name && !world.team(*key).deleted)
            .unwrap();
        world.delete_team(&change, team).unwrap();
    }

    /// How many calls of this method have reached it so far.
    pub fn calls(&self, method: &str) -> usize {
        let recent = self.sandbox.state().log.recent(0);
        let recent = serde_json::to_value(recent).unwrap();
        let rows = recent.as_array().unwrap().iter();
        rows.filter(|row| row["method"] == method).count()
    }
}

/// Settings of the organization that the tests know by heart, with the limits at a thousand times their speed.
pub fn small() -> SandboxSettings {
    SandboxSettings {
        organization: usher_sandbox::OrganizationSource::Text(ORGANIZATION.to_owned()),
        limits: usher_sandbox::LimitSettings {
            enforced: true,
            time_scale: 1000.0,
        },
        ..SandboxSettings::default()
    }
}

/// Six people and three teams.
pub const ORGANIZATION: &str = include_str!("organization.yaml");

/// Reads a file as text.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
