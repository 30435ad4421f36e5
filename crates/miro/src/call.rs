//! One call, ready to be sent.

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use crate::route::{Cost, Route};
use crate::{ErrorKind, MiroError, ScimClass};

/// A call with its address and body; sent as often as the send loop decides.
pub(crate) struct Call {
    pub route: &'static Route,
    pub url: Url,
    pub body: Option<Body>,
    /// How many times the route's cost this call costs.
    pub items: u64,
    /// Secrets in the body, to be kept out of messages.
    pub secrets: Vec<SecretString>,
}

/// A body as it goes over the wire.
#[derive(Clone)]
pub(crate) struct Body {
    pub content_type: &'static str,
    pub bytes: Bytes,
}

impl Call {
    pub fn new(route: &'static Route, url: Url) -> Self {
        Self {
            route,
            url,
            body: None,
            items: 1,
            secrets: Vec::new(),
        }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.url.query_pairs_mut().append_pair(name, value.as_ref());
        self
    }

    /// Adds a query parameter that may be absent.
    pub fn query_if(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sets a JSON body.
    pub fn json<T: Serialize>(mut self, body: &T) -> Result<Self, MiroError> {
        let bytes = serde_json::to_vec(body).map_err(|error| {
            MiroError::new(ErrorKind::Invalid, "the request cannot be written as JSON")
                .on_route(self.route.name, self.route.scopes)
                .caused_by(error)
        })?;
        self.body = Some(Body {
            content_type: "application/json",
            bytes: bytes.into(),
        });
        Ok(self)
    }

    /// Sets a form body whose last fields are secrets.
    pub fn form(mut self, fields: &[(&str, &str)], secrets: &[(&str, &SecretString)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        form.extend_pairs(
            secrets
                .iter()
                .map(|(name, secret)| (*name, secret.expose_secret())),
        );
        let bytes = form.finish().into_bytes().into();
        self.body = Some(Body {
            content_type: "application/x-www-form-urlencoded",
            bytes,
        });
        self.hiding(secrets.iter().map(|(_, secret)| (*secret).clone()))
    }

    /// Names secrets in the body, to be kept out of messages.
    pub fn hiding(mut self, secrets: impl IntoIterator<Item = SecretString>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Makes the call cost the route's price once per item.
    pub fn items(mut self, items: usize) -> Self {
        self.items = u64::try_from(items).unwrap_or(u64::MAX).max(1);
        self
    }

    /// The cost, once the size of the body is known.
    pub fn cost(&self) -> Cost {
        match self.route.cost {
            Cost::ScimGroupPatch => {
                let size = self.body.as_ref().map_or(0, |body| body.bytes.len());
                Cost::Scim(ScimClass::patch_group(size))
            }
            cost => cost,
        }
    }

    /// The cost in credits.
    pub fn credits(&self) -> u64 {
        let each = match self.cost() {
            Cost::Rest(level) => level.credits(),
            Cost::Scim(class) => class.credits(),
            Cost::ScimGroupPatch => 0,
        };
        each.saturating_mul(self.items)
    }
}
