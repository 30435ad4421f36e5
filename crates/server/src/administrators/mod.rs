//! Administrators: how they come in, and how they prove who they are.
//!
//! ```text
//!   first start ─▶ set-up link ─▶ first Super Administrator ─▶ invitations ─▶ everybody else
//!                                        │
//!                                        ▼
//!   e-mail, password, code ─▶ counted ─▶ checked ─▶ session (browsers)
//!   an identity provider's word (openid_connect) ─▶ ┘  API tokens (programs)
//! ```
//!
//! What somebody holds to come in is random, given out once, and stored as a hash only.

mod beginning;
mod invitation;
mod password;
mod secret;
mod set_up;
mod sign_in;
mod totp;

pub use beginning::{AtProvider, NewSignIn, SignedIn, begin};
pub use invitation::{InvitationLink, add_and_invite, invite};
pub use password::{PasswordProblem, Passwords};
pub(crate) use secret::random;
pub use secret::{Purpose, Secret, fingerprint};
pub use set_up::set_up_link;
pub use sign_in::{
    Factor, SignIn, SignInRefusal, check_factor, count, count_address, forget_attempts,
    may_sign_in, note_failure, sign_in, uncount, verify_both_factors, verify_password,
};
pub use totp::{RecoveryCodes, TotpSecret};
