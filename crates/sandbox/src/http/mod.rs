//! Everything between the socket and the handlers.

pub(crate) mod connection;
pub mod cost;
pub mod fault_rule;
pub mod faults;
pub mod limits;
pub mod request_log;
pub mod tls;
pub mod tokens;
