//! How a command says that it failed: what, why, what to do, and the exit code.

use std::error::Error;
use std::fmt;

use serde_json::json;

use crate::exit::Exit;

/// A failed command. The message says what failed and for which object; causes come from the source
/// chain; hints say what to do next.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    is_silent: bool,
}

impl Failure {
    /// A failure with its exit code and message (lower case, no full stop).
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            is_silent: false,
        }
    }

    /// A wrong argument or setting.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Ends without a word: the command has said all there is, or nobody reads its output any more.
    pub fn silent(exit: Exit) -> Self {
        Self {
            is_silent: true,
            ..Self::new(exit, "")
        }
    }

    /// Adds the error that caused this one, and what caused that.
    pub fn because(mut self, cause: impl Error) -> Self {
        self.causes.push(cause.to_string());
        self.because_of_source(&cause)
    }

    /// Adds what caused `error`, whose own message this failure already has.
    pub fn because_of_source(mut self, error: &dyn Error) -> Self {
        let mut next = error.source();
        while let Some(cause) = next {
            self.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }

    /// Adds a remedy, shown on its own line.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a remedy if there is one.
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether there is nothing to print.
    pub fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// The remedies.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The causes, outermost first, without those that repeat what was said before them.
    pub fn causes(&self) -> Vec<&str> {
        let mut said = self.message.clone();
        let mut causes = Vec::new();
        for cause in &self.causes {
            if !said.contains(cause.as_str()) {
                causes.push(cause.as_str());
                said.push_str(cause);
            }
        }
        causes
    }

    /// The failure as one JSON object, for `--json`.
    pub fn to_json(&self) -> serde_json::Value {
        json!({"error": {
            "message": self.message,
            "causes": self.causes(),
            "hints": self.hints,
            "exit_code": self.exit.number(),
        }})
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_repeats_the_message_is_left_out() {
        let failure = Failure::new(Exit::File, "could not read x: no such file")
            .because(std::io::Error::other("no such file"));
        assert!(failure.causes().is_empty());
    }

    #[test]
    fn the_json_form_carries_message_causes_hints_and_code() {
        let failure = Failure::new(Exit::Upstream, "no answer")
            .because(std::io::Error::other("reset"))
            .hint("try again");
        let error = &failure.to_json()["error"];
        assert_eq!(error["exit_code"], 4);
        assert_eq!(error["causes"][0], "reset");
        assert_eq!(error["hints"][0], "try again");
    }
}
