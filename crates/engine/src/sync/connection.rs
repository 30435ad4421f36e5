//! Whom the tokens speak for, and what they allow.

use usher_miro::{Rest, Scope, ScopeCheck};
use usher_miro_wire::TokenContext;
use usher_model::{Known, Organization, OrganizationId, Sources};

use crate::EngineError;
use crate::sync::run::Context;
use crate::sync::{OptionalRead, SyncOptions, identifying};

/// The id of an organization that was read with SCIM alone: SCIM does not tell the one that Miro gives it.
pub(crate) const UNNAMED: &str = "scim";

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
pub(super) async fn connect(context: Context<'_>) -> Result<Connection, EngineError> {
    let Context {
        store,
        client,
        options,
        ..
    } = context;
    let sources = Sources::from_tokens(client.rest().map(drop), client.scim().map(drop));
    let sources = sources.ok_or(EngineError::NoToken)?;
    let known = store.organizations().await?;
    let Some(rest) = client.rest() else {
        return connect_scim_only(known, options, sources);
    };
    let token = rest
        .token_context()
        .await
        .map_err(EngineError::miro("asking Miro about the access token"))?;
    let found = token
        .organization
        .as_ref()
        .ok_or(EngineError::NoOrganization)?;
    let id = OrganizationId::new(&found.id);
    if let Some(expected) = other_organization(&id, &known, options.organization.as_ref()) {
        return Err(EngineError::OtherOrganization {
            expected,
            found: id,
        });
    }
    refuse_missing_scopes(&token)?;
    if is_unnamed(&known) {
        identifying::identify(context, rest, &id).await?;
    }
    Ok(Connection {
        organization: read_organization(rest, &found.id).await?,
        sources,
        user_groups: allowed(&token, Scope::GroupsRead, options.user_groups),
        audit_log: allowed(&token, Scope::AuditLogsRead, options.audit_log),
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
        (None, 0) => unnamed(OrganizationId::new(UNNAMED)),
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

/// The organization that was expected, if the one that answers is another: a token of another organization must not
/// add that organization to a database by accident. Which organization it is that was read with SCIM alone, only
/// its people tell.
pub fn other_organization(
    found: &OrganizationId,
    known: &[Organization],
    named: Option<&OrganizationId>,
) -> Option<OrganizationId> {
    match named {
        Some(named) => (named != found).then(|| named.clone()),
        None if is_unnamed(known) => None,
        None if known.iter().any(|organization| organization.id == *found) => None,
        None => known.first().map(|organization| organization.id.clone()),
    }
}

/// Whether the database holds one organization, and nobody knows which.
fn is_unnamed(known: &[Organization]) -> bool {
    matches!(known, [only] if only.id.as_str() == UNNAMED)
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
