//! Miro's `OpenAPI` 3.0 description as JSON Schema that a validator understands.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The description, with its schemas translated.
pub struct Description {
    whole: Value,
    schemas: Value,
}

impl Description {
    /// Reads the description. References to responses that it does not contain stand for empty ones.
    pub fn read(text: &str) -> Self {
        let whole: Value = serde_json::from_str(text).unwrap();
        let mut schemas = whole["components"]["schemas"].clone();
        translate(&mut schemas);
        Self { whole, schemas }
    }

    /// Every operation as `METHOD path`.
    pub fn operations(&self) -> BTreeSet<String> {
        let mut operations = BTreeSet::new();
        for (path, methods) in self.whole["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if operation.get("responses").is_some() {
                    operations.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
        operations
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        &self.whole["paths"][path][method.to_lowercase()]
    }

    /// What is wrong with a request body; nothing when the description has no schema for it.
    pub fn request_errors(&self, method: &str, path: &str, body: &Value) -> Vec<String> {
        let content = &self.operation(method, path)["requestBody"]["content"];
        self.errors(content, body)
    }

    /// What is wrong with a reply: its status or its body.
    pub fn reply_errors(&self, method: &str, path: &str, status: u16, body: &Value) -> Vec<String> {
        let responses = &self.operation(method, path)["responses"];
        let Some(response) = responses.get(status.to_string()) else {
            return vec![format!("status {status} is not listed")];
        };
        let response = match response["$ref"].as_str() {
            Some(reference) => self
                .whole
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or(&Value::Null),
            None => response,
        };
        // What a missing response says can be guessed for REST: there are schemas named after the statuses.
        let guessed = format!("Error{status}");
        if response.is_null() && path.starts_with("/v") && self.schemas.get(&guessed).is_some() {
            let schema = json!({"$ref": format!("#/components/schemas/{guessed}")});
            return self.errors(&json!({"application/json": {"schema": schema}}), body);
        }
        self.errors(&response["content"], body)
    }

    fn errors(&self, content: &Value, body: &Value) -> Vec<String> {
        let media = content.as_object().and_then(|types| types.values().next());
        let Some(schema) = media.and_then(|media| media.get("schema")) else {
            return Vec::new();
        };
        let mut root = schema.clone();
        translate(&mut root);
        let root = json!({"allOf": [root], "components": {"schemas": self.schemas}});
        let validator = jsonschema::validator_for(&root).unwrap();
        let errors = validator.iter_errors(body).map(|error| {
            let place = error.instance_path().to_string();
            let place: Vec<_> = place
                .split('/')
                .map(|part| {
                    if part.parse::<u32>().is_ok() {
                        "*"
                    } else {
                        part
                    }
                })
                .collect();
            format!(
                "{}: {}",
                place.join("/"),
                error
                    .schema_path()
                    .to_string()
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
            )
        });
        errors.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// `nullable` and boolean `exclusiveMinimum` are words of `OpenAPI` 3.0 that JSON Schema does not have; `example`
/// and `discriminator` say nothing to a validator.
fn translate(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|key, value| {
                !(key == "example" || key == "discriminator" && value.is_object())
            });
            exclusive(fields, "exclusiveMinimum", "minimum");
            exclusive(fields, "exclusiveMaximum", "maximum");
            fields.values_mut().for_each(translate);
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                let inner = std::mem::take(fields);
                fields.insert("anyOf".to_owned(), json!([inner, {"type": "null"}]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        _ => {}
    }
}

fn exclusive(fields: &mut Map<String, Value>, word: &str, bound: &str) {
    if let Some(Value::Bool(exclusive)) = fields.get(word) {
        let exclusive = *exclusive;
        fields.remove(word);
        if exclusive && let Some(value) = fields.remove(bound) {
            fields.insert(word.to_owned(), value);
        }
    }
}
