//! How one signs in.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::document::BASE;
use super::super::operation::{Access, Operation};
use crate::openid_connect::PasswordSignIn;

/// How one signs in.
pub const OPERATION: Operation =
    Operation::reads("auth.methods", "/auth/methods", Access::Anyone, || {
        routes!(list_methods)
    });

/// How one signs in.
#[derive(Serialize, ToSchema)]
pub struct SignInMethods {
    /// Whether passwords are taken.
    passwords: bool,
    /// The identity providers, in the order in which they are offered.
    providers: Vec<SignInProvider>,
}

/// An identity provider at which one signs in.
#[derive(Serialize, ToSchema)]
pub struct SignInProvider {
    /// What it is called in addresses.
    #[schema(example = "entra")]
    name: String,
    /// What people read where they choose it.
    #[schema(example = "Example Inc.")]
    title: String,
    /// The path to which a browser goes to sign in there. `?return_to=` and a path may follow.
    #[schema(example = "/api/v1/auth/openid-connect/entra")]
    begin: String,
}

/// List how one signs in
///
/// With a password, at identity providers, or both.
#[utoipa::path(get, path = "/auth/methods", responses((status = 200, body = SignInMethods)))]
pub async fn list_methods(call: Call) -> Json<SignInMethods> {
    let settings = &call.server.settings().sign_in;
    let providers = settings.providers.iter().map(|provider| SignInProvider {
        name: provider.name.to_string(),
        title: provider.title.clone(),
        begin: format!("{BASE}/auth/openid-connect/{}", provider.name),
    });
    Json(SignInMethods {
        passwords: settings.passwords == PasswordSignIn::On,
        providers: providers.collect(),
    })
}
