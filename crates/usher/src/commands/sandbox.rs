//! `usher sandbox`: Miro in a box.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use usher_sandbox::switches::{SwitchError, Switches};
use usher_sandbox::{
    FaultRule, GenerateSettings, LimitSettings, OrganizationSource, RunningSandbox, Sandbox,
    SandboxSettings, TlsSource,
};

use crate::config::suggest::nearest;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};
use crate::signals;

/// Arguments of `usher sandbox`.
#[derive(Args, Debug)]
#[command(
    after_help = "It listens on this machine only unless told otherwise, holds everything in memory unless --state is \
given, and ends with Ctrl-C. A page at its address shows the organization and the requests as they come.

Examples:
  usher sandbox
  usher sandbox --users 10000 --teams 500 --memberships 3 --guests 2% --inactive 8% --seed 42
  usher sandbox --time-scale 100                         limits at a hundredfold pace
  usher sandbox --fault 'GET /v2/** p=0.05 status=500'   every twentieth read fails
  usher sandbox --tls-self-signed certs --listen 127.0.0.1:443
  usher sandbox --switch group_model=user_group"
)]
pub struct Arguments {
    /// People in the organization, guests included
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1000,
        help_heading = "Organization"
    )]
    pub users: usize,
    /// Teams, the default team counted in
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 50,
        help_heading = "Organization"
    )]
    pub teams: usize,
    /// Teams per person on average, the default team counted in
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 3,
        help_heading = "Organization"
    )]
    pub memberships: usize,
    /// Share of guests and external users
    #[arg(long, value_name = "PERCENT", default_value = "2%", value_parser = share, help_heading = "Organization")]
    pub guests: f64,
    /// Share of deactivated people
    #[arg(long, value_name = "PERCENT", default_value = "8%", value_parser = share, help_heading = "Organization")]
    pub inactive: f64,
    /// The same seed gives the same organization
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 42,
        help_heading = "Organization"
    )]
    pub seed: u64,
    /// Take the organization from this YAML file instead
    #[arg(long, value_name = "FILE", help_heading = "Organization", conflicts_with_all = ["users", "teams", "memberships", "guests", "inactive", "seed"])]
    pub org: Option<PathBuf>,
    /// Keep the organization in this file across runs
    #[arg(long, value_name = "FILE", help_heading = "Organization")]
    pub state: Option<PathBuf>,
    /// What a SCIM group is: team or user_group
    #[arg(long, value_name = "MODEL", help_heading = "Behaviour")]
    pub group_model: Option<String>,
    /// Choose another reading of what Miro's documents leave open; `help` lists them
    #[arg(long = "switch", value_name = "NAME=VALUE", help_heading = "Behaviour")]
    pub switches: Vec<String>,
    /// Fail on demand: METHOD PATH KEY=VALUE …, such as `GET /v2/** nth=3 status=429 retry-after=2`
    #[arg(long = "fault", value_name = "RULE", help_heading = "Behaviour")]
    pub faults: Vec<FaultRule>,
    /// Make the windows of the rate limits this many times shorter
    #[arg(
        long,
        value_name = "FACTOR",
        default_value_t = 1.0,
        help_heading = "Behaviour"
    )]
    pub time_scale: f64,
    /// Enforce no rate limits
    #[arg(long, help_heading = "Behaviour")]
    pub no_limits: bool,
    /// Address to listen on; may be given several times; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = listen, help_heading = "Network")]
    pub listen: Vec<SocketAddr>,
    /// Serve TLS with this certificate chain (PEM)
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        help_heading = "Network"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_cert",
        help_heading = "Network"
    )]
    pub tls_key: Option<PathBuf>,
    /// Serve TLS with certificates for api.miro.com and miro.com that are made in this folder
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "tls_cert",
        help_heading = "Network"
    )]
    pub tls_self_signed: Option<PathBuf>,
    /// The REST access token [default: made up]
    #[arg(long, value_name = "TOKEN", help_heading = "Network")]
    pub token: Option<String>,
    /// The SCIM token [default: made up]
    #[arg(long, value_name = "TOKEN", help_heading = "Network")]
    pub scim_token: Option<String>,
    /// Let callers from other machines use the control API with this token
    #[arg(long, value_name = "TOKEN", help_heading = "Network")]
    pub control_token: Option<String>,
}

/// A share: `2%` or `0.02`.
fn share(text: &str) -> Result<f64, String> {
    let (number, divisor) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text, 1.0),
    };
    number
        .parse()
        .ok()
        .map(|number: f64| number / divisor)
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "it must be a share such as 2% or 0.02".to_owned())
}

/// An address: `127.0.0.1:8080`, `localhost:8080`, `:8080` or `8080`, the last two on this machine only.
fn listen(text: &str) -> Result<SocketAddr, String> {
    let local = |port: &str| {
        let port = port.parse().ok()?;
        Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    };
    let port = text
        .strip_prefix("localhost:")
        .or(text.strip_prefix(':'))
        .unwrap_or(text);
    text.parse()
        .ok()
        .or_else(|| local(port))
        .ok_or_else(|| "it must be an address such as 127.0.0.1:8080".to_owned())
}

/// Runs `usher sandbox`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.switches.iter().any(|switch| switch == "help") {
        return list_switches(context);
    }
    let sandbox = Sandbox::start(settings(arguments)?).await?;
    announce(&sandbox, arguments, context)?;
    context.output.flush()?;
    signals::stop().await;
    sandbox.shutdown().await?;
    Ok(Exit::Success)
}

fn settings(arguments: &Arguments) -> Result<SandboxSettings, Failure> {
    if !(arguments.time_scale.is_finite() && arguments.time_scale > 0.0) {
        return Err(Failure::usage("--time-scale must be above 0"));
    }
    let secret = |token: &Option<String>| token.clone().map(SecretString::from);
    Ok(SandboxSettings {
        organization: organization(arguments),
        switches: switches(arguments)?,
        listen: arguments.listen.clone(),
        tls: tls(arguments),
        access_token: secret(&arguments.token),
        scim_token: secret(&arguments.scim_token),
        control_token: secret(&arguments.control_token),
        limits: LimitSettings {
            enforced: !arguments.no_limits,
            time_scale: arguments.time_scale,
        },
        faults: arguments.faults.clone(),
        state_file: arguments.state.clone(),
        ..SandboxSettings::default()
    })
}

fn organization(arguments: &Arguments) -> OrganizationSource {
    if let Some(file) = &arguments.org {
        return OrganizationSource::File(file.clone());
    }
    OrganizationSource::Generated(GenerateSettings {
        users: arguments.users,
        teams: arguments.teams,
        memberships: arguments.memberships,
        guests: arguments.guests,
        inactive: arguments.inactive,
        seed: arguments.seed,
        ..GenerateSettings::default()
    })
}

fn tls(arguments: &Arguments) -> Option<TlsSource> {
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        return Some(TlsSource::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        });
    }
    arguments.tls_self_signed.clone().map(TlsSource::SelfSigned)
}

fn switches(arguments: &Arguments) -> Result<Switches, Failure> {
    let mut switches = Switches::default();
    let model = arguments
        .group_model
        .as_ref()
        .map(|model| format!("group_model={model}"));
    for switch in arguments.switches.iter().chain(model.as_ref()) {
        let (name, value) = switch.split_once('=').ok_or_else(|| {
            Failure::usage(format!("`{switch}` is not NAME=VALUE"))
                .hint("`usher sandbox --switch help` lists the switches")
        })?;
        switches
            .set(&name.replace('-', "_"), value)
            .map_err(|error| refused_switch(&error))?;
    }
    Ok(switches)
}

fn refused_switch(error: &SwitchError) -> Failure {
    match error {
        SwitchError::UnknownSwitch { name, known } => {
            let near = nearest(name, known.iter().map(String::as_str));
            Failure::usage(format!("there is no switch `{name}`")).hint(near.map_or_else(
                || "`usher sandbox --switch help` lists the switches".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ))
        }
        SwitchError::UnknownValue { .. } => Failure::usage(error.to_string())
            .hint("`usher sandbox --switch help` lists the switches and their values"),
    }
}

fn announce(
    sandbox: &RunningSandbox,
    arguments: &Arguments,
    context: &Context,
) -> Result<(), Failure> {
    let access_token = sandbox.access_token.expose_secret();
    let scim_token = sandbox.scim_token.expose_secret();
    if context.output.is_json() {
        return context.output.json_line(&json!({
            "organization": organization_line(sandbox),
            "rest_url": sandbox.rest_url(),
            "scim_url": sandbox.scim_url(),
            "control_url": sandbox.control_url(),
            "access_token": access_token,
            "scim_token": scim_token,
        }));
    }
    let output = &context.output;
    output.line(organization_line(sandbox))?;
    output.line(format!("REST API: {}", sandbox.rest_url()))?;
    output.line(format!("SCIM API: {}", sandbox.scim_url()))?;
    output.line(format!("page: {}", sandbox.rest_url()))?;
    output.line(format!("access token: {access_token}"))?;
    output.line(format!("scim token: {scim_token}"))?;
    output.line(format!(
        "\nTo read it:\n  {}",
        style::command(&sync_line(sandbox, arguments, context))
    ))
}

/// Who and what is in it; every member is in the default team, whose size reading it depends on.
fn organization_line(sandbox: &RunningSandbox) -> String {
    let world = sandbox.state().world.read();
    let default = world.team(world.default_team());
    format!(
        "{}: {} in {}; default team {} of {}",
        world.organization.name,
        counted(world.users_after(0).count(), "account"),
        counted(world.teams_after(0).count(), "team"),
        default.name,
        counted(default.members().len(), "member"),
    )
}

fn counted(number: usize, noun: &str) -> String {
    humanize::counted(number as u64, noun)
}

/// A command that reads the organization, to be pasted as it is.
fn sync_line(sandbox: &RunningSandbox, arguments: &Arguments, context: &Context) -> String {
    let mut line = format!(
        "{} sync --rest-url {} --scim-url {} --miro-access-token {} --miro-scim-access-token {}",
        context.program,
        sandbox.rest_url(),
        sandbox.scim_url(),
        sandbox.access_token.expose_secret(),
        sandbox.scim_token.expose_secret(),
    );
    if arguments.no_limits {
        line.push_str(" --time-scale 1000000");
    } else if (arguments.time_scale - 1.0).abs() > f64::EPSILON {
        let _ = write!(line, " --time-scale {}", arguments.time_scale);
    }
    if let Some(folder) = &arguments.tls_self_signed {
        let _ = write!(line, " --ca-file {}", folder.join("ca.pem").display());
    }
    line
}

/// Each switch, its default, and what else it can be.
fn list_switches(context: &Context) -> Result<Exit, Failure> {
    let defaults = json!(Switches::default());
    for (name, default) in defaults.as_object().into_iter().flatten() {
        let default = default
            .as_str()
            .map_or_else(|| default.to_string(), str::to_owned);
        let others = values(name)
            .into_iter()
            .filter(|value| *value != default)
            .map(|value| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(", ");
        context
            .output
            .line(format!("{:<50}{others}", format!("{name}={default}")))?;
    }
    Ok(Exit::Success)
}

/// The words that a switch can have, from what it says when it gets one that it cannot.
fn values(switch: &str) -> Vec<String> {
    let refused = Switches::default().set(switch, "?");
    let Err(SwitchError::UnknownValue { reason, .. }) = refused else {
        return Vec::new();
    };
    let expected = reason.split("expected").nth(1).unwrap_or_default();
    let words = expected.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage_or_a_fraction() {
        assert_eq!(share("2%"), Ok(0.02));
        assert_eq!(share("0.08"), Ok(0.08));
        assert!(share("200%").is_err());
        assert!(share("some").is_err());
    }

    #[test]
    fn a_bare_port_is_one_of_this_machine_only() {
        for text in ["4040", ":4040", "localhost:4040", "127.0.0.1:4040"] {
            assert_eq!(
                listen(text).map(|address| address.to_string()),
                Ok("127.0.0.1:4040".to_owned())
            );
        }
        assert_eq!(
            listen("0.0.0.0:1").map(|address| address.ip().is_unspecified()),
            Ok(true)
        );
        assert!(listen("here").is_err());
    }

    #[test]
    fn every_switch_says_what_else_it_can_be() {
        assert_eq!(values("group_model"), ["team", "user_group"]);
    }
}
