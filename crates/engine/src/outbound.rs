//! HTTP clients for other servers than Miro, for the layers above: an identity provider's, say. Trust, proxies and time limits are
//! the same everywhere, and redirects are not followed.

pub use usher_miro::{OutboundSettings, outbound_client};
