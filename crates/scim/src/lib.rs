//! SCIM 2.0 on the wire (RFC 7643, RFC 7644): resources, schemas, filters, paths, PATCH, projections,
//! sorting, lists and errors.
//!
//! The truth of a resource is its raw [`serde_json::Value`]: nothing a peer sent is dropped. The typed
//! resources in [`resource`] read and write that JSON and keep what they do not know. A
//! [`schema::ResourceSchema`] says what each attribute is, and everything that compares, changes or
//! shows attributes asks it.
//!
//! Nothing here does I/O, reads a clock or knows Miro. Forms outside the RFCs that identity providers
//! send are accepted where they are harmless; [`Tolerance`] names each of them.

pub mod bulk;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod json;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod sort;
mod syntax;
mod tolerance;
pub mod urn;

pub use error::{ScimError, ScimType};
pub use filter::{Filter, FilterError};
pub use json::fold;
pub use path::{AttributePath, PatchPath, PathError};
pub use syntax::{MAX_DEPTH, MAX_LENGTH, MAX_TERMS, Problem};
pub use tolerance::Tolerance;
