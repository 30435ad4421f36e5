//! Error bodies in all the shapes that Miro and what stands in front of it send.

use serde_json::Value;

/// The longest text kept from a body, in characters.
const EXCERPT: usize = 300;

/// What an error body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// `scimType`, `code` or `reason`.
    pub code: Option<String>,
    /// The message, shortened and scrubbed.
    pub detail: String,
}

impl ErrorBody {
    /// Reads a body: SCIM first, then `{"error": {…}}`, then REST, then HTML or plain text.
    pub fn read(body: &[u8], secrets: &[&str]) -> Self {
        let text = String::from_utf8_lossy(body);
        let parsed: Option<Value> = serde_json::from_str(&text).ok();
        let found = parsed.as_ref().map_or_else(|| from_text(&text), from_json);
        Self {
            detail: scrub(&found.detail, secrets),
            code: found.code.map(|code| scrub(&code, secrets)),
        }
    }
}

fn from_json(value: &Value) -> ErrorBody {
    let inner = match value.get("error") {
        Some(error) if error.is_object() => error,
        _ => value,
    };
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| inner.get(*name)?.as_str());
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let detail = text(&["detail", "message", "error_description", "error"]);
    ErrorBody {
        code: text(&["scimType", "reason", "code", "error"]),
        detail: with_context(detail.unwrap_or_default(), inner.get("context")),
    }
}

/// Miro's validation errors name the fields in `context`; its shape is not published.
fn with_context(detail: String, context: Option<&Value>) -> String {
    match context {
        None | Some(Value::Null) => detail,
        Some(Value::Object(fields)) if fields.is_empty() => detail,
        Some(context) => format!("{detail} {context}").trim().to_owned(),
    }
}

fn from_text(text: &str) -> ErrorBody {
    let trimmed = text.trim();
    let detail = if trimmed.starts_with('<') {
        html_gist(trimmed)
    } else {
        trimmed.to_owned()
    };
    ErrorBody { code: None, detail }
}

/// The title of an HTML page, or its text.
fn html_gist(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        let end = lower.get(start..)?.find("</title>")? + start;
        html.get(start..end)
    });
    let text = title.map_or_else(|| without_tags(html), str::to_owned);
    format!("HTML page: {}", text.trim())
}

fn without_tags(html: &str) -> String {
    let mut inside = false;
    let text = html.chars().filter(|&character| {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                return false;
            }
            _ => {}
        }
        !inside
    });
    text.collect()
}

/// One line of limited length without control characters and without the given secrets.
pub(crate) fn scrub(text: &str, secrets: &[&str]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        clean = clean.replace(secret, "[redacted]");
    }
    let words: Vec<&str> = clean
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let line = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    line.chars().take(EXCERPT).chain(['…']).collect()
}
