//! The arrows between our crates, as `docs/architecture.md` draws them: what is not listed is not allowed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("usher-boxed", &[]),
    ("usher-model", &[]),
    ("usher-scim", &[]),
    ("usher-miro-wire", &[]),
    (
        "usher-miro",
        &["usher-boxed", "usher-miro-wire", "usher-model"],
    ),
    ("usher-sandbox", &["usher-scim", "usher-miro-wire"]),
    ("usher-store", &["usher-boxed", "usher-model"]),
    ("usher-baton", &["usher-boxed", "usher-model"]),
    ("usher-plan", &["usher-model"]),
    (
        "usher-directory",
        &["usher-boxed", "usher-model", "usher-scim"],
    ),
    (
        "usher-engine",
        &[
            "usher-baton",
            "usher-boxed",
            "usher-directory",
            "usher-miro",
            "usher-miro-wire",
            "usher-model",
            "usher-plan",
            "usher-store",
        ],
    ),
    (
        "usher-server",
        &[
            "usher-directory",
            "usher-engine",
            "usher-model",
            "usher-scim",
            "usher-store",
        ],
    ),
    (
        "usher",
        &[
            "usher-baton",
            "usher-directory",
            "usher-engine",
            "usher-miro",
            "usher-model",
            "usher-plan",
            "usher-sandbox",
            "usher-server",
            "usher-store",
        ],
    ),
    ("xtask", &[]),
    ("usher-bench", &[]),
];

/// Ours, by crate: the ordinary dependencies (not those of tests) on crates of this workspace.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    metadata
        .packages
        .iter()
        .map(|package| {
            let dependencies = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| dependency.name.clone())
                .filter(|name| ours.contains(name.as_str()))
                .collect();
            (package.name.to_string(), dependencies)
        })
        .collect()
}

#[test]
fn crates_depend_only_on_what_the_architecture_allows() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ALLOWED
        .iter()
        .map(|(name, dependencies)| (*name, dependencies.iter().copied().collect()))
        .collect();
    for (name, dependencies) in arrows() {
        let allowed = allowed.get(name.as_str()).unwrap_or_else(|| {
            panic!("{name} is not in the table of this test: decide what it may depend on")
        });
        for dependency in dependencies {
            assert!(
                allowed.contains(dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn every_arrow_that_the_architecture_draws_is_there() {
    let arrows = arrows();
    for (name, dependencies) in ALLOWED {
        for dependency in *dependencies {
            assert!(
                arrows[*name].contains(*dependency),
                "{name} does not depend on {dependency}: take it off the table, and off the page"
            );
        }
    }
}

#[test]
fn nothing_but_the_program_depends_on_the_sandbox() {
    for (name, dependencies) in arrows() {
        if dependencies.contains("usher-sandbox") {
            assert_eq!(name, "usher");
        }
    }
}

#[test]
fn the_sandbox_shares_no_logic_with_the_client_it_checks() {
    let arrows = arrows();
    assert!(!arrows["usher-sandbox"].contains("usher-miro"));
    assert!(!arrows["usher-miro"].contains("usher-sandbox"));
}
