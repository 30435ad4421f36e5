//! How administrators sign in, from the configuration to what the server takes.

use secrecy::SecretString;
use usher_server::openid_connect::{
    ClaimNames, ClientSecret, OpenIdConnectSettings, PasswordSignIn, SecondFactor, SignInSettings,
    UnknownPeople,
};

use crate::config::Environment;
use crate::config::providers::ProviderSection;
use crate::config::sign_in_values::{Factor, Switch, Unknown};
use crate::context::Context;
use crate::failure::Failure;

/// What `[sign_in]` says.
pub fn settings(context: &Context) -> Result<SignInSettings, Failure> {
    let configuration = &context.configuration;
    let providers = configuration.providers.iter().map(provider);
    Ok(SignInSettings {
        passwords: match configuration.sign_in.passwords {
            Switch::On => PasswordSignIn::On,
            Switch::Off => PasswordSignIn::Off,
        },
        providers: providers.collect::<Result<_, _>>()?,
    })
}

/// A provider, with its secret.
pub fn provider(section: &ProviderSection) -> Result<OpenIdConnectSettings, Failure> {
    let rest = &section.rest;
    let roles = rest.roles.as_ref().map(|rules| rules.0.clone());
    let domains = rest.domains.iter().flat_map(|words| &words.0);
    Ok(OpenIdConnectSettings {
        name: section.name.clone(),
        title: rest
            .title
            .clone()
            .unwrap_or_else(|| section.name.to_string()),
        issuer: section.issuer.clone(),
        client_id: section.client_id.clone(),
        client_secret: client_secret(section)?,
        scopes: rest.scopes.0.clone(),
        claims: ClaimNames {
            email: rest.email_claim.clone(),
            email_verified: rest.email_verified_claim.clone(),
            name: rest.name_claim.clone(),
            groups: rest.groups_claim.clone(),
        },
        roles: roles.unwrap_or_default(),
        default_role: rest.default_role,
        domains: domains.map(|domain| domain.to_lowercase()).collect(),
        unknown_people: match rest.unknown_people {
            Unknown::Refuse => UnknownPeople::Refuse,
            Unknown::Add => UnknownPeople::Add,
        },
        second_factor: match rest.second_factor {
            Factor::Usher => SecondFactor::Usher,
            Factor::Provider => SecondFactor::Provider,
            Factor::Claims => SecondFactor::Claims(rest.second_factor_values.0.clone()),
        },
        ca_file: rest.ca_file.clone(),
        timeout: rest.timeout.0,
    })
}

fn client_secret(section: &ProviderSection) -> Result<Option<ClientSecret>, Failure> {
    let rest = &section.rest;
    if let Some(path) = &rest.client_secret_file {
        return Ok(Some(ClientSecret::File(path.clone())));
    }
    let Some(variable) = &rest.client_secret_variable else {
        return Ok(None);
    };
    let secret = Environment::one(variable).ok_or_else(|| {
        let name = &section.name;
        Failure::usage(format!("the environment variable {variable} is not set"))
            .hint(format!("client_secret_variable of the identity provider {name} names it: it holds the client secret"))
    })?;
    Ok(Some(ClientSecret::Given(SecretString::from(secret.trim()))))
}
