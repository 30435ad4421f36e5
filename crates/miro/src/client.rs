//! The client as a whole.

use std::sync::Arc;

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use usher_boxed::boxed;

use crate::base_url::BaseUrl;
use crate::lane::{Gate, ScimGates};
use crate::meter::{LaneStatus, Meter};
use crate::retry::Pauses;
use crate::send::{Caller, Connection, Gates};
use crate::transport::http_client;
use crate::{ClientMeter, ErrorKind, LimitProfile, MiroError, MiroSettings, OAuth, Rest, Scim};

/// A client of Miro for one organization. Cloning is cheap; clones share connections, lanes and meter.
///
/// Two clients with the same token would each spend the whole limit: make one.
#[derive(Clone, Debug)]
pub struct MiroClient {
    rest: Option<Rest>,
    scim: Option<Scim>,
    oauth: OAuth,
    parts: Arc<Parts>,
    settings: Arc<MiroSettings>,
}

impl MiroClient {
    /// Makes a client. Nothing is sent.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`]: a base address is not `https://` (or `http://` to this machine), the CA file is
    /// unreadable, or a limit makes no sense.
    pub fn new(settings: MiroSettings) -> Result<Self, MiroError> {
        check(&settings)?;
        let parts = Arc::new(Parts::new(&settings)?);
        Self::of(parts, settings)
    }

    /// The same client with other tokens. It shares lanes and meter with this one: what was spent stays spent.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`]: a token cannot be sent in a header.
    pub fn with_tokens(
        &self,
        access_token: Option<SecretString>,
        scim_token: Option<SecretString>,
    ) -> Result<Self, MiroError> {
        let settings = MiroSettings {
            access_token,
            scim_token,
            ..self.settings.as_ref().clone()
        };
        Self::of(Arc::clone(&self.parts), settings)
    }

    fn of(parts: Arc<Parts>, settings: MiroSettings) -> Result<Self, MiroError> {
        let oauth = parts.rest_caller(&settings, None)?;
        let rest = settings.access_token.clone();
        let rest = rest
            .map(|token| parts.rest_caller(&settings, Some(token)))
            .transpose()?;
        let scim = settings.scim_token.clone();
        let scim = scim
            .map(|token| parts.scim_caller(&settings, token))
            .transpose()?;
        Ok(Self {
            rest: rest.map(Rest::new),
            scim: scim.map(|caller| Scim::new(caller, settings.scim_pages_in_flight)),
            oauth: OAuth::new(oauth),
            parts,
            settings: Arc::new(settings),
        })
    }

    /// Whether it sends these tokens.
    pub fn has_tokens(
        &self,
        access_token: Option<&SecretString>,
        scim_token: Option<&SecretString>,
    ) -> bool {
        let (rest, scim) = (&self.settings.access_token, &self.settings.scim_token);
        exposed(rest.as_ref()) == exposed(access_token)
            && exposed(scim.as_ref()) == exposed(scim_token)
    }

    /// The same client, whose calls give up waiting for their lanes once `stop` is cancelled
    /// ([`ErrorKind::Stopped`]); what was sent by then goes on to its end.
    pub fn stopping_with(&self, stop: &CancellationToken) -> Self {
        Self {
            rest: self.rest.as_ref().map(|rest| rest.stopping_with(stop)),
            scim: self.scim.as_ref().map(|scim| scim.stopping_with(stop)),
            ..self.clone()
        }
    }

    /// The limits that its lanes keep, before any that Miro told.
    pub fn limits(&self) -> &LimitProfile {
        &self.settings.limits
    }

    /// What the windows of its lanes are divided by; 1 for Miro.
    pub fn time_scale(&self) -> f64 {
        self.settings.time_scale
    }

    /// The REST API; `None` without an access token.
    pub fn rest(&self) -> Option<&Rest> {
        self.rest.as_ref()
    }

    /// The SCIM API; `None` without a SCIM token.
    pub fn scim(&self) -> Option<&Scim> {
        self.scim.as_ref()
    }

    /// Calls that get, renew and give back access tokens.
    pub fn oauth(&self) -> &OAuth {
        &self.oauth
    }

    /// All lanes as they are now, those that were never used included.
    pub fn lanes(&self) -> Vec<LaneStatus> {
        self.parts.gates().map(|gate| gate.status()).collect()
    }

    /// Takes so much of a lane's limit, and no more, from now on: the rest is for other processes with the same tokens.
    /// `u64::MAX`: all of it, as in the beginning.
    pub fn set_share(&self, lane: &str, share: u64) {
        for gate in self.parts.gates().filter(|gate| gate.name == lane) {
            gate.set_share(share);
        }
    }

    /// Ends when a call has to wait for its lane, or had to since this was asked last.
    #[boxed]
    pub async fn hungry(&self) {
        let gates = self.parts.gates().map(|gate| Box::pin(gate.hungry()));
        futures::future::select_all(gates).await;
    }

    /// What this client and its clones did so far, and how full its lanes are. Cheap enough to be shown live.
    pub fn meter(&self) -> ClientMeter {
        let mut meter = self.parts.meter.snapshot();
        meter.lanes.push(self.parts.rest_gate.status());
        meter.lanes.extend(self.parts.scim_gates.statuses());
        meter
    }
}

/// What the callers of a client are made of.
#[derive(Debug)]
struct Parts {
    meter: Arc<Meter>,
    pauses: Arc<Pauses>,
    rest_gate: Arc<Gate>,
    scim_gates: Arc<ScimGates>,
    rest_base: BaseUrl,
    scim_base: BaseUrl,
    rest_http: Client,
    scim_http: Client,
}

impl Parts {
    fn new(settings: &MiroSettings) -> Result<Self, MiroError> {
        let rest_base = BaseUrl::new(&settings.rest_url, "rest_url")?;
        let scim_base = BaseUrl::new(&settings.scim_url, "scim_url")?;
        Ok(Self {
            meter: Arc::new(Meter::default()),
            pauses: Arc::new(Pauses::new(settings.retry_pause, settings.jitter_seed)),
            rest_gate: Gate::rest(&settings.limits, settings.time_scale),
            scim_gates: Arc::new(ScimGates::new(&settings.limits, settings.time_scale)),
            rest_http: http_client(settings, &rest_base)?,
            scim_http: http_client(settings, &scim_base)?,
            rest_base,
            scim_base,
        })
    }

    fn gates(&self) -> impl Iterator<Item = &Arc<Gate>> {
        std::iter::once(&self.rest_gate).chain(self.scim_gates.all())
    }

    fn rest_caller(
        &self,
        settings: &MiroSettings,
        token: Option<SecretString>,
    ) -> Result<Caller, MiroError> {
        Caller::new(Connection {
            http: self.rest_http.clone(),
            base: self.rest_base.clone(),
            gates: Gates::Rest(Arc::clone(&self.rest_gate)),
            token,
            meter: Arc::clone(&self.meter),
            pauses: Arc::clone(&self.pauses),
            max_retries: settings.max_retries,
        })
    }

    fn scim_caller(
        &self,
        settings: &MiroSettings,
        token: SecretString,
    ) -> Result<Caller, MiroError> {
        Caller::new(Connection {
            http: self.scim_http.clone(),
            base: self.scim_base.clone(),
            gates: Gates::Scim(Arc::clone(&self.scim_gates)),
            token: Some(token),
            meter: Arc::clone(&self.meter),
            pauses: Arc::clone(&self.pauses),
            max_retries: settings.max_retries,
        })
    }
}

fn check(settings: &MiroSettings) -> Result<(), MiroError> {
    let limits = &settings.limits;
    let refuse = |why: &str| Err(MiroError::new(ErrorKind::Settings, why));
    if !(settings.time_scale.is_finite() && settings.time_scale > 0.0) {
        return refuse("time_scale must be a number above 0");
    }
    if ![limits.headroom, limits.reserve]
        .iter()
        .all(|share| (0.0..=0.9).contains(share))
    {
        return refuse("limits: headroom and reserve are shares from 0 to 0.9");
    }
    if limits.rest_credits == 0 || limits.scim_credits == 0 {
        return refuse("limits: credits must be above 0");
    }
    if limits.rest_window.is_zero() || limits.scim_window.is_zero() {
        return refuse("limits: windows must be longer than 0");
    }
    Ok(())
}

fn exposed(token: Option<&SecretString>) -> Option<&str> {
    token.map(ExposeSecret::expose_secret)
}
