//! Signing in at an identity provider, with OpenID Connect.
//!
//! ```text
//!   begin ─▶ cookie in the browser, row in the database ─▶ the provider asks who it is
//!                                                              │ state, code
//!                                                              ▼
//!   session ◀─ role, tie ◀─ claims ◀─ ID token ◀─ code exchanged ◀─ callback: this browser's, once, in time
//! ```
//!
//! The authorization code flow of OpenID Connect Core 1.0 §3.1 with PKCE (RFC 7636), as RFC 9700 asks for it. What
//! decides is pure: the discovery document ([`discovery`]), the signature ([`keys`]), the ID token ([`id_token`]), what
//! its claims say of a person ([`claims`]), and what that means here ([`decision`]). The database knows a sign-in under way by hashes alone; the
//! nonce and PKCE's verifier are made from what the browser holds, and are stored nowhere.

pub mod claims;
pub mod decision;
pub mod discovery;
mod fetch;
mod finish;
pub mod id_token;
mod issuer;
mod kept;
pub mod keys;
mod provider;
mod refusal;
mod return_to;
mod second_factor;
mod settings;
mod sign_out;
mod start;
mod visit;

pub use finish::{Arrival, Finished, finish};
pub use issuer::Issuer;
pub(crate) use kept::{open as open_kept, seal as seal_kept};
pub use provider::{Discovered, Provider, Providers, look};
pub use refusal::Refusal;
pub use return_to::ReturnTo;
pub use second_factor::{Shown, confirm};
pub use settings::{
    ClaimNames, ClientSecret, OpenIdConnectSettings, PasswordSignIn, ProviderName, RoleRule,
    SecondFactor, SignInSettings, UnknownPeople,
};
pub use sign_out::sign_out_url;
pub use start::{PATIENCE, Started, redirect_uri, start};
