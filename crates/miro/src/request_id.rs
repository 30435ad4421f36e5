//! The ids that Miro gives to requests.

use std::cell::RefCell;
use std::future::Future;

tokio::task_local! {
    static LAST: RefCell<Option<String>>;
}

/// Does some work, and tells the request id of Miro's last reply to a call that changes something in it, if Miro sent one.
/// For who has to ask Miro what became of a change.
pub async fn with_request_id<T>(work: impl Future<Output = T>) -> (T, Option<String>) {
    let work = async {
        let done = work.await;
        (done, LAST.with(RefCell::take))
    };
    LAST.scope(RefCell::new(None), work).await
}

/// Notes the id of a reply, if anybody wants it.
pub(crate) fn note(id: Option<&str>) {
    // Outside of `with_request_id` nobody does.
    let _ = LAST.try_with(|last| last.replace(id.map(ToOwned::to_owned)));
}
