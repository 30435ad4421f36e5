//! Traces, as a collector gets them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::{Serving, wait_for_jobs, wait_until};
use crate::provisioning::company::Company;
use crate::support::small;

/// A collector that takes everything; what it was sent.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let sent = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let sent = Arc::clone(&sent);
            std::thread::spawn(move || {
                let mut buffer = [0; 8192];
                while let Ok(length) = stream.read(&mut buffer) {
                    if length == 0 {
                        break;
                    }
                    sent.lock().unwrap().extend_from_slice(&buffer[..length]);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                }
            });
        }
    });
    (url, taken)
}

fn has(taken: &Mutex<Vec<u8>>, word: &str) -> bool {
    let taken = taken.lock().unwrap();
    taken
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[test]
fn requests_and_jobs_are_sent_as_spans_and_the_last_ones_at_the_end() {
    let (url, taken) = collector();
    let company = Company::unconnected(small());
    let home = company.home.with("USHER_TRACES_ENDPOINT", &url);
    home.run(&["schedules", "run-now", "sync"]).expect(0);
    let serving = Serving::start(&home);
    wait_for_jobs(&home);
    serving.get_as("livez?token=hush", "req-7.a");
    assert_eq!(serving.stop(), Some(0));
    for word in [
        "POST /v1/traces",
        "GET /livez",
        "req-7.a",
        "job sync",
        // An attribute and its text, as protobuf has them: field 2 of 7 bytes, in it field 1 of 5.
        "service.name\u{12}\u{7}\n\u{5}usher",
    ] {
        wait_until(word, || has(&taken, word));
    }
    assert!(!has(&taken, "hush"));
}

#[test]
fn a_collector_that_is_away_keeps_nothing_from_working() {
    let company = Company::unconnected(small());
    let home = company
        .home
        .with("USHER_TRACES_ENDPOINT", "http://127.0.0.1:9/");
    let serving = Serving::start(&home);
    assert_eq!(serving.get("livez").0, 200);
    assert_eq!(serving.stop(), Some(0));
}
