//! `GET /v2/boards?owner=…`: enough to see how many boards somebody owns.

use serde_json::{Value, json};

use crate::rest::call::{Answer, Call, ok};
use crate::rest::failure::RestFailure;
use crate::world::{BoardKey, World};

/// A page of the boards that a user owns; of the token's user when no owner is named.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let limit: usize = call.parsed("limit")?.unwrap_or(20);
    if !(1..=50).contains(&limit) {
        return Err(RestFailure::invalid("Parameter limit must be from 1 to 50"));
    }
    let offset: usize = call.parsed("offset")?.unwrap_or(0);
    let owner = call.query("owner").unwrap_or_else(|| call.user());
    let world = call.state.world.read();
    let owner = world.find_user_ever(owner.parse().unwrap_or_default());
    let boards = owner.map_or(&[][..], |owner| world.user(owner).boards());
    let page = boards.iter().skip(offset).take(limit);
    let page: Vec<Value> = page.map(|board| wire(&world, *board)).collect();
    ok(&json!({
        "type": "list",
        "total": boards.len(),
        "size": page.len(),
        "offset": offset,
        "limit": limit,
        "data": page,
    }))
}

fn wire(world: &World, key: BoardKey) -> Value {
    let board = world.board(key);
    let (team, owner) = (world.team(board.team), world.user(board.owner));
    json!({
        "type": "board",
        "id": board.id.to_string(),
        "name": board.name,
        "team": {"type": "team", "id": team.id.to_string(), "name": team.name},
        "owner": {"type": "user", "id": owner.id.to_string(), "name": owner.full_name},
    })
}
