//! The table of rights as a page, made from what decides.

use std::fmt::Write as _;

use usher_model::{Right, Role};

use super::OPERATIONS;
use super::operation::Access;

/// The page.
pub fn rights_page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("## Roles\n\n| right | meaning |");
    for role in Role::ALL {
        let _ = write!(page, " {} |", role.title());
    }
    page.push_str("\n|---|---|");
    page.push_str(&"---|".repeat(Role::ALL.len()));
    page.push('\n');
    for right in Right::ALL {
        let _ = write!(page, "| `{right}` | {} |", right.title());
        for role in Role::ALL {
            page.push_str(if role.has(*right) { " yes |" } else { " |" });
        }
        page.push('\n');
    }
    page.push_str(OPERATIONS_HEAD);
    for operation in OPERATIONS {
        let needs = match operation.access {
            Access::Anyone => "nothing".to_owned(),
            Access::SignedIn => "to be signed in".to_owned(),
            Access::InPerson => "to be signed in, without an API token".to_owned(),
            Access::Right(right) => format!("`{right}`"),
        };
        let events: Vec<String> = operation
            .changes
            .iter()
            .map(|kind| format!("`{kind}`"))
            .collect();
        let _ = writeln!(
            page,
            "| `{}` | `{} {}` | {needs} | {} |",
            operation.id,
            operation.verb.method(),
            operation.path,
            events.join(", ")
        );
    }
    page
}

const HEAD: &str = "<!-- Made by `cargo xtask generate`. Do not edit. -->\n\n# Rights\n\n\
Everybody who uses Usher has one role. What a role may do is decided in one table, and checked in one place, before anything \
else happens. The rights are also the scopes of API tokens: a token may do what its scopes *and* the role of whose it is \
allow. Service accounts have roles too, and API tokens only.\n\n\
Whoever is signed in may look after their own matters, whatever their role: their password, second factor, sessions and API \
tokens. The last active Super Administrator cannot be disabled or given another role.\n\n";

const OPERATIONS_HEAD: &str = "\n## Operations of the API\n\nPaths are below `/api/v1`. An operation that changes something \
writes at least one of its events.\n\n| operation | request | needs | events |\n|---|---|---|---|\n";
