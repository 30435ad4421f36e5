//! The guides, command by command, as a newcomer would type them.
//!
//! Every block marked `console` is run: lines that begin with `$ ` are commands, with what follows a backslash or
//! belongs to a here-document. Each must succeed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::read;

/// Where the guides let the simulated Miro listen; the test gives it a free port instead.
const ADDRESS: &str = "127.0.0.1:4040";

#[test]
fn the_guide_from_entra_leads_from_a_table_to_a_provisioned_organization() {
    let walk = Walk::through("from-entra.md");
    let noor = walk.scim_user("noor.haddad@meridian.example").unwrap();
    assert_eq!(noor["active"], false, "a leaver is deactivated: {noor}");
    assert_eq!(noor["displayName"], "Noor Haddad");
    let ines = walk.scim_user("ines.okafor@meridian.example").unwrap();
    assert_eq!(ines["active"], true);
    let teams: Vec<&str> = ines["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|team| team["display"].as_str())
        .collect();
    assert!(teams.contains(&"Miro Design"), "{teams:?}");
    let jonas = walk.scim_user("jonas.berg@meridian.example").unwrap();
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(jonas[enterprise]["manager"]["value"], ines["id"]);
    assert_eq!(jonas[enterprise]["department"], "Design");
    for outside in ["olga.petrov", "pavel.novak", "quinn.reed"] {
        let address = format!("{outside}@meridian.example");
        assert!(walk.scim_user(&address).is_none(), "{address}");
    }
}

#[test]
fn the_guide_from_jumpcloud_leads_from_a_table_to_a_provisioned_organization() {
    let walk = Walk::through("from-jumpcloud.md");
    let ada = walk.scim_user("ada.lind@meridian.example").unwrap();
    assert_eq!(ada["roles"][0]["value"], "ORGANIZATION_INTERNAL_ADMIN");
    let chloe = walk.scim_user("chloe.martin@meridian.example").unwrap();
    assert_eq!(chloe["active"], false, "{chloe}");
    let dev = walk.scim_user("dev.patel@meridian.example").unwrap();
    assert_eq!(dev["active"], true, "{dev}");
    let events = walk.events();
    for name in [
        "idm_integration_activate",
        "idm_integration_reauth",
        "user_create_provision",
        "user_deprovision",
    ] {
        assert!(events.iter().any(|event| event["kind"] == name), "{name}");
    }
}

/// The first guide as it stands, with an organization of a size that a test can wait for.
fn first_sync(page: &str) -> String {
    const SIZE: &str = "--users 10000 --teams 500";
    assert!(page.contains(SIZE), "the guide begins with another Miro");
    page.replace(SIZE, "--users 400 --teams 20")
        .replace("ada@example.org", "ada.chen@meridian.example")
}

fn the_first_guide_leads_to_an_inventory(walk: &Walk) {
    let accounts = walk.json("usher accounts --json");
    assert_eq!(accounts.as_array().unwrap().len(), 400);
    let inspected = walk.json("usher c1z inspect sync.c1z --json");
    assert_eq!(
        inspected["stats"]["resources_by_resource_type"]["user"],
        400
    );
    assert!(walk.folder.path().join("inventory.jsonl").exists());
    assert!(walk.folder.path().join("inventory/accounts.csv").exists());
}

#[test]
fn the_first_guide_leads_from_nothing_to_an_answer() {
    let walk = Walk::with("first-sync.md", first_sync, &[]);
    the_first_guide_leads_to_an_inventory(&walk);
}

#[test]
fn the_first_guide_leads_from_nothing_to_an_answer_on_postgresql() {
    let url = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(usher_store::postgres_for_tests::new_database_url())
        .unwrap();
    let walk = Walk::with("first-sync.md", first_sync, &[("USHER_DATABASE", &url)]);
    the_first_guide_leads_to_an_inventory(&walk);
    assert!(!walk.folder.path().join("usher.db").exists());
}

/// A folder in which a guide was followed, and its simulated Miro.
struct Walk {
    folder: tempfile::TempDir,
    address: String,
    sandbox: Child,
    /// What the guide exports or expects besides the machine's.
    variables: Vec<(String, String)>,
}

impl Walk {
    fn through(guide: &str) -> Self {
        Self::with(guide, str::to_owned, &[])
    }

    /// The guide after `edit`, with some variables set beforehand.
    fn with(guide: &str, edit: fn(&str) -> String, variables: &[(&str, &str)]) -> Self {
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides");
        let page = edit(&read(&book.join(guide)));
        let mut commands = commands(&page).into_iter();
        let folder = tempfile::tempdir().unwrap();
        let (first, sandbox, address) = start(&commands.next().unwrap(), folder.path());
        assert!(first, "a guide begins with its simulated Miro");
        let walk = Self {
            folder,
            address,
            sandbox,
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let script: String = commands.map(|command| walk.step(&command)).collect();
        let output = walk.shell(&script).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{guide} stops working:\n{said}\n{errors}"
        );
        walk
    }

    /// A command, announced, and stopping everything when it fails.
    fn step(&self, command: &str) -> String {
        let command = command.replace(ADDRESS, &self.address);
        let shown = command.lines().next().unwrap_or_default();
        format!(
            "echo; echo {} >&2\n{command}\ncode=$?; [ $code -eq 0 ] || {{ echo \"exit code $code\" >&2; exit 1; }}\n",
            quoted(&format!("$ {shown}"))
        )
    }

    fn scim_user(&self, address: &str) -> Option<Value> {
        let filter = format!("userName eq \"{address}\"");
        let url = format!("http://{}/api/v1/scim/Users", self.address);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let found: Value = runtime.block_on(async {
            let http = reqwest::Client::new();
            let asked = http
                .get(url)
                .query(&[("filter", filter)])
                .bearer_auth("demo-scim-token");
            asked.send().await.unwrap().json().await.unwrap()
        });
        found["Resources"].get(0).cloned()
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = shell(script, self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What a command that must succeed says for programs.
    fn json(&self, command: &str) -> Value {
        let output = self.shell(command).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn events(&self) -> Vec<Value> {
        let output = self
            .shell("usher events --json --limit 10000")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Array(events)) => events,
            Ok(one) => vec![one],
            Err(_) => text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

/// Starts the guide's first command, which must be the sandbox, and waits until it says that it listens.
fn start(command: &str, folder: &Path) -> (bool, Child, String) {
    let is_sandbox = command.starts_with("usher sandbox");
    let command = command.replace(ADDRESS, "127.0.0.1:0");
    let mut child = shell(&format!("exec {command}"), folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| {
            let rest = line.split_once("REST API: http://")?.1;
            Some(rest.trim_end_matches('/').to_owned())
        })
        .expect("the sandbox says where it listens");
    (is_sandbox, child, address)
}

/// A shell in which `usher` is the program under test and nothing else of the machine's environment is seen.
fn shell(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-u", "-o", "pipefail", "-c", script])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", programs().display()))
        .env("USER", "tester")
        .current_dir(folder);
    command
}

/// The folder of the program under test.
fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_usher"))
        .parent()
        .unwrap()
        .to_owned()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The commands of all `console` blocks of a page, in order.
pub fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == "```console") {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        for line in block {
            match line.strip_prefix("$ ") {
                Some(command) => commands.push(command.to_owned()),
                None => {
                    let command: &mut String = commands.last_mut().expect("a command first");
                    command.push('\n');
                    command.push_str(line);
                }
            }
        }
    }
    commands
}
