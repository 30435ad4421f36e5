//! Regular expressions that cannot eat the machine.

use regex::Regex;

/// The longest regular expression that is taken, in characters.
const LONGEST: usize = 1000;
/// How much memory one compiled regular expression may take, in bytes.
const MEMORY: usize = 1 << 20;

/// A regular expression that matches whole values. An error says what is wrong and what to do about it.
pub(crate) fn whole(pattern: &str) -> Result<Regex, String> {
    // First as it is, so that `a)|(b` does not become an expression by the wrapping.
    anywhere(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

/// A regular expression that matches anywhere in a value. An error says what is wrong and what to do about it.
pub(crate) fn anywhere(pattern: &str) -> Result<Regex, String> {
    if pattern.chars().nth(LONGEST).is_some() {
        return Err(format!(
            "the regular expression is longer than {LONGEST} characters; shorten it"
        ));
    }
    build(pattern)
}

fn build(pattern: &str) -> Result<Regex, String> {
    let built = regex::RegexBuilder::new(pattern)
        .size_limit(MEMORY)
        .dfa_size_limit(MEMORY)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            "the regular expression needs too much memory; use smaller repetitions".to_owned()
        }
        error => {
            // The last line of the parser's picture says what is wrong.
            let text = error.to_string();
            let last = text.lines().next_back().unwrap_or_default().trim();
            let why = last.trim_start_matches("error: ");
            format!("the regular expression cannot be read ({why}); correct it")
        }
    })
}
