//! Boards: just enough of them to show who owns what.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::world::keys::{Identified, TeamKey, UserKey};

/// A board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// A number that orders boards, and is their id in replies.
    pub id: u64,
    /// The name.
    pub name: SmolStr,
    /// The team it is in.
    pub team: TeamKey,
    /// Who owns it.
    pub owner: UserKey,
    /// Whether it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

impl Identified for Board {
    fn id(&self) -> u64 {
        self.id
    }
}
