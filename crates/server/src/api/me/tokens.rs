//! Your API tokens.

use axum::Json;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Parameters;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Wanted};
use super::super::tokens::view::{TokenView, page};
use crate::problem::Problem;

/// Your API tokens.
pub const OPERATION: Operation =
    Operation::reads("me.tokens", "/me/tokens", Access::InPerson, || {
        routes!(my_tokens)
    });

/// List your API tokens
///
/// Those that were taken back or have expired too.
#[utoipa::path(get, path = "/me/tokens", params(Wanted), responses((status = 200, body = Page<TokenView>)))]
pub async fn my_tokens(
    call: Call,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<TokenView>>, Problem> {
    let me = call.administrator()?.id.clone();
    page(&call, me, wanted.cursor.as_deref(), wanted.limit)
        .await
        .map(Json)
}
