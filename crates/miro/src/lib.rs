//! A client of Miro's REST and SCIM APIs that knows their limits.
//!
//! [`MiroClient`] is made from [`MiroSettings`] with one or both of Miro's tokens, and gives typed calls:
//! [`Rest`] for the REST API (OAuth access token), [`Scim`] for the SCIM API (SCIM token), [`OAuth`] for the
//! tokens themselves. Lists are streams of pages that read one page ahead.
//!
//! ```text
//!  typed call ─▶ Call ─▶ send loop ─▶ lane (waits until Miro's limit has room) ─▶ transport ─▶ Miro
//!                          │  ▲          ▲                                            │
//!                          │  └─ retry ──┴── 429, X-RateLimit-*, Retry-After ◀────────┤
//!                          ▼                                                          ▼
//!                        meter                                            value or MiroError
//! ```
//!
//! - Every call passes a [`Lane`]: never more credits than a limit in any window of its length, fixed or
//!   sliding, as Miro counts them. The client waits rather than provoking a 429.
//! - Only what is safe is retried ([`Idempotency`]); an unsafe call whose outcome is unknown ends in
//!   [`ErrorKind::Ambiguous`], and the caller has to look before it tries again.
//! - Every failure is a [`MiroError`]: what it means, whether trying again can help, what to do.
//! - [`MiroClient::meter`] says at any time what was asked, paid and waited for.
//!
//! Neither tokens nor bodies are logged. `meta.location` is never followed, redirects neither.

mod base_url;
mod call;
mod client;
mod error;
mod lane;
mod limits;
mod meter;
mod oauth;
mod outbound;
mod page;
mod priority;
mod request_id;
mod rest;
mod retry;
mod route;
mod scim;
mod scope;
mod send;
mod settings;
mod transport;

pub use base_url::Carries;
pub use client::MiroClient;
pub use error::{ConflictKind, ErrorKind, MiroError, Permanence, TlsProblem, Unreachable};
pub use lane::{Admission, Ended, Lane, Observation, Ticket};
pub use limits::{LimitHeader, LimitProfile, RestLevel, ScimClass, ScimPool};
pub use meter::{ClientMeter, LaneStatus};
pub use oauth::{OAuth, OAuthApp, Tokens};
pub use outbound::{OutboundSettings, outbound_client};
pub use page::{Page, PageStream, ScimPage, ScimPageStream};
pub use priority::Priority;
pub use request_id::with_request_id;
pub use rest::{
    AuditOrder, AuditQuery, GroupListQuery, MemberQuery, Rest, ScopeReport, TeamMemberQuery,
    TeamQuery,
};
pub use route::{Idempotency, required_scopes};
pub use scim::{
    GroupModel, GroupQuery, Patch, Scim, ScimEnterprise, ScimGroup, ScimGroupDraft,
    ScimGroupMember, ScimManager, ScimName, ScimRole, ScimUser, ScimUserDraft, ScimValue,
    SortOrder, UserQuery,
};
pub use scope::{Scope, ScopeCheck};
pub use settings::MiroSettings;

pub use usher_miro_wire as wire;
