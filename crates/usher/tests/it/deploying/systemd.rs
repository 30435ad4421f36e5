//! The unit, its user, its configuration.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::{deploy, repository, said, section, succeed, tool};
use crate::guides::commands;
use crate::support::{Home, read};

/// The most that `systemd-analyze security` may find, in tenths: 0 is shut in, 100 is not confined at all. What is left is that
/// a server needs the network.
const EXPOSURE: &str = "12";

/// The unit with the program under test as what it starts.
fn unit(home: &Home, edit: impl Fn(String) -> String) -> std::path::PathBuf {
    let unit = read(&deploy("systemd/usher.service"));
    let unit = unit.replace("/usr/local/bin/usher", env!("CARGO_BIN_EXE_usher"));
    home.write("usher.service", edit(unit));
    home.path("usher.service")
}

#[test]
fn systemd_understands_the_unit_and_finds_it_confined() {
    let Some(analyze) = tool("systemd-analyze", "systemd's own look at the unit") else {
        return;
    };
    let home = Home::new();
    let verify = |edit: fn(String) -> String| {
        let path = unit(&home, edit);
        let output = Command::new(&analyze).arg("verify").arg(path).output();
        said(&output.unwrap()).trim().to_owned()
    };
    assert_eq!(verify(|unit| unit), "");
    let misspelt = verify(|unit| unit.replace("ProtectHome=", "ProtectHomes="));
    assert!(misspelt.contains("ProtectHomes"), "{misspelt}");
    let exposed = |path: std::path::PathBuf| {
        let mut command = Command::new(&analyze);
        command.args([
            "security",
            "--offline=yes",
            "--no-pager",
            "--threshold",
            EXPOSURE,
        ]);
        command.arg(path).output().unwrap()
    };
    let confined = exposed(unit(&home, |unit| unit));
    assert!(confined.status.success(), "{}", said(&confined));
    let open = exposed(unit(&home, |unit| {
        unit.replace("CapabilityBoundingSet=\n", "")
    }));
    assert!(!open.status.success(), "it notices capabilities");
}

#[test]
fn the_unit_leaves_more_time_than_a_stop_takes_and_names_settings_that_exist() {
    let unit = read(&deploy("systemd/usher.service"));
    let value = |key: &str| {
        let mut lines = unit.lines();
        let line = lines.find_map(|line| line.strip_prefix(&format!("{key}=")));
        line.unwrap_or_else(|| panic!("no {key}")).to_owned()
    };
    let patience: u64 = value("TimeoutStopSec").parse().unwrap();
    assert!(patience >= 20 + 10);
    let home = Home::new();
    home.write("usher.toml", read(&deploy("systemd/usher.toml")));
    home.write("credential", "secret-words");
    let mut command = home.command(&["config", "check", "--json"]);
    let mut credentials = 0;
    for line in unit.lines() {
        let line = line.trim_start_matches('#');
        let Some((name, path)) = line
            .strip_prefix("Environment=")
            .and_then(|pair| pair.split_once('='))
        else {
            continue;
        };
        if let Some(credential) = path.strip_prefix("%d/") {
            credentials += 1;
            let loaded = format!("LoadCredential={credential}:/etc/usher/credentials/{credential}");
            assert!(unit.contains(&loaded), "{loaded}");
            command.env(name, home.path("credential"));
        } else {
            assert_eq!((name, path), ("USHER_CONFIG", "/etc/usher/usher.toml"));
            command.env(name, home.path("usher.toml"));
        }
    }
    assert_eq!(credentials, 4);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("secret-words"));
}

#[test]
fn systemd_makes_the_units_user() {
    let Some(sysusers) = tool("systemd-sysusers", "systemd's making of the user") else {
        return;
    };
    let root = Home::new();
    std::fs::create_dir_all(root.path("usr/lib/sysusers.d")).unwrap();
    std::fs::create_dir_all(root.path("etc")).unwrap();
    let users = read(&deploy("systemd/usher.sysusers"));
    root.write("usr/lib/sysusers.d/usher.conf", users);
    succeed(
        Command::new(sysusers)
            .arg("--root")
            .arg(root.path(".").canonicalize().unwrap()),
    );
    let made = read(&root.path("etc/passwd"));
    assert!(made.contains("usher:x:"), "{made}");
    assert!(made.contains("/var/lib/usher"), "{made}");
}

/// The guide's commands, with another root and the program under test.
#[test]
fn the_guide_installs_the_service() {
    let Some(sysusers) = tool("systemd-sysusers", "systemd's making of the user") else {
        return;
    };
    let home = Home::new();
    let root = home.path("root");
    for folder in ["usr/local/bin", "etc/systemd/system"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let guide = read(&repository().join("docs/guides/run-a-server.md"));
    let root = root.display();
    for command in commands(section(&guide, "## As a service of the machine")) {
        let command = command
            .replace("cargo build", "true")
            .replace("target/release/usher", env!("CARGO_BIN_EXE_usher"))
            .replace("-g usher ", "")
            .replace(
                "systemd-sysusers",
                &format!("{} --root {root}", sysusers.display()),
            )
            .replace(" /etc/", &format!(" {root}/etc/"))
            .replace(" /usr/lib", &format!(" {root}/usr/lib"))
            .replace(" /usr/local", &format!(" {root}/usr/local"));
        succeed(
            Command::new("bash")
                .args(["-euc", &command])
                .current_dir(repository()),
        );
    }
    let made = |path: &str| home.path("root").join(path);
    assert!(read(&made("etc/passwd")).contains("usher:x:"));
    let keys = made("etc/usher/credentials/secrets-key");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut service = Command::new(made("usr/local/bin/usher"));
    service
        .args(["secrets", "init"])
        .env_clear()
        .env("USHER_CONFIG", made("etc/usher/usher.toml"))
        .env("USHER_SECRETS_KEY_FILE", keys)
        .env("USHER_DATABASE", "sqlite://usher.db")
        .current_dir(home.path("."));
    succeed(&mut service);
    assert!(made("etc/systemd/system/usher.service").exists());
}
