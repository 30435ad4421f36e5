//! The OpenAPI document: made from the operations, so that it cannot say anything else than what they do.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApiBuilder, Server as Base};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use super::OPERATIONS;
use super::operation::{Access, Operation};
use crate::Server;
use crate::problem::ProblemSchema;

/// Where the API is.
pub const BASE: &str = "/api/v1";

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(make)
}

/// The document as it is checked in: indented, with a line break at its end.
pub fn document_text() -> String {
    let mut text = serde_json::to_string_pretty(document()).unwrap_or_default();
    text.push('\n');
    text
}

fn make() -> Value {
    let problem = ProblemSchema::schema();
    let components = ComponentsBuilder::new().schema(ProblemSchema::name(), problem);
    let empty = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Usher")
                .version("1")
                .description(Some(ABOUT)),
        )
        .servers(Some([Base::new(BASE)]))
        .components(Some(components.build()))
        .build();
    let mut router: OpenApiRouter<Server> = OpenApiRouter::with_openapi(empty);
    for operation in OPERATIONS {
        router = router.routes((operation.route)());
    }
    let mut document = serde_json::to_value(router.into_openapi()).unwrap_or_default();
    for operation in OPERATIONS {
        complete(&mut document, operation);
    }
    if let Some(components) = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
    {
        components.insert("securitySchemes".into(), schemes());
    }
    document
}

const ABOUT: &str = "Everything that Usher does, as JSON. Answers that refuse are `application/problem+json`. \
Lists come in pages: `next` is the `cursor` of the next one. Writes take an `Idempotency-Key`. Unknown members and \
parameters are refused.";

fn schemes() -> Value {
    json!({
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "An API token. Its scopes and the role of whose it is decide what it may.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-usher_session",
            "description": "What `auth.sign_in` sets; `usher_session` where Usher is reached by plain http.",
        },
    })
}

/// What the registry knows of an operation, besides what its handler says.
fn complete(document: &mut Value, operation: &Operation) {
    let verb = operation.verb.method().as_str().to_lowercase();
    let described = document
        .get_mut("paths")
        .and_then(|paths| paths.get_mut(operation.path))
        .and_then(|path| path.get_mut(&verb))
        .and_then(Value::as_object_mut);
    let Some(described) = described else {
        return;
    };
    described.insert("operationId".into(), operation.id.into());
    described.insert("tags".into(), json!([operation.noun()]));
    described.insert("security".into(), security(operation.access));
    describe(described, operation);
    add_key(described, operation);
    if let Some(answers) = described
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    {
        answers.insert("default".into(), refusal());
    }
}

fn describe(described: &mut Map<String, Value>, operation: &Operation) {
    let said = described.get("description").and_then(Value::as_str);
    let mut text = said.map_or_else(String::new, |said| format!("{said}\n\n"));
    text.push_str(&operation.access.words());
    if !operation.changes.is_empty() {
        let kinds: Vec<String> = operation
            .changes
            .iter()
            .map(|kind| format!("`{kind}`"))
            .collect();
        let _ = write!(text, " Events: {}.", kinds.join(", "));
    }
    described.insert("description".into(), text.into());
    if let Access::Right(right) = operation.access {
        described.insert("x-right".into(), right.as_str().into());
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Anyone => json!([]),
        Access::InPerson => json!([{"session": []}]),
        Access::SignedIn | Access::Right(_) => json!([{"token": []}, {"session": []}]),
    }
}

fn add_key(described: &mut Map<String, Value>, operation: &Operation) {
    if !operation.takes_key() {
        return;
    }
    let parameters = described.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Any text of up to 255 characters; sent again with the same request, it gets the same answer, and nothing is done twice.",
            "schema": {"type": "string", "maxLength": 255},
        }));
    }
}

fn refusal() -> Value {
    json!({
        "description": "It was refused",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}
