//! Why somebody was not signed in by a provider: what failed, and what to do.

use usher_model::Timestamp;

use super::discovery::DiscoveryProblem;
use super::id_token::IdTokenProblem;
use super::keys::SignatureProblem;
use crate::problem::{Problem, ProblemType};

/// What came of a step: something, or a refusal; or Usher itself failed.
pub type Outcome<T> = Result<Result<T, Refusal>, Problem>;

/// Unwraps the inner result, or hands its refusal on.
macro_rules! passed {
    ($outcome:expr) => {
        match $outcome {
            Ok(passed) => passed,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
}

pub(super) use passed;

/// Why somebody was not signed in by a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No provider has this name.
    NoSuchProvider,
    /// There is no such sign-in under way.
    NotUnderWay,
    /// The browser is not the one that began.
    AnotherBrowser,
    /// It was begun too often from one network address.
    TooOften {
        /// When to try again.
        until: Timestamp,
    },
    /// Another provider answered than was asked.
    AnotherProvider,
    /// The provider sent the browser back without signing anybody in.
    ProviderSaid {
        /// Its word for why (RFC 6749 §4.1.2.1).
        error: String,
        /// More words, if it has any.
        description: Option<String>,
    },
    /// The provider cannot be called.
    Unreachable {
        /// What was called.
        what: &'static str,
        /// What went wrong.
        why: String,
    },
    /// What the provider says of itself cannot be used.
    Discovery(DiscoveryProblem),
    /// The client's secret cannot be read.
    Secret,
    /// The provider does not exchange the code.
    Exchange {
        /// Its word for why (RFC 6749 §5.2).
        error: String,
    },
    /// The ID token is not the provider's.
    Signature(SignatureProblem),
    /// The ID token is not for this sign-in.
    IdToken(IdTokenProblem),
    /// What the provider says of somebody when asked is of somebody else.
    OtherSubject,
    /// The provider says no e-mail address.
    NoEmail,
    /// The provider has not made sure that the e-mail address is theirs.
    EmailNotVerified,
    /// The e-mail address is of a domain that is not let in.
    Domain {
        /// The domain.
        domain: String,
    },
    /// No group of theirs means a role.
    NoGroup,
    /// The provider says nothing of groups.
    GroupsUnsaid {
        /// The claim that should.
        claim: String,
    },
    /// They are in so many groups that the provider left them out.
    TooManyGroups,
    /// Usher does not know them.
    Unknown,
    /// The administrator with their e-mail address is tied to somebody else at the provider.
    TiedToAnother,
    /// They may not use Usher.
    Disabled,
    /// A second factor is needed, and they have none.
    NoSecondFactor,
}

impl Refusal {
    /// As one word, for the log; its meaning never changes.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoSuchProvider => "no_such_provider",
            Self::NotUnderWay => "not_under_way",
            Self::AnotherBrowser => "another_browser",
            Self::TooOften { .. } => "too_often",
            Self::AnotherProvider => "another_provider",
            Self::ProviderSaid { .. } => "refused_by_provider",
            Self::Unreachable { .. } => "provider_unreachable",
            Self::Discovery(_) => "provider_unusable",
            Self::Secret => "no_client_secret",
            Self::Exchange { .. } => "code_refused",
            Self::Signature(_) => "signature",
            Self::IdToken(_) => "id_token",
            Self::OtherSubject => "other_subject",
            Self::NoEmail => "no_email",
            Self::EmailNotVerified => "email_not_verified",
            Self::Domain { .. } => "domain",
            Self::NoGroup => "no_group",
            Self::GroupsUnsaid { .. } => "groups_unsaid",
            Self::TooManyGroups => "too_many_groups",
            Self::Unknown => "unknown",
            Self::TiedToAnother => "tied_to_another",
            Self::Disabled => "disabled",
            Self::NoSecondFactor => "no_second_factor",
        }
    }

    /// As an answer. `title` is what people call the provider.
    pub fn into_problem(self, title: &str, now: Timestamp) -> Problem {
        let (detail, hint) = self.words(title);
        let problem = Problem::new(self.kind(), detail).hint(hint);
        match self {
            Self::TooOften { until } => {
                let wait = until.as_second().saturating_sub(now.as_second()).max(1);
                problem.retry_after(wait.unsigned_abs())
            }
            _ => problem,
        }
    }

    fn kind(&self) -> ProblemType {
        match self {
            Self::NoSuchProvider | Self::NotUnderWay => ProblemType::NotFound,
            Self::TooOften { .. } => ProblemType::TooManyRequests,
            Self::Unreachable { .. }
            | Self::Discovery(_)
            | Self::Secret
            | Self::Exchange { .. } => ProblemType::Unavailable,
            _ => ProblemType::Forbidden,
        }
    }

    fn words(&self, title: &str) -> (String, String) {
        if let Some((detail, hint)) = self.words_of_the_way(title) {
            return (detail, hint);
        }
        let (detail, hint) = self.words_of_the_person(title);
        (detail, hint.to_owned())
    }

    /// What went wrong between Usher, the browser and the provider.
    fn words_of_the_way(&self, title: &str) -> Option<(String, String)> {
        let again = "begin again from Usher's sign-in";
        let (detail, hint) = match self {
            Self::NoSuchProvider => (
                "there is no identity provider of this name".to_owned(),
                "GET /api/v1/auth/methods lists them".to_owned(),
            ),
            Self::NotUnderWay => (
                "this sign-in was finished already, has expired, or never began".to_owned(),
                format!("{again}; it has to be finished within ten minutes"),
            ),
            Self::AnotherBrowser => (
                "this sign-in was not begun in this browser".to_owned(),
                format!("{again}, in the same browser, with cookies allowed"),
            ),
            Self::TooOften { .. } => (
                "too many attempts to sign in".to_owned(),
                "wait, then try again".to_owned(),
            ),
            Self::AnotherProvider => (
                "the answer is of another identity provider than was asked".to_owned(),
                format!("{again}; if it happens again, somebody may be interfering: tell your administrators"),
            ),
            Self::ProviderSaid { error, description } => (
                said(title, error, description.as_deref()),
                hint_for_error(error).to_owned(),
            ),
            Self::Unreachable { what, why } => (
                format!("the {what} of {title} cannot be used: {why}"),
                "try again in a moment; `usher doctor` on the server looks closer".to_owned(),
            ),
            Self::Discovery(problem) => (
                format!("{title} cannot be used: {problem}"),
                hint_for_discovery(problem).to_owned(),
            ),
            Self::Secret => (
                format!("the client secret for {title} cannot be read"),
                "an operator has to put it where `client_secret_file` says that it is; the server's log has the details".to_owned(),
            ),
            Self::Exchange { error } => (
                format!("{title} did not accept the sign-in from Usher: {error}"),
                hint_for_exchange(error).to_owned(),
            ),
            Self::Signature(problem) => (
                format!("the ID token of {title} is not believed: {problem}"),
                "if it happens again, `usher doctor` on the server looks closer".to_owned(),
            ),
            Self::IdToken(problem) => (
                format!("the ID token of {title} is not believed: {problem}"),
                hint_for_id_token(problem).to_owned(),
            ),
            Self::OtherSubject => (
                format!("{title} spoke of somebody else when asked for more"),
                again.to_owned(),
            ),
            _ => return None,
        };
        Some((detail, hint))
    }

    /// What keeps this person out.
    fn words_of_the_person(&self, title: &str) -> (String, &'static str) {
        match self {
            Self::NoEmail => (
                format!("{title} does not say your e-mail address"),
                "the provider has to send the claim that `email_claim` names; `scopes` needs `email` for it at most providers",
            ),
            Self::EmailNotVerified => (
                format!("{title} has not verified your e-mail address"),
                "have it verified there; where the provider says so in another claim, `email_verified_claim` names that",
            ),
            Self::Domain { domain } => (
                format!("e-mail addresses of {domain} are not let in"),
                "sign in with another account; `domains` in the settings lists whose are",
            ),
            Self::NoGroup => (
                "none of your groups may use Usher".to_owned(),
                "ask for one of the groups that `roles` in the settings lists; a new one counts from the next sign-in on",
            ),
            Self::GroupsUnsaid { claim } => (
                format!(
                    "{title} does not say which groups you are in: it sends no claim `{claim}`"
                ),
                "the provider has to be told to send it, and `scopes` may need `groups`",
            ),
            Self::TooManyGroups => (
                format!("you are in so many groups that {title} leaves them out"),
                "let it send only groups that are assigned to Usher, or roles of the application, and name that claim with `groups_claim`",
            ),
            Self::TiedToAnother => (
                format!(
                    "the administrator with your e-mail address belongs to another account at {title}"
                ),
                "if you have a new account there, a Super Administrator can remove the old tie: DELETE /api/v1/administrators/{id}/identities",
            ),
            Self::Disabled => (
                "you may not use Usher any more".to_owned(),
                "a Super Administrator can let you in again",
            ),
            Self::NoSecondFactor => (
                format!("you signed in at {title} without a second factor"),
                "add a second factor there and sign in with it, or add one in Usher after signing in with a password",
            ),
            _ => (
                "nobody with your e-mail address uses Usher".to_owned(),
                "a Super Administrator can add you; then sign in again",
            ),
        }
    }
}

fn said(title: &str, error: &str, description: Option<&str>) -> String {
    match description {
        Some(description) => format!("{title} did not sign you in: {error} ({description})"),
        None => format!("{title} did not sign you in: {error}"),
    }
}

fn hint_for_error(error: &str) -> &'static str {
    match error {
        "access_denied" => {
            "you or the provider said no; at the provider, you may have to be assigned to the application"
        }
        "login_required" | "interaction_required" | "consent_required" => {
            "sign in at the provider first, then begin again"
        }
        "invalid_scope" => {
            "`scopes` in the settings names something that the provider does not know"
        }
        "unauthorized_client" | "unsupported_response_type" => {
            "at the provider, the application must be a web application that may use the authorization code flow"
        }
        "redirect_uri_mismatch" | "invalid_request" => {
            "the redirect address registered at the provider must be exactly the one that `usher doctor` shows"
        }
        "temporarily_unavailable" | "server_error" => "try again in a moment",
        _ => "the provider's own log says more",
    }
}

fn hint_for_exchange(error: &str) -> &'static str {
    match error {
        "invalid_client" => {
            "the client id or secret in the settings is wrong, or the secret has expired: put a new one where the settings say that it is"
        }
        "invalid_grant" => {
            "begin again; if it happens each time, the redirect address at the provider is another one than `usher doctor` shows"
        }
        "unauthorized_client" => {
            "at the provider, the application must be allowed the authorization code flow"
        }
        "redirect_uri_mismatch" => {
            "register the redirect address that `usher doctor` shows at the provider"
        }
        _ => "the provider's own log says more",
    }
}

fn hint_for_discovery(problem: &DiscoveryProblem) -> &'static str {
    match problem {
        DiscoveryProblem::OtherIssuer { .. } => {
            "write `issuer` exactly as the provider does, with or without a slash at its end"
        }
        _ => "look whether `issuer` in the settings is the right one",
    }
}

fn hint_for_id_token(problem: &IdTokenProblem) -> &'static str {
    match problem {
        IdTokenProblem::Expired(_) | IdTokenProblem::Early(_) => {
            "the clocks of Usher and the provider differ by more than a minute: set this machine's clock, best by NTP"
        }
        IdTokenProblem::Audience => "look whether `client_id` in the settings is the right one",
        IdTokenProblem::Nonce => "begin again from Usher's sign-in",
        _ => "look whether `issuer` in the settings is the right one",
    }
}

/// What a provider wrote, fit for a message: printable, and not long.
pub fn tame(text: &str) -> String {
    let plain = |one: &char| !one.is_control();
    text.chars().filter(plain).take(200).collect()
}
