//! Secrets at rest: encrypted in the database, under a key that is never there.
//!
//! ```text
//!   key file, environment or command ──▶ Keys (version → 256 bits)
//!                                          │
//!   Vault ── seal (AES-256-GCM, bound to kind and id) ──▶ store: version, nonce, ciphertext
//! ```
//!
//! The key has versions. New secrets are sealed with the current one; all versions that the key source has can open. So a
//! key is rotated while everything runs: the new version is given to every process, becomes the current one, and what was
//! sealed with another is sealed anew, one secret after the other. A process that meets a version it does not know looks
//! at its key source again.

mod error;
mod keys;
mod rotating;
mod sealing;
mod second_factors;
mod source;
mod vault;

pub use error::SecretError;
pub use keys::Keys;
pub use rotating::{NotResealed, Rotated};
pub use source::KeySource;
pub use vault::{KeyStatus, NewSecret, Vault};
