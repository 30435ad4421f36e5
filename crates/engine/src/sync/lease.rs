//! Who holds the lease of an organization, and whether they still live.
//!
//! A lease keeps two runs of one organization apart. A process that was killed cannot give its lease back;
//! when it ran on this machine, a look at `/proc` shows that it is gone, and the next run need not wait.

use std::time::Duration;

use usher_store::{LeaseOwner, Store, StoreError};

/// How long a lease holds without renewal.
pub const LEASE: Duration = Duration::from_secs(180);

/// How often a run renews it.
pub const RENEWAL: Duration = Duration::from_secs(45);

/// Names this process: machine, process namespace, process id and start time.
pub fn this_process() -> LeaseOwner {
    let id = std::process::id();
    let started = start_time(id).unwrap_or_default();
    LeaseOwner::new(format!("{}/{id}/{started}", here()))
}

/// Names one piece of work of this process, so that two of them exclude each other.
pub fn this_work(work: &str) -> LeaseOwner {
    LeaseOwner::new(format!("{}#{work}", this_process()))
}

/// Whether the owner is a process that ran here and is gone. `false` when that cannot be told.
pub fn is_dead(owner: &str) -> bool {
    let owner = owner.split_once('#').map_or(owner, |(process, _)| process);
    let mut words = owner.rsplitn(3, '/');
    let (Some(started), Some(id), Some(place)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let (Ok(id), true) = (
        id.parse::<u32>(),
        std::path::Path::new("/proc/self/stat").exists(),
    ) else {
        return false;
    };
    place == here() && start_time(id).as_deref() != Some(started)
}

/// The machine since its last start, and the process namespace in it.
fn here() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), namespace.display())
}

/// When a process started, in the kernel's ticks (field 22 of `/proc/PID/stat`; the name before it may
/// hold spaces and parentheses). `None` when there is no such process, or it has ended.
fn start_time(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ');
    if matches!(fields.next(), Some("Z" | "X")) {
        return None;
    }
    fields.nth(18).map(ToOwned::to_owned)
}

/// Begins what takes the lease of a connector; one that a dead process of this machine left is taken from it.
pub async fn take_from_the_dead<T, F: Future<Output = Result<T, StoreError>>>(
    store: &Store,
    begin: impl Fn() -> F,
) -> Result<T, StoreError> {
    match begin().await {
        Err(StoreError::ConnectorBusy {
            organization,
            owner,
            ..
        }) if is_dead(&owner) => {
            store
                .end_work_lease(&organization, &LeaseOwner::new(owner))
                .await?;
            begin().await
        }
        begun => begun,
    }
}

/// Renews a lease every `every`, until it is lost; returns the error that says so. A renewal that takes longer than that is
/// given up and made again: a connection on which the database does not answer any more must not hide that the lease ended
/// meanwhile.
pub(crate) async fn keep<F: Future<Output = Result<(), StoreError>>>(
    every: Duration,
    renew: impl Fn() -> F,
) -> StoreError {
    loop {
        tokio::time::sleep(every).await;
        match tokio::time::timeout(every, renew()).await {
            Ok(Err(lost @ (StoreError::WorkLost { .. } | StoreError::LeaseLost { .. }))) => {
                return lost;
            }
            // A database that fails here fails the next write of the work itself, with its own message.
            Ok(Ok(()) | Err(_)) => {}
            Err(_) => tracing::warn!("a lease could not be renewed in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_does_not_hide_that_the_lease_is_lost() {
        let tries = Cell::new(0);
        let renew = || {
            tries.set(tries.get() + 1);
            let now = tries.get();
            async move {
                match now {
                    1 => Ok(()),
                    2 => std::future::pending().await,
                    _ => Err(StoreError::WorkLost { work: "it".into() }),
                }
            }
        };
        let kept = tokio::time::timeout(LEASE * 2, keep(RENEWAL, renew)).await;
        assert!(matches!(kept, Ok(StoreError::WorkLost { .. })), "{kept:?}");
    }

    #[test]
    fn this_process_lives() {
        assert!(!is_dead(this_process().as_str()));
        assert!(!is_dead(this_work("cycle").as_str()));
    }

    #[test]
    fn a_process_of_this_machine_that_is_gone_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = child.id();
        child.wait().unwrap();
        assert!(is_dead(&format!("{}/{id}/1", here())));
    }

    #[test]
    fn an_id_that_another_process_has_now_is_dead() {
        let id = std::process::id();
        assert!(is_dead(&format!("{}/{id}/0", here())));
        assert!(is_dead(&format!("{}/{id}/0#cycle", here())));
    }

    #[test]
    fn nothing_is_said_of_other_machines() {
        assert!(!is_dead("elsewhere pid:[1]/1/1"));
        assert!(!is_dead("nonsense"));
    }
}
