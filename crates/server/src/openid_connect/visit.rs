//! Somebody whom a provider named: which administrator they are, and what they are from now on.

use std::net::IpAddr;

use serde_json::json;
use usher_model::{Actor, AdministratorId, EventKind, Origin, Role};
use usher_store::{
    AdministratorKind, AdministratorRecord, Identity, NewAdministrator, StoreError, Tied,
};

use super::claims::Person;
use super::decision::{IsLast, Mapped, mapped, role_of};
use super::provider::Provider;
use super::refusal::{Outcome, Refusal, passed, tame};
use super::settings::UnknownPeople;
use crate::Server;

/// Somebody at the door.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The server.
    pub server: &'a Server,
    /// Who says who they are.
    pub provider: &'a Provider,
    /// Where they come from.
    pub address: Option<IpAddr>,
    /// Who they are there.
    pub identity: &'a Identity,
    /// What is said of them.
    pub person: &'a Person,
}

impl Visit<'_> {
    /// The administrator they are, with the role that they have from now on.
    pub async fn administrator(&self) -> Outcome<AdministratorRecord> {
        let store = self.server.store();
        if let Some(known) = store.administrator_by_identity(self.identity).await? {
            let role = passed!(self.role(&known).await?);
            return self.follow(known, role).await;
        }
        let email = passed!(self.verified_email());
        let Some(known) = store.administrator_by_email(email).await? else {
            return self.add(email).await;
        };
        let role = passed!(self.role(&known).await?);
        let event = self.event(&known, EventKind::IdentityTied, json!({"email": email}));
        match store
            .tie_identity(&known.id, self.identity, &[event])
            .await?
        {
            Tied::Now => self.follow(known, role).await,
            Tied::ToAnother => Ok(Err(Refusal::TiedToAnother)),
        }
    }

    /// The address by which somebody is found the first time: only one that is really theirs.
    fn verified_email(&self) -> Result<&str, Refusal> {
        let email = self.person.email.as_ref().ok_or(Refusal::NoEmail)?;
        if !email.is_verified {
            return Err(Refusal::EmailNotVerified);
        }
        Ok(&email.address)
    }

    async fn role(&self, known: &AdministratorRecord) -> Outcome<Role> {
        let is_last = self
            .server
            .store()
            .is_last_super_administrator(known)
            .await?;
        let is_last = if is_last { IsLast::Yes } else { IsLast::No };
        let mapped = mapped(&self.provider.settings, self.person);
        Ok(role_of(known, mapped, is_last))
    }

    /// Gives a known administrator the role that the claims mean.
    async fn follow(&self, known: AdministratorRecord, role: Role) -> Outcome<AdministratorRecord> {
        if known.role == role {
            return Ok(Ok(known));
        }
        let what = |role: Role| json!({"name": known.name, "email": known.email, "role": role});
        let data = json!({"before": what(known.role), "after": what(role)});
        let event = self.event(&known, EventKind::AdministratorChanged, data);
        let changed = AdministratorRecord {
            role,
            ..known.clone()
        };
        match self
            .server
            .store()
            .change_administrator(&changed, &[event])
            .await
        {
            Ok(changed) => Ok(Ok(changed)),
            // Meanwhile, they became the last one.
            Err(StoreError::LastSuperAdministrator) => Ok(Ok(known)),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds somebody whom Usher does not know, where that is wanted.
    async fn add(&self, email: &str) -> Outcome<AdministratorRecord> {
        let settings = &self.provider.settings;
        let role = match mapped(settings, self.person) {
            Ok(Mapped::Role(role)) => Some(role),
            Ok(Mapped::Own { at_first }) => at_first,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (UnknownPeople::Add, Some(role)) = (settings.unknown_people, role) else {
            return Ok(Err(Refusal::Unknown));
        };
        let store = self.server.store();
        let new = NewAdministrator {
            id: store.new_administrator_id(),
            kind: AdministratorKind::Person,
            name: self
                .person
                .name
                .as_deref()
                .map_or_else(|| email.to_owned(), tame),
            email: Some(email.to_owned()),
            role,
            password: None,
        };
        let data = json!({"email": email, "role": role});
        let event = self.event_of(&new.id, email, (EventKind::AdministratorAdded, data));
        let added = store
            .add_identified_administrator(&new, self.identity, &[event])
            .await?;
        Ok(added.ok_or(Refusal::TiedToAnother))
    }

    fn event(
        &self,
        of: &AdministratorRecord,
        kind: EventKind,
        data: serde_json::Value,
    ) -> usher_model::Event {
        self.event_of(
            &of.id,
            of.email.as_deref().unwrap_or_default(),
            (kind, data),
        )
    }

    /// An event of what a sign-in changes: by whoever signs in, because of what the provider says of them.
    fn event_of(
        &self,
        id: &AdministratorId,
        email: &str,
        (kind, mut data): (EventKind, serde_json::Value),
    ) -> usher_model::Event {
        if let Some(data) = data.as_object_mut() {
            data.insert("how".into(), "open_id_connect".into());
            data.insert(
                "provider".into(),
                self.provider.settings.name.as_str().into(),
            );
            data.insert("issuer".into(), self.identity.issuer.as_str().into());
            data.insert("subject".into(), self.identity.subject.as_str().into());
        }
        let actor = Actor::Administrator {
            id: id.clone(),
            email: email.to_owned(),
            token: None,
            address: self.address,
        };
        self.server
            .acting(&actor, Origin::Http)
            .event(kind, format!("administrator:{id}"), data)
    }
}
