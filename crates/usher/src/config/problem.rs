//! What can be wrong with the configuration.

use std::fmt;

use super::layers::Origin;
use super::sections::setting;
use crate::exit::Exit;
use crate::failure::Failure;

/// One thing wrong with the configuration, the place it stands at, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, and where.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    /// A value that its setting does not accept.
    pub fn value(key: &str, origin: &Origin, why: &str) -> Self {
        let default = setting(key).and_then(|setting| setting.default);
        Self {
            message: format!("{origin}: the value of {key} cannot be used: {why}"),
            hint: default.map(|default| {
                format!("without a value of its own, {key} has the default `{default}`")
            }),
        }
    }

    /// A name that nothing knows.
    pub fn unknown(what: &str, name: &str, place: &str, near: Option<&str>) -> Self {
        Self {
            message: format!("{place}: unknown {what} `{name}`"),
            hint: near.map(|near| format!("did you mean `{near}`?")),
        }
    }

    /// Any other problem.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// All that is wrong with the configuration, as one failure.
pub fn into_failure(problems: Vec<Problem>) -> Failure {
    let mut lines = problems.iter().map(|problem| problem.message.clone());
    let mut message = lines.next().unwrap_or_default();
    for line in lines {
        message.push_str("\n       ");
        message.push_str(&line);
    }
    let failure = Failure::new(Exit::Usage, message);
    problems
        .into_iter()
        .filter_map(|problem| problem.hint)
        .fold(failure, Failure::hint)
}
