//! What could not be read or joined, told to people on standard error.

use serde_json::Value;
use usher_directory::{MergeProblem, RowProblem};

use crate::output::{humanize, note, style};

/// How many problems are listed one by one.
const SHOWN: usize = 20;

/// Lists rows that could not be read or are odd, each with its place.
pub fn list(problems: &[RowProblem]) {
    for problem in problems.iter().take(SHOWN) {
        note(format!("{} {problem}", style::warning_label()));
    }
    more(problems.len());
}

/// Lists what could not be joined or resolved.
pub fn of_merging(problems: &[MergeProblem]) {
    for problem in problems.iter().take(SHOWN) {
        note(format!("{} {problem}", style::warning_label()));
    }
    more(problems.len());
}

fn more(count: usize) {
    if count > SHOWN {
        let more = humanize::count((count - SHOWN) as u64);
        note(format!("and {more} more; --json lists all"));
    }
}

/// How many problems a reading had, from what is remembered of it.
pub fn count(details: &Value) -> u64 {
    let problems = details.get("problems");
    problems.and_then(Value::as_u64).unwrap_or(0)
}

/// Why a reading was not believed, or failed, from what is remembered of it.
pub fn reasons(details: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let reasons = details.get("reasons").and_then(Value::as_array);
    let reasons = reasons.into_iter().flatten().filter_map(text);
    let why = details.get("why").and_then(text);
    reasons.chain(why).collect()
}

/// Says what to do about a source whose last reading is not believed.
pub fn warn_of_suspect(name: &str) {
    note(format!(
        "{} the last reading of {name} is not believed; `usher people source accept {name}` believes it",
        style::warning_label()
    ));
}
