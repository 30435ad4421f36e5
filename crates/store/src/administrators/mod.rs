//! Who uses Usher: administrators and service accounts, and how they prove who they are.
//!
//! Nothing secret is stored as it is: tokens come and go as SHA-256 hashes, passwords as the text of their argon2id hash.

mod credentials;
mod flows;
mod idempotency;
mod identities;
mod invitations;
mod records;
mod sessions;
mod signing_in;
mod tokens;
mod writing;

pub use credentials::Credentials;
pub use flows::{ProvenFlow, SignInFlow};
pub use idempotency::{IdempotentAnswer, KeyedRequest, Reserved};
pub use identities::{Identity, IdentityRecord, Tied};
pub use invitations::{Invitation, InvitationPurpose, NewInvitation};
pub use records::{
    AdministratorFilter, AdministratorKind, AdministratorRecord, AdministratorState,
};
pub use sessions::{NewSession, ProviderSession, SessionLimits, SessionRecord, SignInMethod};
pub use signing_in::{Attempt, Counted, Limit};
pub use tokens::{NewToken, TokenFilter, TokenRecord};
pub use writing::NewAdministrator;
