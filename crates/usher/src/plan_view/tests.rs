//! What people read of a plan.

use std::collections::BTreeMap;

use usher_model::{AccountId, AssignmentId, AssignmentOrigin, Email, License, PersonId, TeamId};
use usher_plan::{
    AccountRef, Action, ActionKind, AttributeChange, Basis, Blocked, BoardHeir, Change, ChangeKey,
    Consequence, Guard, GuardVerdict, PlanHash, Reason, SetAside, Skipped, TargetAttribute,
    TargetValue, TeamRef, UnmanagedAccount, Urgency, Wait, WhySetAside,
};

use super::*;

fn change(number: u32, label: &str, action: Action) -> Change {
    Change {
        number,
        key: ChangeKey(format!("key-{number}")),
        person: None,
        label: label.to_owned(),
        action,
        reasons: Vec::new(),
        consequences: Vec::new(),
        after: Vec::new(),
        urgency: Urgency::Normal,
    }
}

fn assigned(gives: &str) -> Reason {
    Reason::Assigned {
        assignment: AssignmentId::new("1"),
        origin: AssignmentOrigin::Manual { by: "ada".into() },
        gives: gives.to_owned(),
        via: vec!["Engineering".into(), "Design".into()],
    }
}

fn create() -> Change {
    let text = |text: &str| Some(TargetValue::Text(text.into()));
    let attributes = BTreeMap::from([
        (TargetAttribute::UserName, text("ada@example.org")),
        (TargetAttribute::DisplayName, text("Ada <Lovelace>")),
        (TargetAttribute::Division, None),
    ]);
    let person = PersonId::new("p1");
    Change {
        reasons: vec![assigned("an account")],
        consequences: vec![
            Consequence::LicenseTaken {
                license: License::Full,
                seats_left: Some(2),
            },
            Consequence::JoinsDefaultTeam {
                team: Some("Everyone".into()),
            },
        ],
        ..change(
            1,
            "ada@example.org",
            Action::CreateAccount { person, attributes },
        )
    }
}

fn update() -> Change {
    let changes = vec![
        AttributeChange {
            attribute: TargetAttribute::Department,
            before: Some(TargetValue::Text("Engines".into())),
            after: Some(TargetValue::Text("Design".into())),
        },
        AttributeChange {
            attribute: TargetAttribute::CostCenter,
            before: Some(TargetValue::Text("42".into())),
            after: None,
        },
    ];
    let account = AccountId::new("2");
    Change {
        reasons: vec![Reason::Mapped {
            attribute: TargetAttribute::Department,
            from: "direct department".into(),
        }],
        ..change(
            2,
            "bob@example.org",
            Action::UpdateAttributes { account, changes },
        )
    }
}

fn leave() -> Change {
    let (account, team) = (AccountId::new("3"), TeamId::new("77"));
    Change {
        reasons: vec![Reason::PersonGone],
        consequences: vec![
            Consequence::BoardsHandedOver {
                boards: Some(4),
                heir: BoardHeir::TeamAdmin {
                    team: "Design".into(),
                    candidates: vec!["bob@example.org".into()],
                },
            },
            Consequence::Irreversible,
        ],
        urgency: Urgency::Urgent,
        ..change(
            3,
            "carol@example.org",
            Action::RemoveFromTeam { account, team },
        )
    }
}

fn joins(from: u32, count: u32) -> impl Iterator<Item = Change> {
    (from..from + count).map(|number| {
        let action = Action::AddToTeam {
            account: AccountRef::Existing(AccountId::new(number.to_string())),
            team: TeamRef::New("Fresh".into()),
        };
        change(number, &format!("p{number}@example.org"), action)
    })
}

fn guard() -> GuardVerdict {
    GuardVerdict {
        guard: Guard::Irreversible,
        tripped: true,
        counted: 1,
        allowed: 0,
        changes: vec![3],
        words: "1 change cannot be undone, 0 are allowed".into(),
    }
}

fn plan(changes: Vec<Change>, guards: Vec<GuardVerdict>) -> Plan {
    Plan {
        id: "0199aaaa-0000-7000-8000-000000000000".into(),
        organization: "1".into(),
        created_at: "2026-06-01T11:30:00Z".parse().unwrap(),
        basis: Basis {
            snapshot: None,
            parent: None,
            hash: PlanHash("ab12".into()),
            only: Vec::new(),
        },
        changes,
        guards,
    }
}

fn report() -> Report {
    Report {
        skipped: vec![Skipped {
            step: "match".into(),
            person: None,
            account: None,
            label: "dan@example.org".into(),
            why: "two accounts match".into(),
            remedy: "tie one with `usher link pin`".into(),
        }],
        unmanaged: vec![UnmanagedAccount {
            account: AccountId::new("9"),
            email: Email::new("old@example.org"),
            matches: None,
            why: "nobody has this address".into(),
        }],
        blocked: vec![Blocked {
            what: "removals".into(),
            why: "the inventory is 3 days old".into(),
            remedy: "run `usher sync`".into(),
        }],
        people_in_scope: 5,
        ..Report::default()
    }
}

fn seen<T>(plan: &Plan, report: &Report, show: impl FnOnce(&View<'_>) -> T) -> T {
    let names = Names {
        organization: Some("Example Org".into()),
        teams: BTreeMap::from([(TeamId::new("77"), "Design".to_owned())]),
        ..Names::default()
    };
    let standing = Standing {
        state: "held".into(),
        meaning: "it waits for somebody's yes".into(),
        holding: plan
            .guards
            .iter()
            .map(|verdict| verdict.words.clone())
            .collect(),
        next: vec![("usher apply".into(), "to apply it".into())],
    };
    show(&View {
        plan,
        report,
        names: &names,
        standing: &standing,
        eta: Some(Duration::from_secs(75)),
        now: "2026-06-01T12:00:00Z".parse().unwrap(),
    })
}

fn text(plan: &Plan, report: &Report, extent: &Extent) -> String {
    let lines = seen(plan, report, |view| lines(view, extent));
    console::strip_ansi_codes(&lines.join("\n")).into_owned()
}

#[test]
fn the_terminal_shows_counts_guards_changes_with_their_why_and_what_was_left_alone() {
    let plan = plan(vec![create(), update(), leave()], vec![guard()]);
    insta::assert_snapshot!(text(&plan, &report(), &Extent::default()));
}

#[test]
fn a_long_plan_is_summarized_and_says_how_to_see_all_of_it() {
    let plan = plan(joins(1, 30).collect(), Vec::new());
    let text = text(&plan, &Report::default(), &Extent::default());
    assert!(text.contains("#10 p10@example.org"), "{text}");
    assert!(!text.contains("#11 "), "{text}");
    assert!(
        text.contains("… and 20 more: usher plan show 0199aaaa-0000-7000-8000-000000000000 --kind add_to_team --all"),
        "{text}"
    );
}

#[test]
fn one_kind_can_be_shown_alone() {
    let plan = plan(vec![create(), update(), leave()], Vec::new());
    let extent = Extent {
        kinds: vec![ActionKind::Update],
        ..Extent::default()
    };
    let text = text(&plan, &report(), &extent);
    assert!(text.contains("bob@example.org"), "{text}");
    assert!(!text.contains("#1 ada@example.org"), "{text}");
    assert!(!text.contains("Skipped"), "{text}");
}

#[test]
fn an_empty_plan_says_that_nothing_is_to_be_done() {
    let plan = plan(Vec::new(), Vec::new());
    let report = Report {
        people_in_scope: 5,
        ..Report::default()
    };
    let text = text(&plan, &report, &Extent::default());
    assert!(text.contains("nothing to do"), "{text}");
}

#[test]
fn what_is_set_aside_says_until_when_it_waits_and_why() {
    let aside = |label: &str, action, why| SetAside {
        key: ChangeKey(label.to_owned()),
        person: None,
        label: label.to_owned(),
        action,
        why,
    };
    let wait = Wait {
        until: "2026-03-02T09:00:00Z".parse().unwrap(),
        attempts: 3,
        error: "Full users limit reached".to_owned(),
    };
    let needs = WhySetAside::Needs {
        key: ChangeKey("ada@example.org".to_owned()),
        action: ActionKind::Create,
        label: "ada@example.org".to_owned(),
    };
    let failed = WhySetAside::Failed(wait);
    let report = Report {
        set_aside: vec![
            aside("ada@example.org", ActionKind::Create, failed),
            aside("Design", ActionKind::AddToTeam, needs),
        ],
        ..Report::default()
    };
    let text = text(&plan(Vec::new(), Vec::new()), &report, &Extent::default());
    for part in [
        "nothing to do",
        ", 2 changes set aside",
        "waits until 2026-03-02",
        "because it failed 3 times: Full users limit reached",
        "waits for: create ada@example.org",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_page_escapes_what_people_are_called_and_needs_nothing_else() {
    let plan = plan(vec![create(), update(), leave()], vec![guard()]);
    let page = seen(&plan, &report(), page);
    assert!(page.contains("Ada &lt;Lovelace&gt;"), "{page}");
    assert!(!page.contains("<Lovelace>"), "{page}");
    for outside in ["<script", "http://", "https://", "<img", "<link", "url("] {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn signs_carry_their_words_where_colour_is_not_seen() {
    let plan = plan(vec![create(), leave()], Vec::new());
    let page = seen(&plan, &report(), page);
    assert!(page.contains("</span>added</span>"), "{page}");
    assert!(page.contains("</span>removed</span>"), "{page}");
}
