//! `usher generate-docs DIR`: the reference pages that are made from the program itself.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::cli::Cli;
use crate::config::environment::{VARIABLES, Variable};
use crate::config::sections::{PROVIDERS, all_settings, listed_settings, setting};
use crate::config::setting::{Exposure, Setting};
use crate::exit::Exit;
use crate::failure::Failure;

/// Arguments of `usher generate-docs`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The folder, which must exist
    pub folder: PathBuf,
}

/// Runs `usher generate-docs`.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    for (name, text) in pages() {
        let path = arguments.folder.join(name);
        std::fs::write(&path, text).map_err(|error| {
            Failure::new(Exit::File, format!("could not write {}", path.display())).because(error)
        })?;
    }
    Ok(Exit::Success)
}

const GENERATED: &str = "<!-- Made by `cargo xtask generate`. Do not edit. -->\n\n";

/// The pages, by file name.
fn pages() -> [(&'static str, String); 6] {
    [
        ("cli.md", command_line()),
        ("configuration.md", configuration()),
        ("environment.md", environment()),
        ("exit-codes.md", exit_codes()),
        ("rights.md", usher_server::api::rights_page()),
        ("openapi.json", usher_server::api::document_text()),
    ]
}

fn command_line() -> String {
    let mut page = format!("{GENERATED}# Command line\n\n");
    page.push_str(
        "Results go to standard output; progress, warnings and errors go to standard error. \
         Every command takes `--json`.\n",
    );
    // The width is fixed, so that the page does not depend on the terminal it is made on.
    let mut command = Cli::command()
        .term_width(100)
        .max_term_width(100)
        .color(clap::ColorChoice::Never);
    command.build();
    describe(&mut page, &mut command, 2);
    page
}

fn describe(page: &mut String, command: &mut clap::Command, depth: usize) {
    let name = command.get_bin_name().unwrap_or("usher").to_owned();
    let help = command.render_long_help().to_string();
    let mut help: Vec<&str> = help.lines().map(str::trim_end).collect();
    if depth > 2 {
        leave_out_global_options(&mut help);
    }
    let heading = "#".repeat(depth.min(3));
    let _ = write!(
        page,
        "\n{heading} `{name}`\n\n```text\n{}\n```\n",
        help.join("\n").trim()
    );
    for subcommand in command.get_subcommands_mut() {
        if !subcommand.is_hide_set() && subcommand.get_name() != "help" {
            describe(page, subcommand, depth + 1);
        }
    }
}

/// The options of every command stand at the top of the page, once.
fn leave_out_global_options(help: &mut Vec<&str>) {
    let Some(from) = help.iter().position(|line| *line == "Global options:") else {
        return;
    };
    let is_next_part = |line: &&str| !line.is_empty() && !line.starts_with(' ');
    let length = help.iter().skip(from + 1).position(is_next_part);
    help.drain(from..length.map_or(help.len(), |length| from + 1 + length));
}

fn configuration() -> String {
    let mut page = format!("{GENERATED}# Configuration\n\n");
    page.push_str(
        "A setting comes from `usher.toml` in the working directory (or the file that `--config` or \
         `USHER_CONFIG` names), from the environment, or from a flag. A flag is stronger than the environment, \
         and the environment is stronger than the file. `usher config check` shows every value and its origin. \
         An unknown key is an error. Relative paths start at the working directory.\n\n\
         A Baton connector's YAML file (`.baton.yaml`, or the one that `BATON_CONFIG_PATH` names) is read below \
         `usher.toml`: its keys `miro-access-token`, `miro-scim-access-token`, `file`, `log-level` and \
         `log-format` mean what they mean there.\n\n## Example\n\n```toml\n",
    );
    page.push_str(EXAMPLE);
    page.push_str("```\n");
    let mut section = "";
    for setting in all_settings() {
        let (of, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if of != section {
            section = of;
            let _ = write!(
                page,
                "\n## `[{section}]`\n\n| key | default | meaning |\n|---|---|---|\n"
            );
        }
        let _ = writeln!(
            page,
            "| `{key}` | {} | {} |",
            default(setting),
            meaning(setting)
        );
    }
    let _ = write!(
        page,
        "\n## `[[{PROVIDERS}]]`\n\nA table for each identity provider; in `usher.toml` only. \
         [Sign in with OpenID Connect](../guides/sign-in-with-openid-connect.md) has examples.\n\n\
         | key | default | meaning |\n|---|---|---|\n"
    );
    for setting in listed_settings() {
        let key = setting.key.rsplit('.').next().unwrap_or_default();
        let (default, meaning) = (default(setting), meaning(setting));
        let _ = writeln!(page, "| `{key}` | {default} | {meaning} |");
    }
    page
}

const EXAMPLE: &str = r#"[miro]
access_token_file = "/run/secrets/miro-access-token"
scim_token_file = "/run/secrets/miro-scim-token"

[database]
url = "postgres://usher@db.internal/usher"

[sync]
max_shrink_percent = 10

[notify]
smtp_host = "smtp.example.org"
smtp_user = "usher"
smtp_password_file = "/run/secrets/smtp-password"
email_from = "Usher <usher@example.org>"
email_to = "it@example.org, security@example.org"
"#;

fn default(setting: &Setting) -> String {
    setting
        .default
        .map_or_else(String::new, |default| format!("`{default}`"))
}

fn meaning(setting: &Setting) -> String {
    let mut text = format!("{} Value: {}.", setting.help.trim(), setting.form);
    if let Some(flag) = setting.flag {
        let _ = write!(text, " Flag: `{flag}`.");
    }
    let names: Vec<String> = VARIABLES
        .iter()
        .filter(|variable| variable.setting == Some(setting.key))
        .map(|variable| format!("`{}`", variable.name))
        .collect();
    if !names.is_empty() {
        let _ = write!(text, " Environment: {}.", names.join(", "));
    }
    if setting.exposure == Exposure::Secret {
        text.push_str(" Not allowed in the file.");
    }
    text
}

fn environment() -> String {
    let mut page = format!("{GENERATED}# Environment variables\n\n");
    page.push_str(
        "A variable is stronger than `usher.toml` and weaker than a flag. An empty one counts as not set. Where two \
         set the same thing, the one that stands first wins. A variable that begins with `USHER_` and is not listed \
         here is an error.\n\n| variable | meaning |\n|---|---|\n",
    );
    for variable in VARIABLES {
        let _ = writeln!(page, "| `{}` | {} |", variable.name, explained(variable));
    }
    page
}

fn explained(variable: &Variable) -> String {
    match variable.setting.and_then(setting) {
        Some(setting) => format!("{} Sets `{}`.", setting.help.trim(), setting.key),
        None => variable.help.to_owned(),
    }
}

fn exit_codes() -> String {
    let mut page =
        format!("{GENERATED}# Exit codes\n\n| code | meaning | what to do |\n|---|---|---|\n");
    for exit in Exit::ALL {
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            exit.number(),
            exit.meaning(),
            exit.remedy()
        );
    }
    page.push_str(
        "\nWhatever the code, a command that failed left the inventory as it was: a snapshot becomes the inventory \
         in one transaction, or not at all. What `usher apply` and `usher cycle` did before they ended stands, and is \
         written down change by change.\n\n`usher doctor` ends with the code of its first failed check. `usher plan` ends \
         with 0 whether there are changes or not, unless `--exit-code` asks to be told apart: then 8 means changes, and \
         9 changes that wait for approval.\n",
    );
    page
}
