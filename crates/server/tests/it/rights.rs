//! Who may do what: every operation, tried by everybody.

use usher_model::{Right, Role};
use usher_server::api::{Access, OPERATIONS, Operation, rights_page};
use usher_store::{AdministratorKind, AdministratorRecord};

use crate::support::*;

/// Everybody there is.
struct Everybody {
    people: Vec<AdministratorRecord>,
    service_accounts: Vec<AdministratorRecord>,
}

impl Everybody {
    async fn in_app(app: &App) -> Self {
        let (mut people, mut service_accounts) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            people.push(
                app.add(role.as_str(), *role, AdministratorKind::Person)
                    .await,
            );
            let name = format!("robot {role}");
            let added = app
                .add(&name, *role, AdministratorKind::ServiceAccount)
                .await;
            service_accounts.push(added);
        }
        Self {
            people,
            service_accounts,
        }
    }
}

/// What an operation is asked for: its path with something in place of each part in braces.
fn path(operation: &Operation) -> String {
    let mut path = String::new();
    let mut rest = operation.path;
    while let Some((before, behind)) = rest.split_once('{') {
        path.push_str(before);
        path.push_str("none");
        rest = behind.split_once('}').unwrap().1;
    }
    path + rest
}

async fn status(app: &App, operation: &Operation, sender: &Sender) -> u16 {
    let request = app.request(sender, &operation.verb.method(), &path(operation));
    let request = if operation.changes.is_empty() {
        request
    } else {
        request.json(&serde_json::json!({}))
    };
    app.send(request).await.status.as_u16()
}

/// Whether the answer is one for somebody who may; what else is wrong with the request is not the point.
fn is_let_in(status: u16) -> bool {
    assert!(status < 500, "status {status}");
    !matches!(status, 401 | 403)
}

#[tokio::test]
async fn every_operation_lets_in_whom_the_table_says_and_nobody_else() {
    let app = App::sqlite().await;
    let everybody = Everybody::in_app(&app).await;
    for operation in OPERATIONS {
        let visitor = status(&app, operation, &Sender::Visitor).await;
        let expected = operation.access == Access::Anyone;
        assert_eq!(
            is_let_in(visitor),
            expected,
            "{} by a visitor: {visitor}",
            operation.id
        );
        assert!(expected || visitor == 401, "{}: {visitor}", operation.id);
        for person in &everybody.people {
            let sender = app.session(person).await;
            let found = status(&app, operation, &sender).await;
            let expected = match operation.access {
                Access::Anyone | Access::SignedIn | Access::InPerson => true,
                Access::Right(right) => person.role.has(right),
            };
            assert_eq!(
                is_let_in(found),
                expected,
                "{} by {}: {found}",
                operation.id,
                person.role
            );
        }
    }
}

#[tokio::test]
async fn a_token_opens_what_both_its_scopes_and_the_role_allow() {
    let app = App::sqlite().await;
    let everybody = Everybody::in_app(&app).await;
    for owner in everybody.people.iter().chain(&everybody.service_accounts) {
        let all = app.token(owner, Right::ALL).await;
        let one = app.token(owner, &[Right::InventoryRead]).await;
        for operation in OPERATIONS {
            let in_general = matches!(operation.access, Access::Anyone | Access::SignedIn);
            let by_role = |right: Right| owner.role.has(right);
            let (with_all, with_one) = match operation.access {
                Access::Right(right) => (
                    by_role(right),
                    by_role(right) && right == Right::InventoryRead,
                ),
                _ => (in_general, in_general),
            };
            for (sender, expected) in [(&all, with_all), (&one, with_one)] {
                let found = status(&app, operation, sender).await;
                let who = (&owner.name, owner.kind);
                assert_eq!(
                    is_let_in(found),
                    expected,
                    "{} by a token of {who:?}: {found}",
                    operation.id
                );
            }
        }
    }
}

#[test]
fn no_two_operations_have_the_same_name_or_the_same_way_in() {
    for (at, operation) in OPERATIONS.iter().enumerate() {
        for other in OPERATIONS.iter().skip(at + 1) {
            assert_ne!(operation.id, other.id);
            let way = |operation: &Operation| (operation.verb.method(), operation.path);
            assert_ne!(
                way(operation),
                way(other),
                "{} and {}",
                operation.id,
                other.id
            );
        }
    }
}

#[test]
fn what_is_not_a_look_says_which_events_it_writes() {
    for operation in OPERATIONS {
        let looks = operation.verb == usher_server::api::Verb::Get;
        assert_eq!(operation.changes.is_empty(), looks, "{}", operation.id);
    }
}

#[test]
fn the_page_of_rights_is_the_one_that_the_table_makes() {
    let page =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/rights.md");
    let kept = std::fs::read_to_string(page).unwrap_or_default();
    assert!(
        kept == rights_page(),
        "docs/reference/rights.md is out of date: run `cargo xtask generate`"
    );
}
