//! What the API can do, one [`Operation`] each: the router, the rights and the document are all made from this.

use axum::http::Method;
use usher_model::{EventKind, Right};
use utoipa_axum::router::UtoipaMethodRouter;

use super::caller::{Caller, Who};
use crate::Server;
use crate::problem::{Problem, ProblemType};

/// One thing that the API can do.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, as in `accounts.list`; part of the interface.
    pub id: &'static str,
    /// The method.
    pub verb: Verb,
    /// The path behind `/api/v1`.
    pub path: &'static str,
    /// Who may do it.
    pub access: Access,
    /// The events of which it writes at least one when it changes something; none: it changes nothing.
    pub changes: &'static [EventKind],
    /// Whether its answer holds something that is shown once and never kept.
    pub answer: AnswerKind,
    /// Its handler, with its documentation.
    pub route: fn() -> UtoipaMethodRouter<Server>,
}

/// The method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Look.
    Get,
    /// Come back from an identity provider, which sends browsers with a GET: it changes something all the same, and what
    /// protects it is what the browser holds since it left.
    Return,
    /// Do, or add.
    Post,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

/// What an operation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// What may be asked for again.
    Plain,
    /// Something that is shown once and never kept.
    Secret,
}

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever asks.
    Anyone,
    /// Administrators and service accounts, whatever their role.
    SignedIn,
    /// Administrators who signed in themselves, whatever their role; no API tokens.
    InPerson,
    /// Whoever has this right; with an API token, whose token has it as a scope too.
    Right(Right),
}

impl Verb {
    /// The method.
    pub fn method(self) -> Method {
        match self {
            Self::Get | Self::Return => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

impl Operation {
    /// Whether it can be sent with an idempotency key: it changes something, and asks who is there. Whoever signs in gets a
    /// session each time.
    pub fn takes_key(&self) -> bool {
        !self.changes.is_empty() && self.access != Access::Anyone
    }

    /// One that changes nothing.
    pub const fn reads(
        id: &'static str,
        path: &'static str,
        access: Access,
        route: fn() -> UtoipaMethodRouter<Server>,
    ) -> Self {
        Self {
            id,
            verb: Verb::Get,
            path,
            access,
            changes: &[],
            answer: AnswerKind::Plain,
            route,
        }
    }

    /// One that changes something, and writes at least one of these events when it does.
    pub const fn changes(
        id: &'static str,
        (verb, path): (Verb, &'static str),
        access: Access,
        changes: &'static [EventKind],
        route: fn() -> UtoipaMethodRouter<Server>,
    ) -> Self {
        Self {
            id,
            verb,
            path,
            access,
            changes,
            answer: AnswerKind::Plain,
            route,
        }
    }

    /// The same, and its answer holds something that is shown once and never kept.
    pub const fn with_secret_answer(mut self) -> Self {
        self.answer = AnswerKind::Secret;
        self
    }

    /// The first part of its name: what it is about.
    pub fn noun(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(noun, _)| noun)
    }
}

impl Access {
    /// Whether `caller` may: the one place where this is decided.
    pub fn check(self, caller: &Caller) -> Result<(), Problem> {
        match (self, caller.who()) {
            (Self::Anyone, _)
            | (Self::SignedIn, Who::InPerson { .. } | Who::ByToken { .. })
            | (Self::InPerson, Who::InPerson { .. }) => Ok(()),
            (Self::Right(right), Who::InPerson { .. } | Who::ByToken { .. }) => {
                if caller.has(right) {
                    return Ok(());
                }
                Err(lacks(right, caller))
            }
            (_, Who::Visitor) => Err(nobody()),
            (Self::InPerson, Who::ByToken { .. }) => Err(Problem::forbidden(
                "this takes an administrator in person, and not an API token",
            )
            .hint("sign in with `POST /auth/sign-in`")),
        }
    }

    /// Who may, in words.
    pub fn words(self) -> String {
        match self {
            Self::Anyone => "Anyone may ask.".to_owned(),
            Self::SignedIn => "Whoever is signed in may ask.".to_owned(),
            Self::InPerson => "Whoever is signed in may ask, but not with an API token.".to_owned(),
            Self::Right(right) => format!("Needs the right `{right}`."),
        }
    }
}

fn nobody() -> Problem {
    Problem::new(ProblemType::Unauthorized, "nobody is signed in")
        .hint("sign in, or send `Authorization: Bearer` with an API token")
}

fn lacks(right: Right, caller: &Caller) -> Problem {
    let problem = Problem::forbidden(format!("this needs the right `{right}`"));
    match caller.who() {
        Who::ByToken { administrator, .. } if administrator.role.has(right) => {
            problem.hint(format!("use a token that has the scope `{right}`"))
        }
        _ => problem.hint("a Super Administrator can give you another role"),
    }
}
