//! Signing out at the provider too (OpenID Connect RP-Initiated Logout 1.0).

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::provider::Provider;
use crate::Server;

/// Where a browser signs out at a provider; `None` where that is not offered, or the provider does not answer.
pub async fn sign_out_url(
    server: &Server,
    provider: &Provider,
    id_token: Option<&SecretString>,
) -> Option<Url> {
    let metadata = provider.metadata(server.clock().now()).await;
    let metadata = metadata
        .inspect_err(|refusal| tracing::warn!(?refusal, "nobody is signed out at the provider"))
        .ok()?;
    let mut url = metadata.end_session_endpoint.clone()?;
    let back = format!("{}/signed-out", server.settings().base_url());
    url.query_pairs_mut()
        .append_pair("client_id", &provider.settings.client_id)
        .append_pair("post_logout_redirect_uri", &back);
    if let Some(id_token) = id_token {
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token.expose_secret());
    }
    Some(url)
}
