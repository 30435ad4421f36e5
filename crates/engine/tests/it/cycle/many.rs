//! A staff large enough for guards that count in tens.

use super::stage::{Row, STAFF, Stage};

/// Besides the staff: if they all left at once, it would be more than a guard lets pass.
pub const MANY: &[Row] = &[
    Row("p1@acme.com", "P One", "User"),
    Row("p2@acme.com", "P Two", "User"),
    Row("p3@acme.com", "P Three", "User"),
    Row("p4@acme.com", "P Four", "User"),
    Row("p5@acme.com", "P Five", "User"),
    Row("p6@acme.com", "P Six", "User"),
    Row("p7@acme.com", "P Seven", "User"),
];

/// The staff and the many, of whom some may use the application no longer.
pub fn without(left: &[&str]) -> Vec<Row> {
    let all = STAFF.iter().chain(MANY);
    all.map(|Row(email, name, role)| {
        let role = if left.contains(email) {
            "Default Access"
        } else {
            role
        };
        Row(email, name, role)
    })
    .collect()
}

/// Twelve people, of whom five may be disabled in a day.
pub async fn with_many() -> Stage {
    let stage = Stage::active().await;
    stage.write_people(&without(&[]));
    stage.settle().await;
    stage
}
