//! How fast the sandbox answers. Meaningful with optimization only:
//! `cargo test --release -p usher-sandbox --test it speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use usher_sandbox::{GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings};

use crate::support::Miro;

async fn large(users: usize) -> Miro {
    let settings = SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users,
            teams: users / 20,
            ..GenerateSettings::default()
        }),
        limits: LimitSettings {
            enforced: false,
            time_scale: 1.0,
        },
        ..SandboxSettings::default()
    };
    let started = Instant::now();
    let miro = Miro::start(settings).await;
    println!("{users} people in {:?}", started.elapsed());
    miro
}

/// The median of several calls.
async fn median(miro: &Miro, path: &str) -> Duration {
    let mut took = Vec::new();
    for _ in 0..21 {
        let started = Instant::now();
        miro.get(path).await.expect(200);
        took.push(started.elapsed());
    }
    took.sort();
    took[10]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement; run it with optimization"]
async fn speed_of_pages_at_100_000_people() {
    let miro = large(100_000).await;
    let org = miro.org().await;
    let middle = miro
        .get(&format!("/v2/orgs/{org}/members?limit=1"))
        .await
        .expect(200);
    let first: u64 = middle["data"][0]["id"].as_str().unwrap().parse().unwrap();
    for path in [
        format!("/v2/orgs/{org}/members?limit=100"),
        format!(
            "/v2/orgs/{org}/members?limit=100&cursor={}",
            first + 20_000_000
        ),
        format!("/v2/orgs/{org}/members?limit=100&role=organization_internal_admin"),
        format!("/v2/orgs/{org}/teams?limit=100"),
        "/api/v1/scim/Users?count=100".to_owned(),
        "/api/v1/scim/Users?count=100&startIndex=90000&sortBy=name.familyName".to_owned(),
        "/api/v1/scim/Users?filter=userName%20eq%20%22nobody@nowhere.example%22".to_owned(),
    ] {
        let took = median(&miro, &path).await;
        println!("{took:>10.2?}  {path}");
        assert!(took < Duration::from_millis(5), "{path} took {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement; run it with optimization"]
async fn speed_of_simple_requests() {
    let miro = std::sync::Arc::new(large(1000).await);
    let org = miro.org().await;
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (miro, path) = (std::sync::Arc::clone(&miro), format!("/v2/orgs/{org}"));
        tasks.spawn(async move {
            for _ in 0..2000 {
                miro.get(&path).await.expect(200);
            }
        });
    }
    tasks.join_all().await;
    let rate = 32_000.0 / started.elapsed().as_secs_f64();
    println!("{rate:.0} requests per second, client and sandbox on the same cores");
}
