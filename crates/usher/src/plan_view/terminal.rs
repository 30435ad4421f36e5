//! A plan on a terminal: counts first, then what holds it, the changes by kind, and what was left alone.

use std::time::Duration;

use usher_plan::{ActionKind, Change, GuardVerdict, Urgency};

use super::action::{Described, Sign, describe};
use super::overview::{Overview, is_record, kind_word, sign};
use super::sections::{Entry, Section, sections};
use super::{View, consequence, guard, reason};
use crate::output::{humanize, style};

/// How much of a plan is shown.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Only these kinds of changes; all if empty.
    pub kinds: Vec<ActionKind>,
    /// At most this many entries under one heading.
    pub per_heading: usize,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            per_heading: 10,
        }
    }
}

impl Extent {
    fn wants(&self, kind: ActionKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// The plan as lines.
pub fn lines(view: &View<'_>, extent: &Extent) -> Vec<String> {
    let overview = Overview::of(view.plan);
    let mut lines = Vec::new();
    heading(view, &mut lines);
    counts(view, &overview, &mut lines);
    guards(view, &mut lines);
    for (kind, count) in &overview.kinds {
        if extent.wants(*kind) {
            changes(view, *kind, *count, extent, &mut lines);
        }
    }
    if extent.kinds.is_empty() {
        for section in sections(view.report) {
            left_alone(view, &section, extent, &mut lines);
        }
    }
    closing(view, &overview, &mut lines);
    lines
}

fn heading(view: &View<'_>, lines: &mut Vec<String>) {
    let organization = view.names.organization.clone();
    let organization =
        organization.unwrap_or_else(|| format!("organization {}", view.plan.organization));
    lines.push(style::heading(&format!(
        "Plan {} for {organization}",
        view.plan.id
    )));
    let age = humanize::relative(view.plan.created_at, view.now);
    let mut about = format!("  made {age}, {}", view.standing.state);
    if !view.standing.meaning.is_empty() {
        about = format!("{about}: {}", view.standing.meaning);
    }
    lines.push(about);
    lines.push(String::new());
}

fn counts(view: &View<'_>, overview: &Overview, lines: &mut Vec<String>) {
    if overview.kinds.is_empty() {
        let people = humanize::people(view.report.people_in_scope.into());
        let accounts = humanize::counted(view.report.accounts_in_line.into(), "account");
        let rest = match view.report.set_aside.len() {
            0 => String::new(),
            waiting => format!(
                ", {} set aside",
                humanize::counted(waiting as u64, "change")
            ),
        };
        lines.push(format!(
            "  nothing to do: {people} in scope, {accounts} as they should be{rest}"
        ));
        return;
    }
    for (kind, count) in &overview.kinds {
        let count = humanize::count(u64::from(*count));
        lines.push(format!(
            "  {} {:<22} {count:>8}",
            coloured(sign(*kind)),
            kind.words()
        ));
    }
    for (license, seats) in &overview.licenses {
        let left = seats.left.map_or_else(String::new, |left| {
            format!(", {} at the least", consequence::seats(left))
        });
        lines.push(format!(
            "  licences {license}: {} taken, {} freed{left}",
            seats.taken, seats.freed
        ));
    }
}

fn guards(view: &View<'_>, lines: &mut Vec<String>) {
    if view.standing.holding.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(style::heading("Held, because"));
    let sign = style::changed("!");
    for words in &view.standing.holding {
        lines.push(format!("  {sign} {words}"));
        let verdict = view
            .plan
            .guards
            .iter()
            .find(|v| v.tripped && v.words == *words);
        if let Some(verdict) = verdict {
            of_guard(verdict, lines);
        }
    }
}

/// Which changes a guard counted, and where its limit is set.
fn of_guard(verdict: &GuardVerdict, lines: &mut Vec<String>) {
    if let Some(numbers) = guard::numbers(verdict) {
        lines.push(format!("      {}: {numbers}", guard::title(verdict.guard)));
    }
    if let Some(hint) = guard::limit_hint(verdict.guard) {
        lines.push(style::faint(&format!("      its limit: {hint}")));
    }
}

fn changes(
    view: &View<'_>,
    kind: ActionKind,
    count: u32,
    extent: &Extent,
    lines: &mut Vec<String>,
) {
    lines.push(String::new());
    lines.push(style::heading(&format!(
        "{} ({})",
        kind.words(),
        humanize::count(u64::from(count))
    )));
    let of_kind = view.plan.changes.iter().filter(|c| c.action.kind() == kind);
    for change in of_kind.take(extent.per_heading) {
        one(view, change, lines);
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    more(view, count, extent.per_heading, &kind_word(kind), lines);
}

/// Says how to see what was left out.
fn more(view: &View<'_>, count: usize, shown: usize, kind: &str, lines: &mut Vec<String>) {
    if count > shown {
        let hidden = humanize::count((count - shown) as u64);
        let kind = if kind.is_empty() {
            String::new()
        } else {
            format!(" --kind {kind}")
        };
        let command = format!("usher plan show {}{kind} --all", view.plan.id);
        lines.push(style::faint(&format!("  … and {hidden} more: {command}")));
    }
}

fn one(view: &View<'_>, change: &Change, lines: &mut Vec<String>) {
    let described = describe(&change.action, view.names);
    let urgent = if change.urgency == Urgency::Urgent {
        "  (urgent)"
    } else {
        ""
    };
    let (sign, number) = (coloured(described.sign), change.number);
    let short = short(&described);
    lines.push(format!(
        "  {sign} #{number} {}{short}{urgent}",
        change.label
    ));
    if described.differences.len() > 1 || short.is_empty() {
        let width = described.differences.iter().map(|d| d.name.chars().count());
        let width = width.max().unwrap_or(0);
        for difference in &described.differences {
            let values = difference.values();
            lines.push(format!("        {:<width$}  {values}", difference.name));
        }
    }
    let why = reason::chain(&change.reasons, view.names);
    if !why.is_empty() {
        lines.push(style::faint(&format!("        why: {why}")));
    }
    if !is_record(&change.action) {
        for effect in &change.consequences {
            lines.push(format!("        effect: {}", consequence::words(effect)));
        }
    }
}

/// A single difference stands on the change's own line.
fn short(described: &Described) -> String {
    match described.differences.as_slice() {
        // What goes is said by its sign.
        [only] if only.after.is_none() => {
            let gone = only.before.as_deref().unwrap_or_default();
            format!("  {} {gone}", only.name)
        }
        [only] => format!("  {} {}", only.name, only.values()),
        _ => String::new(),
    }
}

fn left_alone(view: &View<'_>, section: &Section, extent: &Extent, lines: &mut Vec<String>) {
    lines.push(String::new());
    let count = section.entries.len();
    let title = format!(
        "{} ({}): {}",
        section.title,
        humanize::count(count as u64),
        section.meaning
    );
    lines.push(style::heading(&title));
    for entry in section.entries.iter().take(extent.per_heading) {
        left_entry(entry, lines);
    }
    more(view, count, extent.per_heading, "", lines);
}

fn left_entry(entry: &Entry, lines: &mut Vec<String>) {
    lines.push(format!("  {}: {}", entry.label, entry.text));
    if let Some(remedy) = &entry.remedy {
        lines.push(style::faint(&format!("      {remedy}")));
    }
}

fn closing(view: &View<'_>, overview: &Overview, lines: &mut Vec<String>) {
    lines.push(String::new());
    let count = humanize::counted(view.plan.changes.len() as u64, "change");
    let mut parts = vec![count];
    if overview.subjects > 0 {
        let subjects = humanize::count(overview.subjects as u64);
        parts.push(format!("to {subjects} accounts and groups"));
    }
    let mut text = parts.join(" ");
    if overview.urgent > 0 {
        text = format!("{text}, {} urgent", overview.urgent);
    }
    if overview.irreversible > 0 {
        text = format!("{text}, {} not to be undone", overview.irreversible);
    }
    if let Some(eta) = view.eta {
        let eta = if eta < Duration::from_secs(1) {
            "about a second".to_owned()
        } else {
            format!("about {}", humanize::duration(eta))
        };
        text = format!("{text}; applying takes {eta}");
    }
    lines.push(text);
    lines.push(style::faint(&format!("basis {}", view.plan.basis.hash)));
    for (command, what) in &view.standing.next {
        lines.push(format!("{what}: {}", style::command(command)));
    }
}

fn coloured(sign: Sign) -> String {
    match sign {
        Sign::Add => style::added(sign.as_str()),
        Sign::Remove => style::removed(sign.as_str()),
        Sign::Change => style::changed(sign.as_str()),
        Sign::Record => sign.as_str().to_owned(),
    }
}
