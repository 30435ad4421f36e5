//! The checks, in the order in which one needs the other.

use std::sync::Arc;

use futures::TryStreamExt;
use usher_engine::EngineError;
use usher_engine::sync::other_organization;
use usher_miro::{GroupModel, MiroClient, MiroError, Rest, Scim, Scope, UserQuery};
use usher_model::{Organization, OrganizationId};
use usher_server::openid_connect::look;
use usher_store::Store;

use super::Check;
use crate::commands::sync;
use crate::config::providers::ProviderSection;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::output::humanize;
use crate::sign_in::provider;

/// What reading needs.
const NEEDED: [Scope; 2] = [Scope::OrganizationsRead, Scope::TeamsRead];
/// What reading can use, and what is missing without it.
const USEFUL: [(Scope, &str); 2] = [
    (
        Scope::GroupsRead,
        "user groups stay unknown, unless a SCIM token shows them",
    ),
    (
        Scope::AuditLogsRead,
        "`usher diff` cannot say who made a change",
    ),
];

/// Runs every check that can be run.
pub async fn all(context: &Context) -> Vec<Check> {
    let mut checks = vec![settings(context), database(context).await];
    match sync::client(context) {
        Ok(client) => {
            rest(&client, context, &mut checks).await;
            scim(&client, context, &mut checks).await;
            checks.extend(clock(&client, context));
        }
        Err(failure) => checks.push(Check::failed("tokens", &failure)),
    }
    for section in &context.configuration.providers {
        checks.push(sign_in(section, context).await);
    }
    checks
}

fn settings(context: &Context) -> Check {
    Check::ok(
        "settings",
        match &context.configuration.file {
            Some(file) => format!("read from {}", file.display()),
            None => "no usher.toml; defaults, environment and flags only".to_owned(),
        },
    )
}

async fn database(context: &Context) -> Check {
    match try_database(context).await {
        Ok(check) => check,
        Err(failure) => Check::failed("database", &failure),
    }
}

/// A missing database is no failure and is not created, and an old schema stays: the first sync sees to both.
async fn try_database(context: &Context) -> Result<Check, Failure> {
    let url = inventory::database_url(context)?;
    let Some(check) = Store::look(&url, Arc::clone(&context.clock)).await? else {
        return Ok(Check::ok(
            "database",
            format!("{url} is not there yet; the first sync makes it"),
        ));
    };
    let schema = if check.schema_version < check.known_version {
        format!(
            "schema version {}, which the next command that uses it brings to {}",
            check.schema_version, check.known_version
        )
    } else {
        format!("schema version {}", check.schema_version)
    };
    let finding = format!(
        "{}: {} {}, {schema}, {} bytes",
        check.database,
        check.engine,
        check.engine_version,
        humanize::count(check.size_bytes)
    );
    Ok(if check.writable {
        Check::ok("database", finding)
    } else {
        Check::warning(
            "database",
            format!("{finding}, read-only"),
            "syncs cannot store anything; check the permissions of the file and its folder",
        )
    })
}

async fn rest(client: &MiroClient, context: &Context, checks: &mut Vec<Check>) {
    let Some(rest) = client.rest() else {
        let missing = "no access token is set";
        checks.push(Check::warning(
            "REST API",
            missing,
            "set USHER_ACCESS_TOKEN to see guests, activity and team roles",
        ));
        return;
    };
    if let Err(error) = try_rest(rest, context, checks).await {
        checks.push(unreached("REST API", error, context));
    }
}

fn unreached(name: &'static str, error: MiroError, context: &Context) -> Check {
    let address = context.address_hint(&error);
    Check::failed(name, &Failure::from(error).maybe_hint(address))
}

async fn try_rest(
    rest: &Rest,
    context: &Context,
    checks: &mut Vec<Check>,
) -> Result<(), MiroError> {
    let token = rest.token_context().await?;
    let url = &context.configuration.miro.rest_url;
    checks.push(Check::ok(
        "REST API",
        format!("{url} accepts the access token"),
    ));
    let Some(organization) = &token.organization else {
        let failure = Failure::new(
            Exit::Credentials,
            "Miro does not say which organization this access token belongs to",
        );
        let hint = "install the app in a team of the Enterprise organization and use its token";
        checks.push(Check::failed("organization", &failure.hint(hint)));
        return Ok(());
    };
    let id = OrganizationId::new(&organization.id);
    scopes(rest, &token, &id, checks).await?;
    if let Some(expected) = other_organization(&id, &known(context).await, None) {
        let other = EngineError::OtherOrganization {
            expected,
            found: id,
        };
        checks.push(Check::failed("organization", &other.into()));
        return Ok(());
    }
    let found = rest.organization(&id).await?;
    checks.push(Check::ok(
        "organization",
        format!("{} ({id}), plan {}", found.name, found.plan),
    ));
    Ok(())
}

/// The organizations that the database holds. What is wrong with the database, its own check says.
async fn known(context: &Context) -> Vec<Organization> {
    let Ok(url) = inventory::database_url(context) else {
        return Vec::new();
    };
    Store::known_organizations(&url, Arc::clone(&context.clock))
        .await
        .unwrap_or_default()
}

async fn scopes(
    rest: &Rest,
    token: &usher_miro::wire::TokenContext,
    organization: &OrganizationId,
    checks: &mut Vec<Check>,
) -> Result<(), MiroError> {
    let all: Vec<Scope> = NEEDED
        .into_iter()
        .chain(USEFUL.map(|(scope, _)| scope))
        .collect();
    let report = rest.check_scopes(token, organization, &all).await?;
    for scope in NEEDED {
        checks.push(if report.missing.contains(&scope) {
            let failure = Failure::new(Exit::Credentials, scope.missing_message());
            Check::failed("scope", &failure.hint(scope_hint(scope)))
        } else {
            Check::ok("scope", scope.name())
        });
    }
    for (scope, consequence) in USEFUL {
        checks.push(if report.missing.contains(&scope) {
            Check::warning(
                "scope",
                format!("{} is missing: {consequence}", scope.name()),
                scope_hint(scope),
            )
        } else {
            Check::ok("scope", scope.name())
        });
    }
    Ok(())
}

fn scope_hint(scope: Scope) -> String {
    format!(
        "tick {} in the settings of the Miro app, install the app again and use its new token",
        scope.name()
    )
}

async fn scim(client: &MiroClient, context: &Context, checks: &mut Vec<Check>) {
    let Some(scim) = client.scim() else {
        checks.push(Check::warning(
            "SCIM API",
            "no SCIM token is set",
            "set USHER_SCIM_TOKEN to see names and enterprise attributes, and to compare totals",
        ));
        return;
    };
    match people(scim).await {
        Ok(people) => {
            let people = humanize::counted(people, "member");
            checks.push(Check::ok(
                "SCIM API",
                format!("accepts the SCIM token and counts {people}"),
            ));
            checks.push(group_model(scim).await);
        }
        Err(error) => checks.push(unreached("SCIM API", error, context)),
    }
}

async fn people(scim: &Scim) -> Result<u64, MiroError> {
    let query = UserQuery {
        count: 1,
        ..UserQuery::default()
    };
    let page = scim.users(query).try_next().await?;
    Ok(page.map_or(0, |page| page.total_results))
}

/// The probe asks for something that is refused either way, so it changes nothing.
async fn group_model(scim: &Scim) -> Check {
    match scim.probe_group_model().await {
        Ok(GroupModel::Team) => Check::ok("group model", "SCIM groups are teams"),
        Ok(GroupModel::UserGroup) => Check::ok("group model", "SCIM groups are user groups"),
        Err(error) => Check::failed("group model", &Failure::from(error)),
    }
}

/// Whether administrators can sign in at an identity provider, as far as that can be seen without somebody who does.
async fn sign_in(section: &ProviderSection, context: &Context) -> Check {
    let name = "sign-in";
    let settings = match provider(section) {
        Ok(settings) => settings,
        Err(failure) => return Check::failed(name, &failure),
    };
    match look(&settings, &*context.clock).await {
        Ok(found) => {
            let base = context.configuration.server.public_url.as_ref();
            let base = base.map_or("", |url| url.as_str()).trim_end_matches('/');
            let keys = humanize::counted(u64::try_from(found.keys).unwrap_or(0), "key");
            let redirect = settings.redirect_uri(base);
            Check::ok(
                name,
                format!(
                    "{} answers and has {keys}; its redirect address is {redirect}",
                    settings.issuer
                ),
            )
        }
        Err(refusal) => {
            let problem = refusal.into_problem(settings.issuer.as_str(), context.now());
            let failure = Failure::new(Exit::Upstream, problem.detail());
            Check::failed(
                name,
                &failure.maybe_hint(problem.remedy().map(str::to_owned)),
            )
        }
    }
}

/// A clock that is far off makes activity dates wrong, and certificates look expired.
fn clock(client: &MiroClient, context: &Context) -> Option<Check> {
    let theirs = client.meter().server_date?;
    let apart = context.now().duration_since(theirs).unsigned_abs();
    let said = humanize::duration(apart);
    Some(if apart.as_secs() <= 60 {
        Check::ok("clock", "agrees with Miro's to the minute")
    } else {
        Check::warning(
            "clock",
            format!("{said} off Miro's"),
            "set this machine's clock, best by NTP",
        )
    })
}
