//! Replays what the fuzzers have found, and the seeds they start from.

use std::{fs, path::Path};

use crate::checks;

fn replay(target: &str, check: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        if let Ok(text) = std::str::from_utf8(&bytes) {
            check(text);
        }
        count += 1;
    }
    assert!(count >= 15, "{} has {count} inputs", folder.display());
}

#[test]
fn the_corpus_of_filters_holds() {
    replay("filter", checks::filter);
}

#[test]
fn the_corpus_of_paths_holds() {
    replay("path", checks::path);
}

#[test]
fn the_corpus_of_patches_holds() {
    replay("patch", checks::patch);
}
