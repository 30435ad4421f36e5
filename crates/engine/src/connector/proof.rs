//! Proving tokens by real calls.

use serde::Serialize;
use usher_boxed::boxed;
use usher_miro::{ErrorKind, MiroClient, Rest, Scim, Scope, UserQuery};
use usher_model::{AccountId, GroupModel, Known, OrganizationId, Sources};
use usher_store::Store;

use crate::EngineError;
use crate::refused::Refused;
use crate::sync::UNNAMED;

/// What the tokens were seen to be good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The organization.
    pub organization: OrganizationId,
    /// Its name, as REST gives it.
    pub name: Option<String>,
    /// Which tokens there are.
    pub tokens: Sources,
    /// What a SCIM Group means there.
    pub group_model: Known<GroupModel>,
    /// What each scope of the access token is good for, and whether it is there.
    pub scopes: Vec<Ability>,
    /// What cannot be done with these tokens, a line each.
    pub missing: Vec<String>,
}

/// A scope, and whether the access token has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ability {
    /// The scope.
    pub scope: &'static str,
    /// What it is good for.
    pub purpose: &'static str,
    /// Whether it is there; unknown where Miro does not say and no harmless call tells.
    pub granted: Known<bool>,
}

/// Asks Miro with each token, and finds out what the organization is like. Changes nothing.
///
/// `expected` is the organization that the tokens must belong to; with a SCIM token alone, the one they are taken to belong
/// to.
#[boxed]
pub async fn prove(
    store: &Store,
    client: &MiroClient,
    expected: Option<&OrganizationId>,
) -> Result<Proof, EngineError> {
    let tokens = Sources::from_tokens(client.rest().map(drop), client.scim().map(drop));
    let tokens = tokens.ok_or(EngineError::NoToken)?;
    let mut proof = match client.rest() {
        Some(rest) => prove_rest(rest, expected).await?,
        None => scim_only(store, expected).await?,
    };
    proof.tokens = tokens;
    match client.scim() {
        Some(scim) => prove_scim(scim, client.rest(), &mut proof).await?,
        None => proof.missing.push(
            "without a SCIM token no account can be created, changed, disabled or deleted"
                .to_owned(),
        ),
    }
    Ok(proof)
}

async fn prove_rest(rest: &Rest, expected: Option<&OrganizationId>) -> Result<Proof, EngineError> {
    let context = rest.token_context().await;
    let context = context.map_err(EngineError::miro("asking Miro about the access token"))?;
    let found = context
        .organization
        .as_ref()
        .ok_or(EngineError::NoOrganization)?;
    let organization = OrganizationId::new(&found.id);
    if let Some(expected) = expected.filter(|expected| **expected != organization) {
        return Err(EngineError::OtherOrganization {
            expected: expected.clone(),
            found: organization,
        });
    }
    let record = rest.organization(&organization).await;
    let record = record.map_err(EngineError::miro("reading the organization"))?;
    let report = rest
        .check_scopes(&context, &organization, &Scope::ALL)
        .await;
    let report = report.map_err(EngineError::miro(
        "finding out what the access token may do",
    ))?;
    let granted = |scope: &Scope| {
        if report.granted.contains(scope) {
            Known::Known(true)
        } else if report.missing.contains(scope) {
            Known::Known(false)
        } else {
            Known::Unknown
        }
    };
    let scopes = Scope::ALL.iter().map(|scope| Ability {
        scope: scope.name(),
        purpose: scope.purpose(),
        granted: granted(scope),
    });
    Ok(Proof {
        organization,
        name: Some(record.name),
        tokens: Sources::Rest,
        group_model: Known::Unknown,
        scopes: scopes.collect(),
        missing: report.messages(),
    })
}

/// SCIM does not say whom it answers for: it is the organization that was named, or the only one that the database holds.
async fn scim_only(store: &Store, expected: Option<&OrganizationId>) -> Result<Proof, EngineError> {
    let known = store.organizations().await?;
    let organization = match (expected, known.as_slice()) {
        (Some(expected), _) => expected.clone(),
        (None, []) => OrganizationId::new(UNNAMED),
        (None, [only]) => only.id.clone(),
        (None, several) => {
            let several = several.len();
            return Err(EngineError::WhichOrganization(format!(
                "the database holds {several} organizations, and SCIM does not say which of them answers"
            )));
        }
    };
    let missing = "without an access token guests, last activity, team roles and user groups stay unknown, teams \
                   cannot be created, and every cycle reads everything";
    Ok(Proof {
        organization,
        name: None,
        tokens: Sources::Scim,
        group_model: Known::Unknown,
        scopes: Vec::new(),
        missing: vec![missing.to_owned()],
    })
}

async fn prove_scim(
    scim: &Scim,
    rest: Option<&Rest>,
    proof: &mut Proof,
) -> Result<(), EngineError> {
    let query = UserQuery {
        count: 1,
        ..UserQuery::default()
    };
    let mut pages = scim.users(query);
    let first = futures::TryStreamExt::try_next(&mut pages).await;
    let first = first.map_err(EngineError::miro("asking SCIM for its first user"))?;
    drop(pages);
    let user = first.and_then(|page| page.items.into_iter().next());
    if let (Some(rest), Some(user)) = (rest, &user) {
        same_organization(rest, proof, &AccountId::new(&user.id)).await?;
    }
    // What a group is decides how people leave teams; without an answer it stays unknown, and nobody is taken out.
    proof.group_model = match scim.probe_group_model().await {
        Ok(usher_miro::GroupModel::Team) => Known::Known(GroupModel::Team),
        Ok(usher_miro::GroupModel::UserGroup) => Known::Known(GroupModel::UserGroup),
        Err(error) => {
            let why = format!(
                "what a SCIM group is could not be found out ({error}), so none is changed"
            );
            proof.missing.push(why);
            Known::Unknown
        }
    };
    Ok(())
}

/// A user of SCIM must be a member of the access token's organization: both number people alike.
async fn same_organization(
    rest: &Rest,
    proof: &Proof,
    user: &AccountId,
) -> Result<(), EngineError> {
    match rest.member(&proof.organization, user).await {
        Ok(_) => Ok(()),
        Err(error) if *error.kind() == ErrorKind::NotFound => {
            Err(Refused::TokensDisagree(proof.organization.clone()).into())
        }
        Err(error) => Err(EngineError::miro(
            "looking for a SCIM user among the members",
        )(error)),
    }
}
