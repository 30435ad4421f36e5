//! Who asks.

use axum::Json;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::operation::{Access, Operation};
use super::view::MeView;
use crate::problem::Problem;

/// Who asks.
pub const OPERATION: Operation =
    Operation::reads("me.show", "/me", Access::SignedIn, || routes!(show_me));

/// Show who you are
///
/// And what you may do.
#[utoipa::path(get, path = "/me", responses((status = 200, body = MeView)))]
pub async fn show_me(call: Call) -> Result<Json<MeView>, Problem> {
    let nobody = || Problem::bug_of("an operation for visitors asked who is there");
    MeView::of(&call.caller).map(Json).ok_or_else(nobody)
}
