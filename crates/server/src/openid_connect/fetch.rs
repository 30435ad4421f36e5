//! Calls to a provider, of which none takes long, brings much, or leads elsewhere.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use super::refusal::Refusal;

/// The most bytes that an answer may have.
const LARGEST: usize = 512 * 1024;

/// Sends a request and reads its answer as JSON, whatever the status. `what` is called that in messages.
pub async fn json(
    request: RequestBuilder,
    what: &'static str,
) -> Result<(StatusCode, Value), Refusal> {
    let unreachable = |why: &str| Refusal::Unreachable {
        what,
        why: why.to_owned(),
    };
    let request = request.header(reqwest::header::ACCEPT, "application/json");
    let sent = request.send().await;
    let mut answer = sent.map_err(|error| unreachable(&why(&error)))?;
    let status = answer.status();
    if status.is_redirection() || status.is_server_error() {
        return Err(unreachable(&format!("it answered {status}")));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| unreachable(&why(&error)))?
    {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(unreachable("its answer is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    let read = serde_json::from_slice(&bytes);
    read.map(|value| (status, value))
        .map_err(|_| unreachable(&format!("it answered {status}, and no JSON")))
}

/// Like [`json`], for what has to succeed.
pub async fn successful(request: RequestBuilder, what: &'static str) -> Result<Value, Refusal> {
    let (status, value) = json(request, what).await?;
    if status.is_success() {
        return Ok(value);
    }
    Err(Refusal::Unreachable {
        what,
        why: format!("it answered {status}"),
    })
}

/// Why there is no answer. The address may hold something that is nobody's business.
fn why(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the call failed"
    };
    let mut text = kind.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        cause = next.source();
        if cause.is_none() {
            text = format!("{text}: {next}");
        }
    }
    text
}
