//! Getting, renewing and giving back access tokens. These types hold secrets: their `Debug` hides them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lenient;

/// Reply of `POST /v1/oauth/token`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthToken {
    /// The user for whom the token acts.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub user_id: Option<String>,
    /// The team in which the app is installed; Miro prints it as a string or as a number.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub team_id: Option<String>,
    /// `bearer`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub token_type: String,
    /// The access token. Secret.
    pub access_token: String,
    /// The refresh token, for apps whose tokens expire. Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The scopes, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Seconds until the access token dies, for apps whose tokens expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

impl fmt::Debug for OAuthToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OAuthToken")
            .field("user_id", &self.user_id)
            .field("team_id", &self.team_id)
            .field("scope", &self.scope)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// Body of `POST /v2/oauth/revoke`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRevocation {
    /// The access token to give back; its refresh token dies with it. Secret.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub access_token: String,
    /// The app's identifier.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub client_id: String,
    /// The app's secret. Secret.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub client_secret: String,
}

impl fmt::Debug for TokenRevocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenRevocation")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
