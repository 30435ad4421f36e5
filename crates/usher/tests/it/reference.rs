//! The reference pages are made from the program; what is committed is what it makes.

use std::path::Path;

use crate::support::{Home, read};

#[test]
fn the_committed_reference_pages_are_the_ones_the_program_makes() {
    let home = Home::new();
    home.run(&["generate-docs", "."]).expect(0);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for page in [
        "cli.md",
        "configuration.md",
        "environment.md",
        "exit-codes.md",
        "rights.md",
        "openapi.json",
    ] {
        let made = read(&home.path(page));
        let kept = read(&committed.join(page));
        assert!(
            made == kept,
            "docs/reference/{page} is out of date: run `cargo xtask generate`"
        );
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let home = Home::new();
    let mut seen = 0;
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(command) = waiting.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = home.run(&[&arguments[..], &["--help"]].concat()).expect(0);
        let below = commands_in(&help.stdout());
        let has_example = help.stdout().contains("Example");
        assert!(
            has_example || !below.is_empty(),
            "{command:?} has no example:\n{}",
            help.stdout()
        );
        seen += 1;
        waiting.extend(
            below
                .into_iter()
                .map(|name| [&command[..], &[name]].concat()),
        );
    }
    assert!(seen >= 60, "only {seen} commands");
}

/// The commands that a help text lists.
fn commands_in(help: &str) -> Vec<String> {
    let Some(rest) = help.split("Commands:\n").nth(1) else {
        return Vec::new();
    };
    let list = rest.split("\n\n").next().unwrap_or_default();
    list.lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}
