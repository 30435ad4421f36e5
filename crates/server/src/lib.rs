//! Usher over HTTP: a service that a company runs for years, on one machine or on several.
//!
//! ```text
//!   connection ─▶ limits (head, body, time) ─▶ router ─┬─▶ health   is it alive, may it be used
//!                                                      ├─▶ welcome  the pages that one-time links lead to
//!                                                      ├─▶ api      everything Usher does, as JSON
//!                                                      └─▶ scim     identity providers push people and groups
//! ```
//!
//! Nothing that matters is held in memory: any replica answers any request, and what has to outlive a request is a row
//! of the store. A handler reads its request, calls the engine or the store, and says what came of it; a refusal of
//! either becomes an answer in one table, [`Problem`].

pub mod administrators;
pub mod api;
mod app;
mod connections;
mod error;
mod health;
mod html;
mod listen;
mod metrics;
mod network;
pub mod openid_connect;
mod problem;
mod scim;
mod settings;
mod tls;
mod welcome;

pub use app::Server;
pub use error::ServerError;
pub use health::Checks;
pub use html::escape as escape_html;
pub use listen::Listening;
pub use metrics::{LaneUse, Metrics, MiroUse};
pub use network::{Network, NetworkError};
pub use problem::{Problem, ProblemType};
pub use settings::{ServerSettings, TlsFiles};
