//! The compose file.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{deploy, named_below, repository, said, section, succeed, texts, validators, yaml};
use crate::guides::commands;
use crate::support::{Home, read};

/// Reads a compose file as the specification says, and checks that what it refers to is there.
const CHECK: &str = "
import sys
from compose_spec import PyCompose
compose = PyCompose.from_yaml(open(sys.argv[1]).read())
compose.validate()
";

fn check(python: &Path, text: &str) -> Output {
    let home = Home::new();
    home.write("compose.yaml", text);
    let mut command = Command::new(python);
    command.args(["-c", CHECK]).arg(home.path("compose.yaml"));
    command.output().unwrap()
}

#[test]
fn the_compose_specification_allows_the_compose_file() {
    let Some(python) = validators("the compose specification") else {
        return;
    };
    let text = read(&deploy("compose/compose.yaml"));
    let checked = check(&python, &text);
    assert!(checked.status.success(), "{}", said(&checked));
    for (right, wrong) in [
        ("read_only: true\n    tmpfs", "readonly: true\n    tmpfs"),
        ("networks: [outside, inside]", "networks: [outside, within]"),
        ("condition: service_healthy", "condition: service_well"),
    ] {
        assert!(text.contains(right), "{right}");
        let refused = check(&python, &text.replacen(right, wrong, 1));
        assert!(!refused.status.success(), "{wrong} is let through");
    }
}

#[test]
fn containers_are_confined_and_secrets_are_files() {
    let compose = yaml(&deploy("compose/compose.yaml"));
    let usher = &compose["services"]["usher"];
    assert_eq!(usher["user"], "65532:65532");
    assert_eq!(usher["read_only"], true);
    assert_eq!(usher["cap_drop"], json!(["ALL"]));
    assert!(usher["environment"].is_null(), "no secrets in variables");
    let inside = &compose["networks"]["inside"];
    assert_eq!(inside["internal"], true);
    let database = &compose["services"]["database"];
    assert_eq!(database["networks"], json!(["inside"]));
    assert!(database["ports"].is_null());
    let healthy = &usher["depends_on"]["database"]["condition"];
    assert_eq!(healthy, "service_healthy");
    assert!(database["healthcheck"]["test"].is_array());
    assert_eq!(
        usher["healthcheck"]["test"],
        json!(["CMD", "/usr/local/bin/usher", "probe"])
    );
    let configuration = read(&deploy("compose/usher.toml"));
    let named: BTreeSet<&str> = named_below(&configuration, "/run/secrets/")
        .into_iter()
        .collect();
    let mounted: BTreeSet<&str> = texts(&usher["secrets"]).into_iter().collect();
    assert_eq!(named, mounted);
    let known = compose["secrets"].as_object().unwrap();
    let known: BTreeSet<&str> = known.keys().map(String::as_str).collect();
    assert_eq!(known, mounted);
}

#[test]
fn the_configuration_beside_the_compose_file_is_one() {
    let home = Home::new();
    let configuration = read(&deploy("compose/usher.toml"));
    let secrets = home.path("secrets").display().to_string();
    home.write(
        "usher.toml",
        configuration.replace("/run/secrets", &secrets),
    );
    let said = home.json(&["config", "check"]);
    let settings = said["settings"].as_array().unwrap();
    let value = |key: &str| -> &Value {
        let mut settings = settings.iter();
        &settings.find(|one| one["setting"] == key).unwrap()["value"]
    };
    assert_eq!(value("database.url"), "postgres://usher@database/usher");
    assert_eq!(value("server.trusted_proxies"), "172.16.0.0/12");
}

#[test]
fn the_guide_makes_secrets_that_can_be_used() {
    let home = Home::new();
    let guide = read(&repository().join("docs/guides/run-a-server.md"));
    for command in commands(section(&guide, "## With Docker or Podman")) {
        let mut shell = Command::new("bash");
        succeed(shell.args(["-euc", &command]).current_dir(home.path(".")));
    }
    let keys = home.path("secrets/secrets-key");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(read(&home.path("secrets/database-password")).len(), 64);
    let home = home.with("USHER_SECRETS_KEY_FILE", "secrets/secrets-key");
    home.run(&["secrets", "init"]).expect(0);
}
