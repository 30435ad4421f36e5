//! A wrong command line, in the form of every other failure.

use clap::error::ErrorKind;

use crate::exit::Exit;
use crate::failure::Failure;

/// What clap found wrong; `None` for help and version, which were asked for.
pub fn failure(error: &clap::Error) -> Option<Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => None,
        _ => Some(in_our_words(&error.render().to_string())),
    }
}

/// Clap's paragraphs: what is wrong, tips, the values or commands there are, the usage, and where more is said.
fn in_our_words(text: &str) -> Failure {
    let mut paragraphs = text.split("\n\n").map(one_line);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let failure = Failure::new(Exit::Usage, message);
    paragraphs
        .filter_map(|paragraph| hint(&paragraph))
        .fold(failure, Failure::hint)
}

fn hint(paragraph: &str) -> Option<String> {
    if let Some(usage) = paragraph.strip_prefix("Usage: ") {
        return Some(format!("usage: {usage}; `--help` says more"));
    }
    if paragraph.is_empty() || paragraph.starts_with("For more information") {
        return None;
    }
    let tip = paragraph.strip_prefix("tip: ").unwrap_or(paragraph);
    Some(tip.trim_matches(['[', ']']).to_owned())
}

fn one_line(paragraph: &str) -> String {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clap_says_takes_the_form_of_our_messages() {
        let failure = in_our_words(
            "error: unexpected argument '--fo' found\n\n  tip: a similar argument exists: '--for'\n\n\
             Usage: usher sync --for <TIME>\n\nFor more information, try '--help'.\n",
        );
        assert_eq!(failure.to_string(), "unexpected argument '--fo' found");
        assert_eq!(
            failure.hints(),
            [
                "a similar argument exists: '--for'",
                "usage: usher sync --for <TIME>; `--help` says more"
            ]
        );
    }

    #[test]
    fn what_is_missing_stands_in_the_message() {
        let failure = in_our_words(
            "error: the following required arguments were not provided:\n  <PATH>\n\nUsage: usher export <PATH>\n",
        );
        let message = "the following required arguments were not provided: <PATH>";
        assert_eq!(failure.to_string(), message);
    }
}
