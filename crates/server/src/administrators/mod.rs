//! Administrators: how they come in, and how they prove who they are.
//!
//! ```text
//!   first start ─▶ set-up link ─▶ first Super Administrator ─▶ invitations ─▶ everybody else
//!                                        │
//!                                        ▼
//!   e-mail, password, code ─▶ counted ─▶ checked ─▶ session (browsers)
//!                                                   API tokens (programs)
//! ```
//!
//! What somebody holds to come in is random, given out once, and stored as a hash only.

mod invitation;
mod password;
mod secret;
mod set_up;
mod sign_in;
mod totp;

pub use invitation::{InvitationLink, add_and_invite, invite};
pub use password::{PasswordProblem, Passwords};
pub use secret::{Purpose, Secret, fingerprint};
pub use set_up::set_up_link;
pub use sign_in::{
    SignIn, SignInRefusal, SignedIn, forget_attempts, sign_in, verify_both_factors, verify_password,
};
pub use totp::{RecoveryCodes, TotpSecret};
