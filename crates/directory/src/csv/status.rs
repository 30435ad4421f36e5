//! Words that mean active and words that mean disabled.

use usher_model::PersonStatus;

use super::settings::StatusColumn;

/// How a column says whether somebody is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StatusRule {
    /// By a word.
    Word {
        /// Further words, folded.
        active: Vec<String>,
        /// Further words, folded.
        disabled: Vec<String>,
    },
    /// By a word that means the opposite: `suspended`, `blocked`.
    Opposite,
    /// By Active Directory's bits.
    AccountControl,
}

const ACTIVE: &[&str] = &[
    "true",
    "yes",
    "y",
    "1",
    "active",
    "enabled",
    "activated",
    "employed",
    "on leave",
    "leave",
    "current",
    "live",
];
const DISABLED: &[&str] = &[
    "false",
    "no",
    "n",
    "0",
    "inactive",
    "disabled",
    "deactivated",
    "suspended",
    "terminated",
    "blocked",
    "locked",
    "left",
    "former",
    "resigned",
    "retired",
    "staged",
    "archived",
    "deprovisioned",
    "separated",
];

/// The bit of `userAccountControl` that disables.
const ACCOUNT_DISABLED: i64 = 2;

impl StatusRule {
    pub fn words() -> Self {
        Self::Word {
            active: Vec::new(),
            disabled: Vec::new(),
        }
    }

    pub fn of(settings: &StatusColumn) -> Self {
        let fold = |words: &[String]| {
            words
                .iter()
                .map(|word| word.trim().to_lowercase())
                .collect()
        };
        Self::Word {
            active: fold(&settings.active),
            disabled: fold(&settings.disabled),
        }
    }

    /// What a cell says; `None` when it says nothing that is known.
    pub fn read(&self, cell: &str) -> Option<PersonStatus> {
        let word = cell.trim().to_lowercase();
        let among = |words: &[&str]| words.contains(&word.as_str());
        match self {
            Self::Word { active, disabled } => {
                if disabled.contains(&word) {
                    Some(PersonStatus::Disabled)
                } else if active.contains(&word) || among(ACTIVE) {
                    Some(PersonStatus::Active)
                } else {
                    among(DISABLED).then_some(PersonStatus::Disabled)
                }
            }
            Self::Opposite => match Self::words().read(&word)? {
                PersonStatus::Active => Some(PersonStatus::Disabled),
                _ => Some(PersonStatus::Active),
            },
            Self::AccountControl => {
                let bits: i64 = word.parse().ok()?;
                Some(if bits & ACCOUNT_DISABLED == 0 {
                    PersonStatus::Active
                } else {
                    PersonStatus::Disabled
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_any_case_and_unknown_ones_say_nothing() {
        let rule = StatusRule::words();
        for word in ["TRUE", "Active", " yes ", "1", "ACTIVATED"] {
            assert_eq!(rule.read(word), Some(PersonStatus::Active), "{word}");
        }
        for word in ["false", "Suspended", "TERMINATED", "0", "staged"] {
            assert_eq!(rule.read(word), Some(PersonStatus::Disabled), "{word}");
        }
        assert_eq!(rule.read("maybe"), None);
        assert_eq!(rule.read(""), None);
    }

    #[test]
    fn words_that_were_set_come_before_the_well_known_ones() {
        let rule = StatusRule::of(&StatusColumn {
            column: String::new(),
            active: vec!["Aktiv".into()],
            disabled: vec!["On Leave".into()],
        });
        assert_eq!(rule.read("aktiv"), Some(PersonStatus::Active));
        assert_eq!(rule.read("on leave"), Some(PersonStatus::Disabled));
    }

    #[test]
    fn suspended_means_the_opposite_and_account_control_is_bits() {
        assert_eq!(
            StatusRule::Opposite.read("TRUE"),
            Some(PersonStatus::Disabled)
        );
        assert_eq!(
            StatusRule::Opposite.read("False"),
            Some(PersonStatus::Active)
        );
        assert_eq!(
            StatusRule::AccountControl.read("512"),
            Some(PersonStatus::Active)
        );
        assert_eq!(
            StatusRule::AccountControl.read("514"),
            Some(PersonStatus::Disabled)
        );
        assert_eq!(StatusRule::AccountControl.read("x"), None);
    }
}
