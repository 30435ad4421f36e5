//! Whom the tokens speak for, and what they allow.

use usher_miro::{MiroClient, Rest, Scope, ScopeCheck};
use usher_miro_wire::TokenContext;
use usher_model::{Known, Organization, OrganizationId, Sources};
use usher_store::Store;

use crate::EngineError;
use crate::sync::{OptionalRead, SyncOptions};

/// Whether a read is worth an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// The token has the scope.
    Yes,
    /// The token lacks it, or it is switched off.
    No,
    /// Miro does not say which scopes the token has: only an attempt tells.
    Perhaps,
}

/// What is known before the first page is read.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The organization.
    pub organization: Organization,
    /// What will be read.
    pub sources: Sources,
    /// Whether user groups can be read through REST.
    pub user_groups: Allowed,
    /// Whether Miro's audit log can be read.
    pub audit_log: Allowed,
}

/// Asks Miro whose tokens these are, and refuses what cannot work.
pub async fn connect(
    client: &MiroClient,
    store: &Store,
    options: &SyncOptions,
) -> Result<Connection, EngineError> {
    let sources = Sources::from_tokens(client.rest().map(drop), client.scim().map(drop));
    let sources = sources.ok_or(EngineError::NoToken)?;
    let known = store.organizations().await?;
    let Some(rest) = client.rest() else {
        return connect_scim_only(known, options, sources);
    };
    let context = rest
        .token_context()
        .await
        .map_err(EngineError::miro("asking Miro about the access token"))?;
    let found = context
        .organization
        .as_ref()
        .ok_or(EngineError::NoOrganization)?;
    expect_organization(&OrganizationId::new(&found.id), &known, options)?;
    refuse_missing_scopes(&context)?;
    Ok(Connection {
        organization: read_organization(rest, &found.id).await?,
        sources,
        user_groups: allowed(&context, Scope::GroupsRead, options.user_groups),
        audit_log: allowed(&context, Scope::AuditLogsRead, options.audit_log),
    })
}

/// SCIM does not say whom it answers for: the organization is the one that was named, or the only one that
/// the database holds, or, in an empty database, one of its own.
fn connect_scim_only(
    known: Vec<Organization>,
    options: &SyncOptions,
    sources: Sources,
) -> Result<Connection, EngineError> {
    let unnamed = |id: OrganizationId| Organization {
        id,
        name: Known::Unknown,
        plan: Known::Unknown,
        full_licenses_purchased: Known::Unknown,
    };
    let mut known = known;
    let organization = match (&options.organization, known.len()) {
        (Some(named), _) => {
            let found = known
                .into_iter()
                .find(|organization| organization.id == *named);
            found.unwrap_or_else(|| unnamed(named.clone()))
        }
        (None, 0) => unnamed(OrganizationId::new("scim")),
        (None, 1) => known.remove(0),
        (None, several) => {
            let message = format!(
                "the database holds {several} organizations, and SCIM does not say which of them answers"
            );
            return Err(EngineError::WhichOrganization(message));
        }
    };
    Ok(Connection {
        organization,
        sources,
        user_groups: Allowed::No,
        audit_log: Allowed::No,
    })
}

/// A token of another organization must not add that organization to this database by accident.
fn expect_organization(
    found: &OrganizationId,
    known: &[Organization],
    options: &SyncOptions,
) -> Result<(), EngineError> {
    let expected = match &options.organization {
        Some(named) if named != found => Some(named),
        None if !known.iter().any(|organization| organization.id == *found) => {
            known.first().map(|organization| &organization.id)
        }
        _ => None,
    };
    match expected {
        Some(expected) => Err(EngineError::OtherOrganization {
            expected: expected.clone(),
            found: found.clone(),
        }),
        None => Ok(()),
    }
}

fn refuse_missing_scopes(context: &TokenContext) -> Result<(), EngineError> {
    let needed = [Scope::OrganizationsRead, Scope::TeamsRead];
    let missing = ScopeCheck::from_token_context(context, &needed).messages();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(EngineError::MissingScopes {
            message: missing.join("; "),
        })
    }
}

fn allowed(context: &TokenContext, scope: Scope, wanted: OptionalRead) -> Allowed {
    match (wanted, &context.scopes) {
        (OptionalRead::Off, _) => Allowed::No,
        (OptionalRead::WhenAllowed, None) => Allowed::Perhaps,
        (OptionalRead::WhenAllowed, Some(scopes)) => {
            if scopes.iter().any(|held| Scope::parse(held) == Some(scope)) {
                Allowed::Yes
            } else {
                Allowed::No
            }
        }
    }
}

async fn read_organization(rest: &Rest, id: &str) -> Result<Organization, EngineError> {
    let found = rest
        .organization(&OrganizationId::new(id))
        .await
        .map_err(EngineError::miro("reading the organization"))?;
    Ok(Organization {
        id: OrganizationId::new(&found.id),
        name: Known::Known(found.name),
        plan: Known::Known(found.plan),
        full_licenses_purchased: found
            .full_licenses_purchased
            .and_then(|seats| u32::try_from(seats).ok())
            .into(),
    })
}
