//! Places at which a test kills the process, to show that nothing is lost.
//!
//! Compiled in with the feature `fault-points` only; without it, [`reached`] does nothing. The library reads no
//! environment: whoever starts it passes on what to do, with `configure`.

/// All places, so that a test can go through them.
pub const ALL: [&str; 8] = [
    "apply.before_intend",
    "apply.after_intend",
    "apply.after_send",
    "apply.before_settle",
    "apply.after_settle",
    "apply.between_batches",
    "apply.before_verify",
    "apply.before_finish",
];

#[cfg(feature = "fault-points")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Armed {
        name: String,
        left: AtomicU32,
    }

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// Arms one place, as `NAME:N`: the process is aborted when it gets there for the `N`-th time; without `:N` at
    /// the first. The first call counts; says whether it was this one.
    pub fn configure(text: &str) -> bool {
        let (name, count) = text.rsplit_once(':').unwrap_or((text, "1"));
        let armed = Armed {
            name: name.to_owned(),
            left: AtomicU32::new(count.parse().unwrap_or(1)),
        };
        ARMED.set(armed).is_ok()
    }

    /// Aborts the process if this place is armed and its time has come.
    pub fn reached(name: &str) {
        let Some(armed) = ARMED.get().filter(|armed| armed.name == name) else {
            return;
        };
        if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }
}

#[cfg(feature = "fault-points")]
pub use armed::{configure, reached};

/// Does nothing: the feature `fault-points` is off.
#[cfg(not(feature = "fault-points"))]
pub fn reached(_: &str) {}
