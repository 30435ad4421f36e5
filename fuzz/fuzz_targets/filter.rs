#![no_main]
//! Fuzzes `checks::filter`.

#[path = "../checks.rs"]
#[allow(dead_code, reason = "each target uses one check")]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| checks::filter(text));
