//! The client as a whole.

use std::sync::Arc;

use crate::base_url::BaseUrl;
use crate::lane::{Gate, ScimGates};
use crate::meter::Meter;
use crate::retry::Pauses;
use crate::send::{Caller, Connection, Gates};
use crate::transport::http_client;
use crate::{ClientMeter, ErrorKind, MiroError, MiroSettings, OAuth, Rest, Scim};

/// A client of Miro for one organization. Cloning is cheap; clones share connections, lanes and meter.
///
/// Two clients with the same token would each spend the whole limit: make one.
#[derive(Clone, Debug)]
pub struct MiroClient {
    rest: Option<Rest>,
    scim: Option<Scim>,
    oauth: OAuth,
    rest_gate: Arc<Gate>,
    scim_gates: Arc<ScimGates>,
    meter: Arc<Meter>,
}

impl MiroClient {
    /// Makes a client. Nothing is sent.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`]: a base address is not `https://` (or `http://` to this machine), the CA file is
    /// unreadable, or a limit makes no sense.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the client takes the tokens over"
    )]
    pub fn new(settings: MiroSettings) -> Result<Self, MiroError> {
        check(&settings)?;
        let meter = Arc::new(Meter::default());
        let pauses = Arc::new(Pauses::new(settings.retry_pause, settings.jitter_seed));
        let rest_gate = Gate::rest(&settings.limits, settings.time_scale);
        let scim_gates = Arc::new(ScimGates::new(&settings.limits, settings.time_scale));
        let rest_base = BaseUrl::new(&settings.rest_url, "rest_url")?;
        let scim_base = BaseUrl::new(&settings.scim_url, "scim_url")?;
        let rest_http = http_client(&settings, &rest_base)?;
        let scim_http = http_client(&settings, &scim_base)?;
        let connect = |http, base, gates, token| {
            Caller::new(Connection {
                http,
                base,
                gates,
                token,
                meter: Arc::clone(&meter),
                pauses: Arc::clone(&pauses),
                max_retries: settings.max_retries,
            })
        };
        let rest_gates = Gates::Rest(Arc::clone(&rest_gate));
        let oauth = connect(
            rest_http.clone(),
            rest_base.clone(),
            rest_gates.clone(),
            None,
        )?;
        let rest = settings
            .access_token
            .clone()
            .map(|token| connect(rest_http, rest_base, rest_gates, Some(token)))
            .transpose()?;
        let scim = settings
            .scim_token
            .clone()
            .map(|token| {
                let gates = Gates::Scim(Arc::clone(&scim_gates));
                connect(scim_http, scim_base, gates, Some(token))
            })
            .transpose()?;
        Ok(Self {
            rest: rest.map(Rest::new),
            scim: scim.map(|caller| Scim::new(caller, settings.scim_pages_in_flight)),
            oauth: OAuth::new(oauth),
            rest_gate,
            scim_gates,
            meter,
        })
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

    /// What this client and its clones did so far, and how full its lanes are. Cheap enough to be shown live.
    pub fn meter(&self) -> ClientMeter {
        let mut meter = self.meter.snapshot();
        meter.lanes.push(self.rest_gate.status());
        meter.lanes.extend(self.scim_gates.statuses());
        meter
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
