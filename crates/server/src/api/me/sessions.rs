//! Your sessions.

use axum::Json;
use utoipa_axum::routes;

use super::super::administrators::view::SessionView;
use super::super::caller::Call;
use super::super::operation::{Access, Operation};
use super::super::paging::Page;
use crate::problem::Problem;

/// Your sessions.
pub const OPERATION: Operation =
    Operation::reads("me.sessions", "/me/sessions", Access::InPerson, || {
        routes!(my_sessions)
    });

/// List your sessions
///
/// Those that have not ended, newest first.
#[utoipa::path(get, path = "/me/sessions", responses((status = 200, body = Page<SessionView>)))]
pub async fn my_sessions(call: Call) -> Result<Json<Page<SessionView>>, Problem> {
    let (me, current) = (call.administrator()?, call.session()?);
    let limits = call.server.settings().sessions;
    let sessions = call.store().sessions(&me.id, limits).await?;
    let items = sessions
        .into_iter()
        .map(|one| SessionView::new(one, Some(&current.id)));
    Ok(Json(Page {
        items: items.collect(),
        next: None,
    }))
}
