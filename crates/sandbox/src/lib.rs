//! Miro in a box: its SCIM and REST APIs over an in-memory organization.
//!
//! [`Sandbox::start`] listens and answers as Miro does: the same paths, bodies, rate limits and refusals. What Miro's
//! documents leave open is decided by [`switches::Switches`]; what goes wrong on purpose by
//! [`http::fault_rule::FaultRule`]. The page "Miro in a box" of the documentation has the rest.
//!
//! ```no_run
//! # async fn start() -> Result<(), usher_sandbox::SandboxError> {
//! use usher_sandbox::{Sandbox, SandboxSettings};
//!
//! let sandbox = Sandbox::start(SandboxSettings::default()).await?;
//! println!("REST at {}, SCIM at {}", sandbox.rest_url(), sandbox.scim_url());
//! sandbox.shutdown().await?;
//! # Ok(())
//! # }
//! ```

mod acting;
mod clock;
mod control;
mod error;

pub mod generate;
pub mod http;
pub mod organization_file;

mod rest;
mod sandbox;
mod scim;

mod settings;
mod state;
mod state_file;
pub mod switches;
pub mod world;

pub use clock::SandboxClock;
pub use error::SandboxError;
pub use generate::GenerateSettings;
pub use http::fault_rule::FaultRule;
pub use http::tls::TlsSource;
pub use http::tokens::Scope;
pub use sandbox::{RunningSandbox, Sandbox};
pub use settings::{ExtraToken, LimitSettings, OAuthClient, OrganizationSource, SandboxSettings};
pub use state::{SandboxState, Shared};
