//! Getting, renewing and giving back access tokens.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use usher_boxed::boxed;
use usher_miro_wire::{OAuthToken, TokenRevocation};

use crate::MiroError;
use crate::route;
use crate::send::Caller;

/// The Miro app for which tokens are issued.
#[derive(Clone, Debug)]
pub struct OAuthApp {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: SecretString,
}

/// An access token and what came with it.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token, for apps whose tokens expire. It dies when it is used.
    pub refresh_token: Option<SecretString>,
    /// How long the access token lives, for apps whose tokens expire.
    pub expires_in: Option<Duration>,
    /// The user for whom the token acts.
    pub user_id: Option<String>,
    /// The team in which the app is installed.
    pub team_id: Option<String>,
    /// What the token may do.
    pub scopes: Vec<String>,
}

/// Calls that get, renew and give back access tokens. They need no access token.
#[derive(Clone, Debug)]
pub struct OAuth {
    caller: Caller,
}

impl OAuth {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }

    /// `POST /v1/oauth/token` with an authorization code, which lives ten minutes and works once.
    #[boxed]
    pub async fn exchange_code(
        &self,
        app: &OAuthApp,
        code: &SecretString,
        redirect_uri: &str,
    ) -> Result<Tokens, MiroError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &app.client_id),
            ("redirect_uri", redirect_uri),
        ];
        self.token(
            &fields,
            &[("client_secret", &app.client_secret), ("code", code)],
        )
        .await
    }

    /// `POST /v1/oauth/token` with a refresh token.
    ///
    /// Both tokens are replaced and the old pair dies at once: let one task at a time do this, and store the
    /// new pair before it is used. It is never tried again by itself; after [`Ambiguous`] the old refresh token
    /// may be dead and the user has to authorize again.
    ///
    /// [`Ambiguous`]: crate::ErrorKind::Ambiguous
    #[boxed]
    pub async fn refresh_token(
        &self,
        app: &OAuthApp,
        refresh_token: &SecretString,
    ) -> Result<Tokens, MiroError> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", app.client_id.as_str()),
        ];
        let secrets = [
            ("client_secret", &app.client_secret),
            ("refresh_token", refresh_token),
        ];
        self.token(&fields, &secrets).await
    }

    /// `POST /v2/oauth/revoke`: the token and its refresh token die; the app stays installed.
    #[boxed]
    pub async fn revoke(
        &self,
        app: &OAuthApp,
        access_token: &SecretString,
    ) -> Result<(), MiroError> {
        let body = TokenRevocation {
            access_token: access_token.expose_secret().to_owned(),
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.expose_secret().to_owned(),
        };
        let call = self.caller.call(&route::OAUTH_REVOKE, &[])?.json(&body)?;
        let call = call.hiding([access_token.clone(), app.client_secret.clone()]);
        self.caller.remove(call).await
    }

    async fn token(
        &self,
        fields: &[(&str, &str)],
        secrets: &[(&str, &SecretString)],
    ) -> Result<Tokens, MiroError> {
        let call = self
            .caller
            .call(&route::OAUTH_TOKEN, &[])?
            .form(fields, secrets);
        let token: OAuthToken = self.caller.json(call).await?;
        Ok(Tokens {
            access_token: token.access_token.into(),
            refresh_token: token.refresh_token.map(SecretString::from),
            expires_in: token.expires_in.map(Duration::from_secs),
            user_id: token.user_id,
            team_id: token.team_id,
            scopes: token
                .scope
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        })
    }
}
