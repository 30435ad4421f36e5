//! What this provider says about itself (RFC 7643 §5–§7, RFC 7644 §4).

use axum::extract::{Path, RawQuery};
use serde_json::{Value, json};
use usher_scim::ScimError;
use usher_scim::discovery::{
    AuthenticationScheme, BulkSupport, FilterSupport, ResourceType, ServiceProviderConfig,
    Supported,
};
use usher_scim::list::ListResponse;
use usher_scim::resource::Meta;
use usher_scim::schema::Schema;

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::kind::ResourceKind;
use super::{MAX_BODY, MAX_COUNT, MAX_OPERATIONS};

/// `GET /ServiceProviderConfig`
pub async fn configuration(call: Call) -> Answer {
    Answer::of(&ServiceProviderConfig {
        patch: Supported::YES,
        bulk: BulkSupport {
            supported: true,
            max_operations: MAX_OPERATIONS as u64,
            max_payload_size: MAX_BODY as u64,
        },
        filter: FilterSupport {
            supported: true,
            max_results: MAX_COUNT as u64,
        },
        change_password: Supported::NO,
        sort: Supported::YES,
        etag: Supported::YES,
        authentication_schemes: vec![AuthenticationScheme {
            kind: "oauthbearertoken".to_owned(),
            name: "Bearer token".to_owned(),
            description: "A token of one directory source, sent in the header Authorization"
                .to_owned(),
            spec_uri: Some("https://www.rfc-editor.org/info/rfc6750".to_owned()),
            documentation_uri: None,
            primary: Some(true),
        }],
        meta: Some(meta(
            &call,
            "ServiceProviderConfig",
            "/ServiceProviderConfig",
        )),
        ..ServiceProviderConfig::default()
    })
}

fn meta(call: &Call, resource_type: &str, endpoint: &str) -> Meta {
    Meta {
        resource_type: Some(resource_type.to_owned()),
        location: Some(call.address(endpoint)),
        ..Meta::default()
    }
}

/// `GET /ResourceTypes`
pub async fn resource_types(call: Call, query: RawQuery) -> Result<Answer, Refusal> {
    let all: Vec<Value> = types(&call).iter().map(|one| json!(one)).collect();
    whole_list(&query, all)
}

/// `GET /ResourceTypes/{id}`
pub async fn resource_type(call: Call, Path(id): Path<String>) -> Result<Answer, Refusal> {
    let found = types(&call).into_iter().find(|one| one.name == id);
    let found = found.ok_or_else(|| not_there("resource type", &id))?;
    Ok(Answer::of(&found))
}

fn types(call: &Call) -> [ResourceType; 2] {
    let place = |mut one: ResourceType| {
        let endpoint = format!("/ResourceTypes/{}", one.name);
        one.meta = Some(meta(call, "ResourceType", &endpoint));
        one
    };
    [place(ResourceType::user()), place(ResourceType::group())]
}

/// `GET /Schemas`
pub async fn schemas(call: Call, query: RawQuery) -> Result<Answer, Refusal> {
    let all: Vec<Value> = all_schemas(&call).iter().map(|one| json!(one)).collect();
    whole_list(&query, all)
}

/// `GET /Schemas/{id}`
pub async fn schema(call: Call, Path(id): Path<String>) -> Result<Answer, Refusal> {
    let all = all_schemas(&call);
    let found = all.into_iter().find(|one| one.id.eq_ignore_ascii_case(&id));
    let found = found.ok_or_else(|| not_there("schema", &id))?;
    Ok(Answer::of(&found))
}

fn all_schemas(call: &Call) -> Vec<Schema> {
    let user = ResourceKind::User.schema();
    let group = ResourceKind::Group.schema();
    let own = [&user.core, &group.core].into_iter().cloned();
    let others = [Schema::service_provider_config(), Schema::resource_type()];
    own.chain(user.extensions.iter().cloned())
        .chain(others)
        .map(|mut schema| {
            let endpoint = format!("/Schemas/{}", schema.id);
            schema.meta = Some(meta(call, "Schema", &endpoint));
            schema
        })
        .collect()
}

/// These lists are short and never filtered (RFC 7644 §4).
fn whole_list(query: &RawQuery, all: Vec<Value>) -> Result<Answer, Refusal> {
    let text = query.0.as_deref().unwrap_or_default();
    let mut names = url::form_urlencoded::parse(text.as_bytes());
    if names.any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(Refusal::new(403, "this list cannot be filtered"));
    }
    Ok(Answer::of(&ListResponse::page(all.len() as u64, 1, all)))
}

fn not_there(what: &str, id: &str) -> Refusal {
    ScimError::not_found(format!("there is no {what} `{id}`")).into()
}
