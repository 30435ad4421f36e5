//! The settings of provisioning, key by key: what `usher provisioning show` lists and `set` takes.
//!
//! Mappings and scoping filters are lists and have commands of their own; every other setting is a key with one
//! text form, declared once in [`table`].

mod drift;
mod form;
mod table;

use usher_plan::Settings;

use crate::config::suggest::nearest;
use crate::failure::Failure;

pub use drift::PREFIX as DRIFT_PREFIX;
pub use form::{source_from_text, source_text, word, worded};
pub use table::{KEYS, is_default};

/// A setting with one text form.
pub struct Key {
    /// Its name: `guards.disables.percent`.
    pub name: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// What it accepts, in words.
    pub form: &'static str,
    /// Its value as text.
    pub get: fn(&Settings) -> String,
    /// Sets it from text. The error says what is wrong, without repeating the text.
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
}

/// Sets `key` to `text`.
pub fn set(settings: &mut Settings, key: &str, text: &str) -> Result<(), Failure> {
    if let Some(attribute) = key.strip_prefix(DRIFT_PREFIX) {
        return drift::set(settings, attribute, text);
    }
    let folded = key.replace('-', "_");
    let Some(known) = KEYS.iter().find(|known| known.name == folded) else {
        return Err(unknown(key));
    };
    (known.set)(settings, text).map_err(|why| {
        Failure::usage(format!("{key} cannot be set to `{text}`: {why}"))
            .hint(format!("{}: {}", known.name, known.help))
    })
}

/// The value of `key`.
pub fn get(settings: &Settings, key: &str) -> Result<String, Failure> {
    if let Some(attribute) = key.strip_prefix(DRIFT_PREFIX) {
        return drift::get(settings, attribute);
    }
    let folded = key.replace('-', "_");
    let known = KEYS.iter().find(|known| known.name == folded);
    known
        .map(|known| (known.get)(settings))
        .ok_or_else(|| unknown(key))
}

fn unknown(key: &str) -> Failure {
    let failure = Failure::usage(format!("there is no setting `{key}`"));
    let elsewhere = [
        ("scope.filters", "`usher scope add-filter` adds a filter"),
        ("scope.include", "`usher scope set --include` sets it"),
        ("scope.exclude", "`usher scope set --exclude` sets it"),
        ("user_mapping", "`usher mapping set` changes a mapping"),
        (
            "matching",
            "`usher mapping matching` sets the matching properties",
        ),
    ];
    if let Some((_, hint)) = elsewhere.iter().find(|(name, _)| key.starts_with(name)) {
        return failure.hint(*hint);
    }
    match nearest(key, KEYS.iter().map(|known| known.name)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`usher provisioning show` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back_what_it_shows() {
        for key in KEYS {
            let mut settings = Settings::default();
            let shown = (key.get)(&settings);
            (key.set)(&mut settings, &shown)
                .unwrap_or_else(|why| panic!("{} refuses its own `{shown}`: {why}", key.name));
            assert_eq!((key.get)(&settings), shown, "{}", key.name);
            assert_eq!(settings, Settings::default(), "{}", key.name);
        }
    }

    #[test]
    fn a_misspelt_key_and_a_misspelt_value_are_answered_with_the_nearest() {
        let mut settings = Settings::default();
        let failure = set(&mut settings, "guards.disable.percent", "5").unwrap_err();
        assert_eq!(failure.hints(), ["did you mean `guards.disables.percent`?"]);
        let failure = set(&mut settings, "unmanaged", "reprot").unwrap_err();
        assert!(
            failure.to_string().contains("did you mean `report`?"),
            "{failure}"
        );
    }

    #[test]
    fn drift_is_set_per_attribute() {
        let mut settings = Settings::default();
        set(&mut settings, "drift.department", "adopt").unwrap();
        assert_eq!(get(&settings, "drift.department").unwrap(), "adopt");
        set(&mut settings, "drift.department", "correct").unwrap();
        assert_eq!(settings, Settings::default());
        let failure = set(&mut settings, "drift.departmnet", "adopt").unwrap_err();
        assert_eq!(failure.hints(), ["did you mean `department`?"]);
    }

    #[test]
    fn words_take_a_dash_for_an_underscore() {
        let mut settings = Settings::default();
        set(&mut settings, "approval", "over-guard").unwrap();
        set(&mut settings, "deprovision.leave", "skip-out-of-scope").unwrap();
        assert_eq!(
            get(&settings, "deprovision.leave").unwrap(),
            "skip_out_of_scope"
        );
    }
}
