//! What whoever watches a server is told: readiness with reasons, metrics, and a log.

use serde_json::Value;
use sqlx::{Connection, Executor};
use tokio::runtime::Runtime;

use super::{Serving, wait_for_jobs, wait_until};
use crate::provisioning::company::Company;
use crate::support::small;

fn check<'a>(readiness: &'a Value, name: &str) -> &'a Value {
    let checks = readiness["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no check {name}: {readiness}"))
}

fn readiness(serving: &Serving) -> (u16, Value) {
    let (status, _, text) = serving.get("readyz");
    (status, serde_json::from_str(&text).unwrap())
}

#[test]
fn a_server_is_ready_and_says_why_it_is_not_when_a_newer_usher_changed_the_schema() {
    let company = Company::unconnected(small());
    let serving = Serving::start(&company.home);
    wait_until("the worker begins", || readiness(&serving).0 == 200);
    let (_, ready) = readiness(&serving);
    for name in ["database", "schema", "worker", "secrets"] {
        assert_eq!(check(&ready, name)["ok"], true, "{ready}");
    }
    let path = company.home.path("usher.db");
    Runtime::new().unwrap().block_on(async {
        let url = format!("sqlite://{}", path.display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let newer = "INSERT INTO usher_schema (version, name, checksum, applied_at) VALUES (999, 'x', 'x', 0)";
        connection.execute(newer).await.unwrap();
    });
    let (status, ready) = readiness(&serving);
    assert_eq!(status, 503);
    assert_eq!(check(&ready, "schema")["ok"], false);
    let reason = check(&ready, "schema")["reason"].as_str().unwrap();
    assert!(reason.contains("999"), "{reason}");
    assert_eq!(serving.get("livez").0, 200);
}

#[test]
fn a_missing_key_makes_a_server_that_needs_it_unready() {
    let company = Company::unconnected(small());
    let keys = company.home.path("keys");
    let home = company
        .home
        .with("USHER_SECRETS_KEY_FILE", keys.to_str().unwrap());
    home.run(&["secrets", "init"]).expect(0);
    let serving = Serving::start(&home);
    wait_until("the worker begins", || readiness(&serving).0 == 200);
    std::fs::remove_file(&keys).unwrap();
    let (status, ready) = readiness(&serving);
    assert_eq!(status, 503, "{ready}");
    assert_eq!(check(&ready, "secrets")["ok"], false);
}

#[test]
fn metrics_tell_of_requests_jobs_miro_and_what_there_is() {
    let company = Company::unconnected(small());
    company.run(&["schedules", "run-now", "sync"]);
    let serving = Serving::start(&company.home);
    wait_for_jobs(&company.home);
    serving.get("livez");
    serving.get("no/such/page?token=hush");
    let (status, headers, text) = serving.get("metrics");
    assert_eq!(status, 200);
    assert!(
        headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    for line in [
        "usher_build_info{version=\"",
        "usher_http_requests_total{method=\"GET\",route=\"/livez\",status=\"200\"} 1",
        "usher_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "usher_http_request_seconds_count{method=\"GET\",route=\"/livez\"} 1",
        "usher_jobs_total{kind=\"sync\",outcome=\"done\"} 1",
        "usher_job_seconds_count{kind=\"sync\"} 1",
        "usher_miro_requests_total{route=\"GET /v1/oauth-token\"} ",
        "usher_miro_credits_total{lane=\"rest\"} ",
        "usher_miro_rate_limited_total 0",
        "usher_miro_lane_limit{lane=\"rest\"} ",
        "usher_people{status=\"active\"} 6",
        "usher_accounts{organization=\"",
        "usher_database_connections{state=\"",
        "# EOF",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
    assert!(!text.contains("hush"));
}

#[test]
fn each_request_has_an_id_and_a_line_in_the_log() {
    let company = Company::unconnected(small());
    let serving = Serving::start_with(
        &company.home,
        &["--log-format", "json", "--log-level", "info"],
    );
    let (_, headers, _) = serving.get_as("livez?token=hush", "req-7.a");
    assert_eq!(headers["x-request-id"], "req-7.a");
    let (_, headers, _) = serving.get_as("livez", "no id of ours");
    let made = headers["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(made.len(), 36, "{made}");
    wait_until("both are logged", || serving.log().contains(&made));
    let log = serving.log();
    let line = log.lines().find(|line| line.contains("req-7.a")).unwrap();
    let entry: Value = serde_json::from_str(line).unwrap();
    assert_eq!(entry["request.id"], "req-7.a", "{entry}");
    assert_eq!(
        (&entry["route"], &entry["status"]),
        (&"/livez".into(), &200.into()),
        "{entry}"
    );
    assert!(!log.contains("hush"));
}
