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
    let help = home.run(&["--help"]).expect(0).stdout();
    let commands = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names: Vec<&str> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| !["help", "c1z", "config"].contains(name))
        .collect();
    assert!(names.len() >= 13, "{names:?}");
    for name in names {
        let help = home.run(&[name, "--help"]).expect(0).stdout();
        assert!(help.contains("Example"), "{name} has no example:\n{help}");
    }
}
