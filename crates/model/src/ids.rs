//! One type per kind of id, so that a team's id cannot be passed where an account's is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Wraps an id as it came from its system.
            pub fn new(id: impl AsRef<str>) -> Self {
                Self(SmolStr::new(id.as_ref()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(SmolStr::from(id))
            }
        }
    };
}

id!(
    /// A Miro organization's id: a decimal number of up to 19 digits, kept as text.
    OrganizationId
);
id!(
    /// An account's id in Miro. The same number names the person in SCIM and in REST.
    AccountId
);
id!(
    /// A Miro team's id.
    TeamId
);
id!(
    /// A Miro user group's id.
    UserGroupId
);
id!(
    /// One synchronization: a version 7 UUID, so that ids sort by time.
    SyncId
);
id!(
    /// One event of the audit log: a version 7 UUID.
    EventId
);

id!(
    /// A person of the directory: a version 7 UUID given by Usher, the same whichever sources know the person.
    PersonId
);
id!(
    /// A group of the directory: a version 7 UUID given by Usher.
    GroupId
);
id!(
    /// A directory source's name, chosen by whoever configured it.
    SourceName
);
id!(
    /// An assignment: a version 7 UUID.
    AssignmentId
);
id!(
    /// A hold: a version 7 UUID.
    HoldId
);
id!(
    /// A plan: a version 7 UUID.
    PlanId
);
id!(
    /// A provisioning cycle: a version 7 UUID.
    CycleId
);
id!(
    /// Somebody or something that uses Usher: a version 7 UUID.
    AdministratorId
);
id!(
    /// A session of an administrator: a version 7 UUID. It is no secret.
    SessionId
);
id!(
    /// An API token: a version 7 UUID. It is no secret.
    TokenId
);
id!(
    /// A job: a version 7 UUID.
    JobId
);
id!(
    /// A stored secret: a version 7 UUID.
    SecretId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_and_writes_as_plain_text() {
        let id = TeamId::new("3074457345700000000");
        assert_eq!(id.to_string(), "3074457345700000000");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"3074457345700000000\"");
        assert_eq!(serde_json::from_str::<TeamId>(&json).unwrap(), id);
    }
}
