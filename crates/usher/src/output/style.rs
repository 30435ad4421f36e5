//! Colour. It never carries meaning alone: what is coloured also says it in words.

use console::Style;

use crate::config::Environment;
use crate::config::value::ColorChoice;

/// Decides for the whole program whether output and messages are coloured.
pub fn choose(choice: ColorChoice, environment: &Environment) {
    let (out, err) = match choice {
        ColorChoice::Always => (true, true),
        ColorChoice::Never => (false, false),
        ColorChoice::Auto if environment.get("NO_COLOR").is_some() => (false, false),
        ColorChoice::Auto => (
            console::Term::stdout().is_term(),
            console::Term::stderr().is_term(),
        ),
    };
    console::set_colors_enabled(out);
    console::set_colors_enabled_stderr(err);
}

/// A table's header, a heading.
pub fn heading(text: &str) -> String {
    Style::new().bold().apply_to(text).to_string()
}

/// What matters less.
pub fn faint(text: &str) -> String {
    Style::new().dim().apply_to(text).to_string()
}

/// Something to copy and run.
pub fn command(text: &str) -> String {
    Style::new().cyan().apply_to(text).to_string()
}

/// The word "error:" on standard error.
pub fn error_label() -> String {
    Style::new()
        .red()
        .bold()
        .for_stderr()
        .apply_to("error:")
        .to_string()
}

/// The word "hint:" on standard error.
pub fn hint_label() -> String {
    Style::new()
        .cyan()
        .bold()
        .for_stderr()
        .apply_to("hint:")
        .to_string()
}

/// The word "warning:" on standard error.
pub fn warning_label() -> String {
    Style::new()
        .yellow()
        .bold()
        .for_stderr()
        .apply_to("warning:")
        .to_string()
}

/// What was added, by its sign.
pub fn added(text: &str) -> String {
    Style::new().green().apply_to(text).to_string()
}

/// What was removed, by its sign.
pub fn removed(text: &str) -> String {
    Style::new().red().apply_to(text).to_string()
}

/// What was changed, by its sign.
pub fn changed(text: &str) -> String {
    Style::new().yellow().apply_to(text).to_string()
}
