//! What the API says about itself. None of it has a rate limit.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use usher_scim::discovery::{
    AuthenticationScheme, FilterSupport, ResourceType, ServiceProviderConfig, Supported,
};
use usher_scim::list::ListResponse;
use usher_scim::resource::Meta;
use usher_scim::schema::Schema;

use crate::scim::answer::{self, Answer, reply};
use crate::scim::call::ScimCall;
use crate::scim::schema::{GROUP, USER};

/// `GET /ServiceProviderConfig`.
pub(super) async fn service_provider_config(call: ScimCall) -> Response {
    let config = ServiceProviderConfig {
        documentation_uri: Some("https://developers.miro.com/docs/scim".to_owned()),
        patch: Supported::YES,
        // The list of users takes up to 1000 all the same: Miro contradicts itself.
        filter: FilterSupport {
            supported: true,
            max_results: 200,
        },
        sort: Supported::YES,
        authentication_schemes: vec![AuthenticationScheme {
            kind: "oauthbearertoken".to_owned(),
            name: "OAuth 2.0 Bearer Token".to_owned(),
            description: "The SCIM token of the organization, sent as a bearer token".to_owned(),
            spec_uri: Some("http://tools.ietf.org/html/rfc6750".to_owned()),
            documentation_uri: None,
            primary: Some(true),
        }],
        meta: Some(meta(
            &call,
            "ServiceProviderConfig",
            "/ServiceProviderConfig",
        )),
        ..ServiceProviderConfig::default()
    };
    reply(answer::body(StatusCode::OK, &config))
}

/// `GET /ResourceTypes`.
pub(super) async fn resource_types(call: ScimCall) -> Response {
    reply(all(types(&call)))
}

/// `GET /ResourceTypes/{id}`.
pub(super) async fn resource_type(call: ScimCall, Path(id): Path<String>) -> Response {
    let found = types(&call)
        .into_iter()
        .find(|kind| kind.id.as_deref() == Some(&*id));
    reply(one(found, "Resource type", &id))
}

/// `GET /Schemas`.
pub(super) async fn schemas(call: ScimCall) -> Response {
    reply(all(described(&call)))
}

/// `GET /Schemas/{id}`.
pub(super) async fn schema(call: ScimCall, Path(id): Path<String>) -> Response {
    let found = described(&call)
        .into_iter()
        .find(|schema| schema.id.eq_ignore_ascii_case(&id));
    reply(one(found, "Schema", &id))
}

fn types(call: &ScimCall) -> Vec<ResourceType> {
    let mut types = vec![ResourceType::user(), ResourceType::group()];
    for kind in &mut types {
        kind.meta = Some(meta(
            call,
            "ResourceType",
            &format!("/ResourceTypes/{}", kind.name),
        ));
    }
    types
}

fn described(call: &ScimCall) -> Vec<Schema> {
    let own = [&USER.core, &GROUP.core]
        .into_iter()
        .chain(&USER.extensions);
    let with_place = |schema: &Schema| Schema {
        meta: Some(meta(call, "Schema", &format!("/Schemas/{}", schema.id))),
        ..schema.clone()
    };
    own.map(with_place).collect()
}

fn meta(call: &ScimCall, kind: &str, path: &str) -> Meta {
    Meta {
        resource_type: Some(kind.to_owned()),
        location: Some(format!("{}{path}", call.base)),
        ..Meta::default()
    }
}

fn all<T: Serialize>(items: Vec<T>) -> Answer {
    let total = items.len() as u64;
    answer::body(StatusCode::OK, &ListResponse::page(total, 1, items))
}

fn one<T: Serialize>(found: Option<T>, kind: &str, id: &str) -> Answer {
    let found = found.ok_or_else(|| answer::not_found(kind, id))?;
    answer::body(StatusCode::OK, &found)
}
