//! What to do about it, in the user's words.

use super::{ConflictKind, ErrorKind, Parts, TlsProblem, Unreachable};

pub(super) fn of(parts: &Parts) -> String {
    let is_scim = parts.route.is_some_and(|route| !route.contains(" /v"));
    match &parts.kind {
        ErrorKind::BadCredentials if is_scim => {
            "check the SCIM token; Miro shows it under Company settings > Enterprise integrations > SCIM \
             provisioning, and generating a new one ends the old one"
        }
        ErrorKind::BadCredentials => {
            "check the access token; it may have expired, or the app may have been uninstalled"
        }
        ErrorKind::MissingScope(scope) => {
            return format!(
                "tick the scope {scope} in the settings of the Miro app, install the app again and use its new \
                 token"
            );
        }
        ErrorKind::Forbidden => {
            let names: Vec<_> = parts.scopes.iter().map(|scope| scope.name()).collect();
            return format!(
                "the token's user must be a Company Admin of an Enterprise organization, and the token needs \
                 the scope {}",
                if names.is_empty() { "of this call".to_owned() } else { names.join(" and ") }
            );
        }
        ErrorKind::ScimDisabled => {
            "switch SCIM on in Miro: Company settings > Enterprise integrations > SCIM provisioning"
        }
        ErrorKind::NotFound if is_scim => {
            "the object is gone, or it is a guest: SCIM does not see guests"
        }
        ErrorKind::NotFound => "the object is gone, or the id belongs to another organization",
        ErrorKind::UnknownMembers(_) => {
            "leave these members out: they are guests, or no longer in the organization"
        }
        ErrorKind::NotUnique => "look the existing object up and use it",
        ErrorKind::Conflict(kind) => conflict_hint(*kind),
        ErrorKind::MethodNotAllowed => {
            "this organization does not offer the call; creating and deleting groups needs the user-group model"
        }
        ErrorKind::TooLarge => "send at most 8000 members and 800000 bytes in one call",
        ErrorKind::RateLimited { .. } => {
            "wait a minute; if it happens again, another program uses the same token: lower `limits`"
        }
        ErrorKind::Invalid => "correct what Miro names",
        ErrorKind::Server => "try again later; see status.miro.com",
        ErrorKind::Unreachable(why) => unreachable_hint(*why),
        ErrorKind::Protocol => {
            "try again; if it stays, the base address may not be Miro's API, or a proxy may alter replies"
        }
        ErrorKind::Redirected { .. } => {
            "correct the base address (Miro's are https://api.miro.com/ and https://miro.com/api/v1/scim/)"
        }
        ErrorKind::Ambiguous => {
            "look whether the change took effect before trying again"
        }
        ErrorKind::Settings => "correct the setting",
        ErrorKind::Stopped => "go on where it stopped",
    }
    .to_owned()
}

fn conflict_hint(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::SeatsExhausted => "free or buy a Full licence, or leave the licence to Miro",
        ConflictKind::DomainNotAllowed => {
            "add the e-mail domain to the organization's allow-list in Miro"
        }
        ConflictKind::LastAdmin => "make somebody else an admin first",
        ConflictKind::Inactive => "reactivate the user first, then change the rest",
        ConflictKind::NotOursAlone => {
            "the user's Miro profile is not this organization's to change; settle it with the user"
        }
        ConflictKind::Other => "see what Miro says and settle it there",
    }
}

fn unreachable_hint(why: Unreachable) -> &'static str {
    match why {
        Unreachable::Dns => "check the host name in the base address, and this machine's DNS",
        Unreachable::Refused => "check host and port in the base address, and firewalls",
        Unreachable::Timeout => "check the network, or allow more time with `timeout`",
        Unreachable::Tls(TlsProblem::UnknownIssuer) => {
            "trust the authority with `ca_file`, or install the machine's CA certificates"
        }
        Unreachable::Tls(TlsProblem::OutsideValidity) => {
            "check this machine's clock, then the server's certificate"
        }
        Unreachable::Tls(TlsProblem::WrongHost) => {
            "check the host name in the base address against the server's certificate"
        }
        Unreachable::Tls(TlsProblem::NotTls) => "check port and scheme of the base address",
        Unreachable::Tls(TlsProblem::Other) => "check proxies that take TLS apart",
        Unreachable::Broken => "try again; check the network and proxies",
    }
}
