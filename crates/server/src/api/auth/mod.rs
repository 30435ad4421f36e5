//! Coming in, and leaving.

pub mod accept_invitation;
pub mod begin_openid_connect;
mod cookies;
pub mod finish_openid_connect;
pub mod methods;
mod refusal_page;
pub mod set_up;
pub mod show_second_factor;
pub mod sign_in;
pub mod sign_out;

use secrecy::SecretString;

use crate::administrators::Passwords;
use crate::problem::Problem;

/// Refuses a password that cannot be taken.
pub(super) fn check_password(
    password: &SecretString,
    email: &str,
    at: &'static str,
) -> Result<(), Problem> {
    Passwords::check(password, email).map_err(|why| Problem::invalid(why.to_string()).at(at))
}

/// Refuses a link that is used up, expired or made up.
pub(super) fn no_such_link() -> Problem {
    Problem::not_found("this link was used already, has expired, or never was")
        .hint("a Super Administrator makes another one; as long as nobody uses Usher, each start of `usher serve` prints one")
        .at("/token")
}
