//! A plan as one page that needs nothing else: no script, no font, no request.

use std::fmt::Write as _;

use usher_plan::{Change, Urgency};
use usher_server::escape_html as escape;

use super::action::{Difference, Sign, describe};
use super::overview::{Overview, is_record, sign};
use super::sections::{Section, sections};
use super::{View, consequence, guard, reason};
use crate::output::humanize;

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn page(view: &View<'_>) -> String {
    let overview = Overview::of(view.plan);
    let title = title(view);
    let mut page = String::with_capacity(4096 + view.plan.changes.len() * 512);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#changes\">Skip to the changes</a>\n<main>\n<h1>{title}</h1>\n",
        title = escape(&title)
    );
    facts(view, &overview, &mut page);
    counts(&overview, &mut page);
    guards(view, &mut page);
    page.push_str("<h2 id=\"changes\">Changes</h2>\n");
    changes(view, &overview, &mut page);
    for section in sections(view.report) {
        left_alone(&section, &mut page);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn title(view: &View<'_>) -> String {
    let organization = view.names.organization.clone();
    let organization =
        organization.unwrap_or_else(|| format!("organization {}", view.plan.organization));
    format!("Plan for {organization}")
}

fn facts(view: &View<'_>, overview: &Overview, page: &mut String) {
    let basis = &view.plan.basis;
    let mut facts = vec![
        ("Plan", view.plan.id.to_string()),
        (
            "State",
            format!("{} {}", view.standing.state, view.standing.meaning),
        ),
        ("Made", humanize::exact(view.plan.created_at)),
        ("Basis", basis.hash.to_string()),
        (
            "People in scope",
            humanize::count(view.report.people_in_scope.into()),
        ),
        (
            "Accounts in line",
            humanize::count(view.report.accounts_in_line.into()),
        ),
        (
            "Not to be undone",
            humanize::count(overview.irreversible as u64),
        ),
    ];
    if let Some(eta) = view.eta {
        facts.push(("Applying takes about", humanize::duration(eta)));
    }
    page.push_str("<dl>\n");
    for (name, value) in facts {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{}</dd>", escape(value.trim()));
    }
    page.push_str("</dl>\n");
}

fn counts(overview: &Overview, page: &mut String) {
    if overview.kinds.is_empty() {
        page.push_str("<p>Nothing to do.</p>\n");
        return;
    }
    page.push_str(
        "<table>\n<caption>Changes by kind</caption>\n<thead><tr><th scope=\"col\">Kind</th>\
         <th scope=\"col\">What</th><th scope=\"col\" class=\"number\">Changes</th></tr></thead>\n<tbody>\n",
    );
    for (kind, count) in &overview.kinds {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\"><a href=\"#kind-{kind:?}\">{}</a></th><td>{}</td><td class=\"number\">{}</td></tr>",
            escape(kind.words()),
            mark(sign(*kind)),
            humanize::count(u64::from(*count)),
        );
    }
    page.push_str("</tbody>\n</table>\n");
    for (license, seats) in &overview.licenses {
        let left = seats.left.map_or_else(String::new, |left| {
            format!(", {} at the least", consequence::seats(left))
        });
        let text = format!(
            "Licences {license}: {} taken, {} freed{left}",
            seats.taken, seats.freed
        );
        let _ = writeln!(page, "<p>{}</p>", escape(&text));
    }
}

/// The sign and its word: what somebody who sees no colour reads.
fn mark(sign: Sign) -> String {
    format!(
        "<span class=\"{word}\"><span aria-hidden=\"true\">{sign} </span>{word}</span>",
        sign = sign.as_str(),
        word = sign.word()
    )
}

fn guards(view: &View<'_>, page: &mut String) {
    if view.standing.holding.is_empty() {
        return;
    }
    page.push_str(
        "<section class=\"held\" aria-labelledby=\"held\">\n<h2 id=\"held\">Held, because</h2>\n<ul>\n",
    );
    for words in &view.standing.holding {
        let _ = write!(page, "<li>{}", escape(words));
        let mut guards = view.plan.guards.iter();
        let verdict = guards.find(|verdict| verdict.tripped && verdict.words == *words);
        if let Some(numbers) = verdict.and_then(guard::numbers) {
            let _ = write!(page, "<br>changes {}", escape(&numbers));
        }
        page.push_str("</li>\n");
    }
    page.push_str("</ul>\n");
    for (command, what) in &view.standing.next {
        let _ = writeln!(
            page,
            "<p>{}: <code>{}</code></p>",
            escape(what),
            escape(command)
        );
    }
    page.push_str("</section>\n");
}

fn changes(view: &View<'_>, overview: &Overview, page: &mut String) {
    for (kind, count) in &overview.kinds {
        let open = if *count <= 25 { " open" } else { "" };
        let _ = writeln!(
            page,
            "<details id=\"kind-{kind:?}\"{open}>\n<summary>{} ({})</summary>\n<table>\n<thead><tr>\
             <th scope=\"col\">Number</th><th scope=\"col\">Of</th><th scope=\"col\">Change</th>\
             <th scope=\"col\">Why</th><th scope=\"col\">Effects</th></tr></thead>\n<tbody>",
            escape(kind.words()),
            humanize::count(u64::from(*count)),
        );
        let of_kind = view
            .plan
            .changes
            .iter()
            .filter(|c| c.action.kind() == *kind);
        of_kind.for_each(|change| row(view, change, page));
        page.push_str("</tbody>\n</table>\n</details>\n");
    }
}

fn row(view: &View<'_>, change: &Change, page: &mut String) {
    let described = describe(&change.action, view.names);
    let urgent = if change.urgency == Urgency::Urgent {
        " <em>urgent</em>"
    } else {
        ""
    };
    let _ = write!(
        page,
        "<tr id=\"change-{number}\"><td class=\"number\">{number}</td><th scope=\"row\">{}{urgent}</th><td>{}",
        escape(&change.label),
        mark(described.sign),
        number = change.number,
    );
    page.push_str("<ul>");
    for difference in &described.differences {
        let _ = write!(page, "<li>{}</li>", values(difference));
    }
    page.push_str("</ul></td><td><ol>");
    for reason in &change.reasons {
        let _ = write!(
            page,
            "<li>{}</li>",
            escape(&reason::words(reason, view.names))
        );
    }
    page.push_str("</ol></td><td><ul>");
    if !is_record(&change.action) {
        for effect in &change.consequences {
            let class = if effect.is_irreversible() {
                " class=\"final\""
            } else {
                ""
            };
            let _ = write!(
                page,
                "<li{class}>{}</li>",
                escape(&consequence::words(effect))
            );
        }
    }
    page.push_str("</ul></td></tr>\n");
}

fn values(difference: &Difference) -> String {
    let name = escape(&difference.name);
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!(
            "{name}: <del>{}</del> <span aria-hidden=\"true\">→</span> <ins>{}</ins>",
            escape(before),
            escape(after)
        ),
        (None, Some(after)) => format!("{name}: <ins>{}</ins>", escape(after)),
        (Some(before), None) => format!("{name}: <del>{}</del>", escape(before)),
        (None, None) => name,
    }
}

fn left_alone(section: &Section, page: &mut String) {
    let open = if section.entries.len() <= 25 {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        page,
        "<details{open}>\n<summary>{} ({}): {}</summary>\n<ul>",
        escape(section.title),
        humanize::count(section.entries.len() as u64),
        escape(section.meaning)
    );
    for entry in &section.entries {
        let _ = write!(
            page,
            "<li><strong>{}</strong>: {}",
            escape(&entry.label),
            escape(&entry.text)
        );
        if let Some(remedy) = &entry.remedy {
            let _ = write!(page, "<br>{}", escape(remedy));
        }
        page.push_str("</li>\n");
    }
    page.push_str("</ul>\n</details>\n");
}
