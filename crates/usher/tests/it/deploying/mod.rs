//! What `deploy` holds: manifests, the image, the unit, the compose file. Independent programs say whether each is well
//! formed, and what is in them is run as far as one machine allows.
//!
//! `USHER_MANIFEST_PYTHON` names the Python that has the validators, and `cargo xtask test` installs it.

mod compose;
mod image;
mod kubernetes;
mod kubernetes_guide;
mod pods;
mod systemd;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::read;

/// The root of the repository.
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

/// A file below `deploy`.
pub fn deploy(file: &str) -> PathBuf {
    repository().join("deploy").join(file)
}

/// A program of this machine. Without it a line says what is left out.
pub fn tool(name: &str, what: &str) -> Option<PathBuf> {
    let found = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|program| program.exists());
    if found.is_none() {
        leave_out(what, &format!("{name} is not installed"));
    }
    found
}

/// The Python that has the validators.
pub fn validators(what: &str) -> Option<PathBuf> {
    let python = std::env::var_os("USHER_MANIFEST_PYTHON").map(PathBuf::from);
    if python.is_none() {
        leave_out(
            what,
            "USHER_MANIFEST_PYTHON names no Python; run `cargo xtask test`",
        );
    }
    python
}

/// Says that something is left out, past the test's captured output, so that it is seen.
pub fn leave_out(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "left out: {what} ({why})");
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// What a command that must succeed says.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Both streams of a command.
pub fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams
        .map(|stream| String::from_utf8_lossy(stream))
        .join("\n")
}

/// A YAML file as JSON.
pub fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&read(path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Text members of an object or list.
pub fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

/// A section of a page, from its heading to the next one of its level.
pub fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(heading).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The paths below `folder` that a text names, without the folder.
pub fn named_below<'a>(text: &'a str, folder: &str) -> Vec<&'a str> {
    let ends = |c: char| c == '"' || c.is_whitespace();
    text.match_indices(folder)
        .map(|(at, _)| &text[at + folder.len()..])
        .map(|rest| rest.split(ends).next().unwrap_or_default())
        .collect()
}
