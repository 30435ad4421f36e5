//! Figures under enforced limits, twentyfold of Miro's pace. Run with
//! `cargo test --release -p usher-engine -- --ignored --nocapture --test-threads 1 measure`.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_engine::apply::{ApplyEnding, ApplyEvent, ApplyReport, Pace, optimum};
use usher_miro::ScimPool;
use usher_model::AccountId;
use usher_plan::{AccountRef, TeamRef};
use usher_sandbox::switches::{RateBuckets, Switches};
use usher_sandbox::{GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings};

use super::creation::email;
use super::site::{Changes, Listener, Site, new};
use crate::support::Tokens;

const SCALE: f64 = 20.0;
const WINDOW: Duration = Duration::from_millis(1500);

fn company(users: usize, rate_buckets: RateBuckets) -> SandboxSettings {
    SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users,
            teams: 2,
            memberships: 1,
            guests: 0.0,
            inactive: 0.0,
            seed: 3,
            ..GenerateSettings::default()
        }),
        switches: Switches {
            rate_buckets,
            ..Switches::default()
        },
        limits: LimitSettings {
            enforced: true,
            time_scale: SCALE,
        },
        ..SandboxSettings::default()
    }
}

/// Applies, and tells how far the estimate at a tenth of the way was from the end.
async fn run(site: &Site, changes: &Changes) -> (ApplyReport, f64) {
    let plan = site.save(changes).await;
    let listener = Listener::default();
    let client = site.client_at(Tokens::Both, SCALE);
    let report = site
        .apply_until(&client, &plan, CancellationToken::new(), &listener)
        .await
        .unwrap();
    assert_eq!(report.ending, ApplyEnding::Applied);
    assert_eq!(
        (report.failed, report.skipped, report.unverified),
        (0, 0, 0),
        "{:#?}",
        report.failures
    );
    let end = report.elapsed.as_secs_f64();
    let told = listener
        .events
        .lock()
        .unwrap()
        .iter()
        .find_map(|event| match event {
            ApplyEvent::Progressed(progress)
                if progress.calls * 9 >= progress.calls_left && progress.eta.is_some() =>
            {
                Some((progress.elapsed + progress.eta?).as_secs_f64())
            }
            _ => None,
        });
    (report, (told.unwrap_or(0.0) - end) / end)
}

/// Ten thousand people in a hundred teams of two hundred, in either reading of the limits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; for figures"]
async fn measure_the_first_cycle_of_ten_thousand_people() {
    for rate_buckets in [RateBuckets::PerMethod, RateBuckets::Shared] {
        let site = Site::with(company(50, rate_buckets)).await;
        let mut changes = Changes::default();
        let made: Vec<u32> = (0..100)
            .map(|team| changes.create_team(&format!("Team {team}")))
            .collect();
        let created: Vec<u32> = (0..10_000).map(|one| changes.create(&email(one))).collect();
        for one in 0..10_000 {
            for team in [one % 100, (one + 1 + one / 100 % 99) % 100] {
                let after = [created[one], made[team]];
                let team = TeamRef::New(format!("Team {team}"));
                changes.join(new(&email(one)), team, &after);
            }
        }
        let (report, eta_error) = run(&site, &changes).await;
        let windows = report.elapsed.as_secs_f64() / WINDOW.as_secs_f64();
        let lane = match rate_buckets {
            RateBuckets::PerMethod => "scim create user",
            RateBuckets::Shared => "scim",
        };
        let credits = report.credits[lane] as f64;
        let read: u64 = ["GET /Users", "GET /Users/{id}"]
            .iter()
            .filter_map(|route| report.requests.get(*route))
            .map(|calls| calls * 50)
            .sum();
        let writes = if rate_buckets == RateBuckets::Shared {
            credits - read as f64
        } else {
            credits
        };
        println!(
            "{rate_buckets}: {:.1} s, {windows:.2} windows; of the binding limit {:.1} %, by writes alone {:.1} %; \
             429: {}; ETA at 10 % off by {:+.1} %; requests {:?}",
            report.elapsed.as_secs_f64(),
            credits / (windows * 10_000.0) * 100.0,
            writes / (windows * 10_000.0) * 100.0,
            site.refused_for_the_limit(),
            eta_error * 100.0,
            report.requests,
        );
        assert_eq!(site.refused_for_the_limit(), 0);
        assert!(writes / (windows * 10_000.0) >= 0.95);
        assert!(eta_error.abs() <= 0.1);
    }
}

fn accounts(site: &Site) -> Vec<AccountId> {
    site.miro(|miro| {
        let ids = miro
            .scim_users()
            .iter()
            .map(|key| miro.user(*key).id.to_string());
        ids.map(AccountId::from).collect()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; for figures"]
async fn measure_a_team_of_eight_thousand() {
    for rate_buckets in [RateBuckets::PerMethod, RateBuckets::Shared] {
        let site = Site::with(company(8000, rate_buckets)).await;
        let mut changes = Changes::default();
        let made = changes.create_team("Everybody Else");
        for account in accounts(&site) {
            let account = AccountRef::Existing(account);
            changes.join(account, TeamRef::New("Everybody Else".into()), &[made]);
        }
        let (report, _) = run(&site, &changes).await;
        println!(
            "{rate_buckets}: 8,000 members in {} PATCH, {:.2} s with reading back; requests {:?}",
            site.asked("PATCH /Groups/{id}"),
            report.elapsed.as_secs_f64(),
            report.requests,
        );
        assert_eq!(site.asked("PATCH /Groups/{id}"), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; for figures"]
async fn measure_five_hundred_teams_of_sixty() {
    for (rate_buckets, scim_pool) in [
        (RateBuckets::PerMethod, ScimPool::PerClass),
        (RateBuckets::Shared, ScimPool::Shared),
    ] {
        let site = Site::with(company(6000, rate_buckets)).await;
        let accounts = accounts(&site);
        let mut changes = Changes::default();
        let made: Vec<u32> = (0..500)
            .map(|team| changes.create_team(&format!("Team {team}")))
            .collect();
        for (team, made) in made.iter().enumerate() {
            for member in 0..60 {
                let account = accounts[(team * 60 + member * 7) % accounts.len()].clone();
                let team = TeamRef::New(format!("Team {team}"));
                changes.join(AccountRef::Existing(account), team, &[*made]);
            }
        }
        let (report, eta_error) = run(&site, &changes).await;
        let limits = usher_miro::LimitProfile {
            scim_pool,
            ..usher_miro::LimitProfile::default()
        };
        let edit = usher_engine::apply::batch::Edit {
            members: 60,
            per_small: 11,
            per_large: 8000,
        };
        let best = optimum(&[edit; 500], &Pace::new(limits, SCALE));
        // What fits into the first window costs no time; in a shared pool so many credits are so many windows.
        let best_windows = match scim_pool {
            ScimPool::PerClass => best as f64 - 1.0,
            ScimPool::Shared => best as f64 / 10_000.0 - 1.0,
        };
        let windows = report.elapsed.as_secs_f64() / WINDOW.as_secs_f64();
        println!(
            "{rate_buckets}: {windows:.2} windows, computed optimum {best_windows:.2} ({:+.1} %); 429: {}; ETA at 10 % off by {:+.1} %; \
             requests {:?}",
            (windows / best_windows - 1.0) * 100.0,
            site.refused_for_the_limit(),
            eta_error * 100.0,
            report.requests,
        );
        assert_eq!(site.refused_for_the_limit(), 0);
        assert!(
            windows <= best_windows * 1.05 + 0.2,
            "{windows} {best_windows}"
        );
    }
}
