//! How a plan stands: what it waits for, and what can be done with it.

/// How a plan stands, as the store and the settings say.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The state in one word: `held`, `ready`, `applied`, …
    pub state: String,
    /// What the state means for this plan, in words.
    pub meaning: String,
    /// Why it waits, or waited, for somebody's yes.
    pub holding: Vec<String>,
    /// Commands that take it further, and what each does.
    pub next: Vec<(String, String)>,
}
