//! How fast a large organization is written. Run it with `--release -- --ignored --nocapture`.

use std::time::Instant;

use usher_baton::emit::{Detail, InventoryExport};
use usher_model::{Entitlement, Known, License, OrganizationRole, Team, TeamId, TeamRole};

use crate::export::{account, grant};
use crate::support::{begin, clock};

#[tokio::test]
#[ignore = "a measurement"]
async fn a_hundred_thousand_people_are_written_in_ten_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let began = Instant::now();
    let writer = begin(&path, &clock()).await.unwrap();
    let mut export = InventoryExport::begin(writer, Detail::Everything)
        .await
        .unwrap();
    for number in 0..5000 {
        let (id, name) = (
            TeamId::new(format!("30744573457{number:08}")),
            format!("Team {number}"),
        );
        export.team(&Team { id, name }).await.unwrap();
    }
    for number in 0..100_000_u32 {
        let id = format!("30744573456{number:08}");
        let mut user = account(&id, &format!("user{number:06}@example.com"));
        user.license = Known::Known(License::Full);
        export.account(&user).await.unwrap();
        let role = Entitlement::Role(OrganizationRole::InternalUser);
        export.grant(&grant(&id, role)).await.unwrap();
        let teams = if number % 10 < 3 { 4 } else { 3 };
        for step in 0..teams {
            let team = TeamId::new(format!(
                "30744573457{:08}",
                (number * 7 + step * 1237) % 5000
            ));
            let held = Entitlement::Team {
                team,
                role: TeamRole::Member,
            };
            export.grant(&grant(&id, held)).await.unwrap();
        }
    }
    let rows = began.elapsed();
    let written = export.finish().await.unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    eprintln!(
        "{} grants, {} bytes of {}, rows {rows:?}, all {:?}, {peak}",
        written.stats.grants,
        written.file_bytes,
        written.database_bytes,
        began.elapsed()
    );
    assert!(cfg!(debug_assertions) || began.elapsed().as_secs() < 10);
}
