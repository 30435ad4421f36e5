//! The document as a page for people, without anything from elsewhere.

use std::fmt::Write as _;

use serde_json::Value;

use super::document::{BASE, document};
use crate::html::escape;

/// The page.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    let paths = document().get("paths").and_then(Value::as_object);
    let mut noun = String::new();
    let mut operations: Vec<(&str, &str, &Value)> = paths
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            let item = item.as_object().into_iter().flatten();
            item.map(move |(verb, operation)| (path.as_str(), verb.as_str(), operation))
        })
        .collect();
    operations.sort_by_key(|(path, _, operation)| (tag(operation).to_owned(), (*path).to_owned()));
    for (path, verb, operation) in operations {
        if tag(operation) != noun {
            tag(operation).clone_into(&mut noun);
            let _ = write!(page, "<h2>{}</h2>", escape(&noun.replace('_', " ")));
        }
        write_operation(&mut page, path, verb, operation);
    }
    page.push_str("<h2>Schemas</h2>");
    let schemas = document()
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        let json = serde_json::to_string_pretty(schema).unwrap_or_default();
        let name = escape(name);
        let _ = write!(
            page,
            "<details id=\"{name}\"><summary>{name}</summary><pre>{}</pre></details>",
            escape(&json)
        );
    }
    page.push_str("</main></html>");
    page
}

fn tag(operation: &Value) -> &str {
    operation
        .pointer("/tags/0")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn write_operation(page: &mut String, path: &str, verb: &str, operation: &Value) {
    let text = |name: &str| {
        operation
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let _ = write!(
        page,
        "<details><summary><b>{}</b> <code>{BASE}{}</code> {}</summary><p>{}</p>",
        escape(&verb.to_uppercase()),
        escape(path),
        escape(text("summary")),
        escape(text("description"))
    );
    let parameters = operation.get("parameters").and_then(Value::as_array);
    if let Some(parameters) = parameters.filter(|list| !list.is_empty()) {
        page.push_str("<table><tr><th>parameter</th><th>where</th><th>meaning</th></tr>");
        for parameter in parameters {
            let cell = |name: &str| {
                escape(
                    parameter
                        .get(name)
                        .and_then(Value::as_str)
                        .unwrap_or_default(),
                )
            };
            let _ = write!(
                page,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                cell("name"),
                cell("in"),
                cell("description")
            );
        }
        page.push_str("</table>");
    }
    for name in ["requestBody", "responses"] {
        if let Some(part) = operation.get(name) {
            let json = serde_json::to_string_pretty(part).unwrap_or_default();
            let _ = write!(
                page,
                "<h3>{}</h3><pre>{}</pre>",
                if name == "responses" {
                    "Answers"
                } else {
                    "Body"
                },
                escape(&json)
            );
        }
    }
    page.push_str("</details>");
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Usher API</title>\
<style>body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}\
summary{cursor:pointer;padding:.3rem 0}pre{background:#8881;overflow:auto;padding:.5rem}\
table{border-collapse:collapse}td,th{border:1px solid #8886;padding:.2rem .5rem;text-align:left}\
:root{color-scheme:light dark}</style>\
<main><h1>Usher API</h1><p>The same as <a href=\"/api/v1/openapi.json\">an OpenAPI document</a>.</p>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_and_loads_nothing_from_elsewhere() {
        let page = page();
        for operation in super::super::OPERATIONS {
            assert!(page.contains(&escape(operation.path)), "{}", operation.id);
        }
        assert!(!page.contains("http://") && !page.contains("https://"));
    }
}
