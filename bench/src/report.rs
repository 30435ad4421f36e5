//! The tables.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};

use crate::end_to_end::Planned;
use crate::growth::exponent;
use crate::inbound_scim::{Joined, Pushed};
use crate::provisioning::Applied;
use crate::sandbox_rate::Rate;
use crate::sync_comparison::Run;

/// What these figures were measured on.
#[expect(clippy::print_stdout, reason = "the report is this program's output")]
#[expect(clippy::disallowed_methods, reason = "a report carries its date")]
pub fn heading() {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let date = jiff::Zoned::now().date();
    println!(
        "{date}, {cores} cores of {}\n",
        model.unwrap_or("an unnamed processor")
    );
}

/// Requests, credits, time and memory of each synchronization, with ratios to the plain client.
pub fn syncs(runs: &[Run]) {
    let mut table = table(&[
        "people",
        "reader",
        "requests",
        "÷ floor",
        "credits",
        "at Miro's pace",
        "429",
        "wall",
        "peak memory",
        "plain ÷ this: requests",
        "wall",
    ]);
    for run in runs {
        let plain = runs
            .iter()
            .find(|other| other.users == run.users && other.contestant.starts_with("plain"));
        let ratio = |cost: fn(&Run) -> f64| {
            plain.map_or("–".to_owned(), |plain| times(cost(plain) / cost(run)))
        };
        table.add_row([
            run.users.to_string(),
            run.contestant.to_owned(),
            run.requests.to_string(),
            run.floor.map_or("–".to_owned(), |floor| {
                format!("{:.3}", run.requests as f64 / floor as f64)
            }),
            run.credits.to_string(),
            minutes(run.credits),
            run.refused.to_string(),
            seconds(run.taken.wall),
            megabytes(run.taken.peak_memory),
            ratio(|run| run.requests as f64),
            ratio(|run| run.taken.wall.as_secs_f64()),
        ]);
    }
    print("Reading an organization", &table);
    growths(runs);
}

/// Growth exponents per contestant.
fn growths(runs: &[Run]) {
    let mut table = table(&[
        "reader",
        "requests ∝ people^",
        "wall ∝ people^",
        "memory ∝ people^",
    ]);
    let mut contestants: Vec<&str> = runs.iter().map(|run| run.contestant).collect();
    contestants.sort_unstable();
    contestants.dedup();
    for contestant in contestants {
        let growth = |cost: fn(&Run) -> f64| {
            let points: Vec<_> = runs
                .iter()
                .filter(|run| run.contestant == contestant)
                .map(|run| (run.users as f64, cost(run)))
                .collect();
            exponent(&points).map_or("–".to_owned(), |exponent| format!("{exponent:.2}"))
        };
        table.add_row([
            contestant.to_owned(),
            growth(|run| run.requests as f64),
            growth(|run| run.taken.wall.as_secs_f64()),
            growth(|run| run.taken.peak_memory as f64),
        ]);
    }
    print("Growth", &table);
}

/// Writing `.c1z`.
pub fn exports(runs: &[Run]) {
    let mut table = table(&[
        "people",
        "file",
        "wall",
        "people/s",
        "peak memory",
        "sandbox memory",
    ]);
    for run in runs {
        let Some((size, taken)) = run.export else {
            continue;
        };
        table.add_row([
            run.users.to_string(),
            megabytes(size),
            seconds(taken.wall),
            format!("{:.0}", run.users as f64 / taken.wall.as_secs_f64()),
            megabytes(taken.peak_memory),
            megabytes(run.sandbox_memory),
        ]);
    }
    print("usher export sync.c1z", &table);
}

/// Carrying plans out.
pub fn applied(all: &[Applied]) {
    let mut table = table(&[
        "job",
        "SCIM metered",
        "group PATCHes",
        "429",
        "wall",
        "at Miro's pace",
        "÷ optimum",
        "of the limit",
        "ETA at a tenth",
    ]);
    for one in all {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let ratio = (one.optimum > Duration::ZERO)
            .then(|| format!("{:.3}", one.wall.as_secs_f64() / one.optimum.as_secs_f64()));
        table.add_row([
            one.job.name.to_owned(),
            one.meter.words().to_owned(),
            one.group_patches().to_string(),
            one.refused.to_string(),
            seconds(one.wall),
            format!("{:.1} min", one.at_miros_pace.as_secs_f64() / 60.0),
            ratio.unwrap_or_else(|| "–".to_owned()),
            one.share.map_or("–".to_owned(), percent),
            one.eta_error
                .map_or("–".to_owned(), |error| format!("{:+.1} %", error * 100.0)),
        ]);
    }
    print("usher apply", &table);
}

/// Planning from the command line.
pub fn planned(planned: &Planned) {
    let mut table = table(&["people", "changes", "wall", "peak memory"]);
    let rows = [("none", planned.nothing), ("a tenth", planned.tenth)];
    for (changes, taken) in rows {
        table.add_row([
            planned.people.to_string(),
            changes.to_owned(),
            seconds(taken.wall),
            megabytes(taken.peak_memory),
        ]);
    }
    print("usher plan", &table);
    let mut table = self::table(&["people", "cycle", "requests", "wall", "peak memory"]);
    let rows = [
        ("full pass", planned.full),
        ("incremental, quiet", planned.quiet),
    ];
    for (kind, cycled) in rows {
        table.add_row([
            planned.people.to_string(),
            kind.to_owned(),
            cycled.requests.to_string(),
            seconds(cycled.taken.wall),
            megabytes(cycled.taken.peak_memory),
        ]);
    }
    print("usher cycle", &table);
}

/// What the sandbox answers.
pub fn rates(rates: &[Rate]) {
    let mut table = table(&[
        "people",
        "request",
        "requests/s, 8 clients",
        "median, 1 client",
        "p99, 1 client",
    ]);
    for rate in rates {
        table.add_row([
            rate.users.to_string(),
            rate.request.clone(),
            format!("{:.0}", rate.per_second),
            milliseconds(rate.median),
            milliseconds(rate.p99),
        ]);
    }
    print("The sandbox", &table);
}

/// Creations and look-ups a second, with ratios to the other server.
pub fn pushed(all: &[Pushed]) {
    let mut table = table(&[
        "users",
        "server",
        "creates/s",
        "filtered gets/s",
        "create, median",
        "get, median",
        "this ÷ scim2-server: creates",
        "gets",
    ]);
    let peer = all.iter().find(|one| one.server != "usher");
    for one in all {
        let ratio = |rate: fn(&Pushed) -> f64| {
            let same = peer.filter(|peer| peer.users <= one.users);
            same.map_or("–".to_owned(), |peer| times(rate(one) / rate(peer)))
        };
        table.add_row([
            one.users.to_string(),
            one.server.to_owned(),
            format!("{:.0}", one.creates),
            format!("{:.0}", one.gets),
            milliseconds(one.create_median),
            milliseconds(one.get_median),
            ratio(|one| one.creates),
            ratio(|one| one.gets),
        ]);
    }
    print("Inbound SCIM", &table);
}

/// What one membership costs in a large group.
pub fn joined(joined: Option<&Joined>) {
    let Some(joined) = joined else { return };
    let mut table = table(&["members", "request", "median", "p99"]);
    table.add_row([
        joined.members.to_string(),
        "PATCH that adds one member".to_owned(),
        milliseconds(joined.median),
        milliseconds(joined.p99),
    ]);
    print("A large group", &table);
}

fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(headings);
    table
}

#[expect(clippy::print_stdout, reason = "the report is this program's output")]
fn print(title: &str, table: &Table) {
    let mut table = table.clone();
    for (at, column) in table.column_iter_mut().enumerate() {
        if at != 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("### {title}\n\n{table}\n");
}

/// The time that Miro's limit of 100,000 credits a minute imposes.
fn minutes(credits: u64) -> String {
    let windows = credits.saturating_sub(1) / 100_000;
    format!("≥ {windows} min")
}

fn times(ratio: f64) -> String {
    format!("{ratio:.1}×")
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
