//! Everything between the socket and the handlers.

pub(crate) mod connection;
pub mod cost;
pub mod fault_rule;
pub mod faults;
pub(crate) mod gate;
pub mod limits;
pub(crate) mod listener;
pub(crate) mod refusal;
pub mod request_log;
pub(crate) mod server;
pub mod tls;
pub mod tokens;
pub(crate) mod truncated;
