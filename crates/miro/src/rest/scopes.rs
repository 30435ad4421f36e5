//! Which scopes the token has, asked up front.

use usher_boxed::boxed;
use usher_miro_wire::TokenContext;
use usher_model::OrganizationId;

use super::Rest;
use crate::call::Call;
use crate::route;
use crate::{ErrorKind, MiroError, Scope, ScopeCheck};

/// What is known about a token's scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeReport {
    /// Needed and there.
    pub granted: Vec<Scope>,
    /// Needed and not there.
    pub missing: Vec<Scope>,
    /// Needed; Miro did not list the token's scopes, and this one cannot be tried out without changing something.
    pub unknown: Vec<Scope>,
}

impl ScopeReport {
    /// One message per missing scope.
    pub fn messages(&self) -> Vec<String> {
        self.missing
            .iter()
            .map(|scope| scope.missing_message())
            .collect()
    }
}

impl Rest {
    /// Checks a token's scopes from its context, and tries reading scopes out where Miro does not list them.
    ///
    /// # Errors
    /// Whatever stands in the way of trying a scope out, other than the scope itself.
    #[boxed]
    pub async fn check_scopes(
        &self,
        context: &TokenContext,
        organization: &OrganizationId,
        needed: &[Scope],
    ) -> Result<ScopeReport, MiroError> {
        let mut report = ScopeReport {
            granted: Vec::new(),
            missing: Vec::new(),
            unknown: Vec::new(),
        };
        match ScopeCheck::from_token_context(context, needed) {
            ScopeCheck::Granted => report.granted = needed.to_vec(),
            ScopeCheck::Missing(missing) => {
                let is_granted = |scope: &Scope| !missing.contains(scope);
                report.granted = needed.iter().copied().filter(is_granted).collect();
                report.missing = missing;
            }
            ScopeCheck::Unknown => {
                for &scope in needed {
                    match self.try_out(scope, organization).await? {
                        Some(true) => report.granted.push(scope),
                        Some(false) => report.missing.push(scope),
                        None => report.unknown.push(scope),
                    }
                }
            }
        }
        Ok(report)
    }

    /// Whether a call that needs the scope works; `None` when there is no harmless one.
    async fn try_out(
        &self,
        scope: Scope,
        organization: &OrganizationId,
    ) -> Result<Option<bool>, MiroError> {
        let Some(call) = self.harmless_call(scope, organization)? else {
            return Ok(None);
        };
        match self.caller.json::<serde_json::Value>(call).await {
            Ok(_) => Ok(Some(true)),
            Err(error) => match error.kind() {
                ErrorKind::MissingScope(_) | ErrorKind::Forbidden => Ok(Some(false)),
                _ => Err(error),
            },
        }
    }

    fn harmless_call(
        &self,
        scope: Scope,
        organization: &OrganizationId,
    ) -> Result<Option<Call>, MiroError> {
        let id = [organization.as_str()];
        let call = match scope {
            Scope::OrganizationsRead => self.caller.call(&route::GET_ORGANIZATION, &id)?,
            Scope::TeamsRead => self
                .caller
                .call(&route::LIST_TEAMS, &id)?
                .query("limit", "1"),
            Scope::GroupsRead => self
                .caller
                .call(&route::LIST_GROUPS, &id)?
                .query("limit", "1"),
            // An empty stretch of time long ago, which costs Miro nothing to search.
            Scope::AuditLogsRead => self
                .caller
                .call(&route::AUDIT_LOGS, &[])?
                .query("createdAfter", "2020-01-01T00:00:00.000Z")
                .query("createdBefore", "2020-01-01T00:00:01.000Z")
                .query("limit", "1"),
            Scope::BoardsRead => self
                .caller
                .call(&route::LIST_BOARDS, &[])?
                .query("limit", "1"),
            Scope::TeamsWrite | Scope::GroupsWrite | Scope::SessionsDelete => return Ok(None),
        };
        Ok(Some(call))
    }
}
