//! `usher probe`: whether a running server is well, for what looks after containers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use url::Url;
use usher_miro::{Carries, OutboundSettings, outbound_client};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Arguments of `usher probe`.
#[derive(Args, Debug)]
#[command(
    after_help = "For health checks where there is neither a shell nor curl, as in the container image. It ends with 0 when the server can be \
used, and with 1, saying why, when it cannot or does not answer within five seconds. Kubernetes asks by itself: /livez, /readyz.

Examples:
  usher probe
  usher probe http://127.0.0.1:8080/livez
  usher probe https://usher.example.org/readyz"
)]
pub struct Arguments {
    /// What is asked [default: /readyz, where `usher serve` with this configuration listens]
    pub url: Option<Url>,
}

/// Runs `usher probe`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let url = match &arguments.url {
        Some(url) => url.clone(),
        None => configured(context)?,
    };
    let settings = OutboundSettings {
        ca_file: context.configuration.miro.ca_file.clone(),
        carries: Carries::NothingSecret,
        timeout: PATIENCE,
        connect_timeout: PATIENCE,
    };
    let client = outbound_client(&settings, &url, "the server to ask")
        .map_err(|error| Failure::usage(error.to_string()))?;
    let silent = |error| {
        Failure::new(Exit::Failure, format!("no answer from {url}"))
            .because(error)
            .hint("`usher serve` has to run there; `usher probe URL` asks elsewhere")
    };
    let reply = client.get(url.clone()).send().await.map_err(silent)?;
    let status = reply.status();
    let said = reply.text().await.map_err(silent)?;
    if !status.is_success() {
        let why = reasons(&said);
        return Err(Failure::new(
            Exit::Failure,
            format!("{url} answers {}{why}", status.as_u16()),
        )
        .hint("the server's log says more; /readyz of a server is what this asks by itself"));
    }
    if context.output.is_json() {
        context
            .output
            .json(&json!({"url": url, "status": status.as_u16()}))?;
    } else {
        context.output.line(format!("{url} is well"))?;
    }
    Ok(Exit::Success)
}

/// Where a server with this configuration says whether it is ready: on this machine, or, where a certificate is for a
/// public name, under that.
fn configured(context: &Context) -> Result<Url, Failure> {
    let server = &context.configuration.server;
    let base = match (&server.tls_certificate, &server.public_url) {
        (Some(_), Some(public)) => public.to_string(),
        (Some(_), None) => format!("https://{}/", near(server.listen)),
        (None, _) => format!("http://{}/", near(server.listen)),
    };
    Url::parse(&base)
        .and_then(|base| base.join("readyz"))
        .map_err(|error| Failure::usage(format!("{base} is no address")).because(error))
}

/// How this machine reaches what listens on this address.
fn near(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    SocketAddr::new(address, listen.port())
}

/// What `/readyz` says is wrong.
fn reasons(said: &str) -> String {
    let said: Value = serde_json::from_str(said).unwrap_or_default();
    let checks = said["checks"].as_array().into_iter().flatten();
    let failed: Vec<String> = checks
        .filter(|check| check["ok"] == false)
        .map(|check| {
            let text = |key: &str| check[key].as_str().unwrap_or("?").to_owned();
            format!("{}: {}", text("name"), text("reason"))
        })
        .collect();
    if failed.is_empty() {
        return String::new();
    }
    format!("; {}", failed.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.0.0.5:8080", "10.0.0.5:8080"),
        ] {
            assert_eq!(near(listen.parse().unwrap()).to_string(), asked);
        }
    }

    #[test]
    fn only_what_failed_is_a_reason() {
        let said = r#"{"ready":false,"checks":[{"name":"database","ok":true},
            {"name":"worker","ok":false,"reason":"no sign of life"}]}"#;
        assert_eq!(reasons(said), "; worker: no sign of life");
        assert_eq!(reasons("<html>"), "");
    }
}
