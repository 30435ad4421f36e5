//! The guide to Kubernetes, command by command. There is no cluster: a stand-in for kubectl takes what Kubernetes' own
//! schemas allow, remembers it, finds pods by their labels, and runs commands in a pod with what the pod mounts.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{repository, said, tool, validators};
use crate::guides::commands;
use crate::support::{Home, read};

const STAND_IN: &str = include_str!("kubectl_stand_in.py");

/// A folder with the repository's `deploy`, and programs before those of the machine.
fn desk(python: &Path, kubectl: &Path) -> Home {
    let home = Home::new();
    let copied = Command::new("cp")
        .arg("-r")
        .arg(repository().join("deploy"))
        .arg(home.path("deploy"))
        .status();
    assert!(copied.unwrap().success());
    std::fs::create_dir(home.path("programs")).unwrap();
    let program = home.path("programs/kubectl");
    let text = format!("#!{}\n{STAND_IN}", python.display());
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["database-password", "miro-access-token", "miro-scim-token"] {
        home.write(name, "secret-words");
    }
    home.with("REAL_KUBECTL", &kubectl.display().to_string())
}

fn shell(home: &Home, script: &str, database: &str) -> std::process::Output {
    let programs = home.path("programs");
    let usher = PathBuf::from(env!("CARGO_BIN_EXE_usher"));
    let mut command = Command::new("bash");
    command
        .args(["-u", "-o", "pipefail", "-e", "-c", script])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .env("REAL_KUBECTL", home.variable("REAL_KUBECTL").unwrap())
        .env("PROGRAM", usher)
        .env("DATABASE", database)
        .current_dir(home.path("."));
    command.output().unwrap()
}

#[test]
fn c11_the_guide_to_kubernetes_leads_to_pods_that_answer_its_check_commands() {
    let what = "the guide to Kubernetes";
    let (Some(python), Some(kubectl)) = (validators(what), tool("kubectl", what)) else {
        return;
    };
    let home = desk(&python, &kubectl);
    let guide = read(&repository().join("docs/guides/kubernetes.md"));
    let commands = commands(&guide);
    assert!(commands.len() >= 11, "{commands:?}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime
        .block_on(usher_store::postgres_for_tests::new_database_url())
        .unwrap();
    let mut transcript = String::new();
    for command in &commands {
        let output = shell(&home, command, &database);
        let _ = writeln!(transcript, "$ {command}\n{}", said(&output));
        assert!(output.status.success(), "{transcript}");
    }
    assert!(!transcript.contains("secret-words"), "a secret is shown");
    let listed = shell(
        &home,
        "kubectl -n usher exec deployment/usher -- usher administrators list --json",
        &database,
    );
    assert!(
        said(&listed).contains("ada@example.org"),
        "{}",
        said(&listed)
    );
    for wrong in [
        "kubectl -n usher get pods -l app=usher",
        "kubectl -n usher logs -l app.kubernetes.io/name=usherr",
        "kubectl -n usher rollout status deployment/ushr",
        "kubectl -n usher exec deployment/usher -- sh",
        "kubectl -n usher bounce deployment/usher",
    ] {
        let output = shell(&home, wrong, &database);
        assert!(
            !output.status.success(),
            "the stand-in lets `{wrong}` through"
        );
    }
}
