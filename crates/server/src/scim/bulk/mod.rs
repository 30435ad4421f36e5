//! `POST /Bulk`: several requests in one (RFC 7644 §3.7).

mod references;

use axum::extract::RawQuery;
use serde_json::Value;
use usher_scim::ScimError;
use usher_scim::bulk::{BulkOperation, BulkRequest, BulkResponse, BulkResult};
use usher_scim::projection::Projection;

use super::answer::{Answer, Refusal};
use super::call::{Call, Json};
use super::etag::Tags;
use super::kind::ResourceKind;
use super::{MAX_OPERATIONS, create, delete, patch, replace};
use references::References;

/// Answers each request by itself. What refers to a resource that another one creates waits for that one.
pub async fn handler(call: Call, _: RawQuery, Json(body): Json) -> Result<Answer, Refusal> {
    let request = BulkRequest::parse(&body)?;
    if request.operations.len() > MAX_OPERATIONS {
        let words = format!("a bulk request may have {MAX_OPERATIONS} operations at the most");
        return Err(Refusal::new(413, words));
    }
    let mut bulk = Bulk {
        references: References::of(&request.operations)?,
        results: request.operations.iter().map(|_| None).collect(),
        errors: 0,
        limit: request.fail_on_errors,
    };
    let call = call.of_several();
    bulk.run(&call, &request.operations).await;
    call.finish().await;
    let results = bulk.results.into_iter().flatten().collect();
    Ok(Answer::of(&BulkResponse::new(results)))
}

/// A bulk request under way.
struct Bulk {
    references: References,
    results: Vec<Option<BulkResult>>,
    errors: u64,
    limit: Option<u64>,
}

impl Bulk {
    async fn run(&mut self, call: &Call, operations: &[BulkOperation]) {
        let mut waiting: Vec<usize> = (0..operations.len()).collect();
        while !waiting.is_empty() && !self.has_failed() {
            let can_run = |at: &usize| {
                let operation = operations.get(*at);
                operation.is_some_and(|one| self.references.are_known(one))
            };
            let (ready, later): (Vec<usize>, Vec<usize>) =
                waiting.iter().copied().partition(can_run);
            // What is left waits for each other, or for what failed.
            let next = if ready.is_empty() { &waiting } else { &ready };
            for at in next.clone() {
                if let Some(operation) = operations.get(at).filter(|_| !self.has_failed()) {
                    let outcome = self.one(call, operation).await;
                    self.note(at, operation, outcome);
                }
            }
            waiting = if ready.is_empty() { Vec::new() } else { later };
        }
    }

    fn has_failed(&self) -> bool {
        self.limit
            .is_some_and(|limit| limit > 0 && self.errors >= limit)
    }

    async fn one(&self, call: &Call, operation: &BulkOperation) -> Result<Answer, Refusal> {
        let resolved = self.references.resolve(operation)?;
        let (kind, id) = target(&resolved.path)?;
        let tags = Tags::of(operation.version.as_deref());
        let data = || {
            let missing = || ScimError::invalid_syntax("`data` is missing");
            resolved.data.clone().ok_or_else(missing)
        };
        let everything = Projection::Default;
        match (operation.method.to_ascii_uppercase().as_str(), id) {
            ("POST", None) => create::create(call, kind, data()?, &everything).await,
            ("PUT", Some(id)) => {
                replace::replace(call, kind, (&id, data()?), (&tags, &everything)).await
            }
            ("PATCH", Some(id)) => patch::patch(call, kind, (&id, &data()?), (&tags, None)).await,
            ("DELETE", Some(id)) => delete::delete(call, kind, &id, &tags).await,
            ("POST" | "PUT" | "PATCH" | "DELETE", _) => {
                Err(Refusal::new(400, "`path` does not fit `method`"))
            }
            _ => Err(Refusal::new(
                405,
                "`method` is POST, PUT, PATCH or DELETE in a bulk request",
            )),
        }
    }

    fn note(&mut self, at: usize, operation: &BulkOperation, outcome: Result<Answer, Refusal>) {
        let mut result = BulkResult {
            method: operation.method.clone(),
            bulk_id: operation.bulk_id.clone(),
            version: None,
            location: None,
            response: None,
            status: String::new(),
        };
        match outcome {
            Ok(answer) => {
                result.status = answer.status.as_u16().to_string();
                self.references.learn(operation, answer.location.as_deref());
                result.version = answer.version;
                result.location = answer.location;
            }
            Err(refusal) => {
                self.errors += 1;
                result.status = refusal.error.status.to_string();
                result.response = serde_json::to_value(&refusal.error).ok();
            }
        }
        if let Some(place) = self.results.get_mut(at) {
            *place = Some(result);
        }
    }
}

/// What a path names: a kind of resource, and perhaps one of them.
fn target(path: &str) -> Result<(ResourceKind, Option<String>), Refusal> {
    let mut parts = path.trim_matches('/').split('/');
    let (first, id, rest) = (parts.next(), parts.next(), parts.next());
    let kind = ResourceKind::ALL
        .into_iter()
        .find(|kind| first == Some(kind.endpoint().trim_start_matches('/')));
    match (kind, rest) {
        (Some(kind), None) => Ok((kind, id.map(str::to_owned))),
        _ => Err(Refusal::new(
            404,
            format!("there is nothing at `{path}`; write /Users or /Groups, and an id behind it"),
        )),
    }
}

/// An operation whose references are resolved.
struct Resolved {
    path: String,
    data: Option<Value>,
}
