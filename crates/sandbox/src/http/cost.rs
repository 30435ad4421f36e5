//! What a request costs, and which pool pays for it.

use std::fmt;

/// Credits that one SCIM endpoint class, or the shared SCIM pool, may spend per 30 seconds.
///
/// Miro publishes calls per method; at the REST weights every published number equals this budget.
pub const SCIM_CREDITS: u32 = 10_000;
/// Credits that an app may spend per minute on REST for one user.
pub const REST_CREDITS: u32 = 100_000;
/// A group PATCH whose body is smaller than this many bytes counts as small.
pub const SMALL_PATCH_BYTES: usize = 500;

/// Miro's four weights of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 50 credits.
    One,
    /// 100 credits.
    Two,
    /// 500 credits.
    Three,
    /// 2000 credits.
    Four,
}

impl Level {
    /// The credits that one request of this level costs.
    pub const fn credits(self) -> u32 {
        match self {
            Self::One => 50,
            Self::Two => 100,
            Self::Three => 500,
            Self::Four => 2000,
        }
    }
}

/// A SCIM endpoint that has its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScimClass {
    /// `GET /Users`.
    ListUsers,
    /// `GET /Users/{id}`.
    GetUser,
    /// `POST /Users`.
    CreateUser,
    /// `PUT /Users/{id}`.
    ReplaceUser,
    /// `PATCH /Users/{id}`.
    PatchUser,
    /// `DELETE /Users/{id}`.
    DeleteUser,
    /// `GET /Groups`.
    ListGroups,
    /// `GET /Groups/{id}`.
    GetGroup,
    /// `PATCH /Groups/{id}` with a body below [`SMALL_PATCH_BYTES`].
    PatchGroupSmall,
    /// `PATCH /Groups/{id}` with any other body.
    PatchGroupLarge,
    /// `POST /Groups`; Miro publishes no number.
    CreateGroup,
    /// `DELETE /Groups/{id}`; Miro publishes no number.
    DeleteGroup,
}

impl ScimClass {
    /// The class of a request; `None` for what has no limit (discovery, unknown paths).
    ///
    /// `path` is below the SCIM base; `body_bytes` decides which kind of group PATCH it is.
    pub fn of(method: &str, path: &str, body_bytes: usize) -> Option<Self> {
        let mut segments = path.trim_matches('/').split('/');
        let resource = segments.next()?;
        let single = segments.next().is_some();
        Some(match (resource, single, method) {
            ("Users", false, "GET") => Self::ListUsers,
            ("Users", true, "GET") => Self::GetUser,
            ("Users", false, "POST") => Self::CreateUser,
            ("Users", true, "PUT") => Self::ReplaceUser,
            ("Users", true, "PATCH") => Self::PatchUser,
            ("Users", true, "DELETE") => Self::DeleteUser,
            ("Groups", false, "GET") => Self::ListGroups,
            ("Groups", true, "GET") => Self::GetGroup,
            ("Groups", true, "PATCH") if body_bytes < SMALL_PATCH_BYTES => Self::PatchGroupSmall,
            ("Groups", true, "PATCH") => Self::PatchGroupLarge,
            ("Groups", false, "POST") => Self::CreateGroup,
            ("Groups", true, "DELETE") => Self::DeleteGroup,
            _ => return None,
        })
    }

    /// The weight of one call: Miro's SCIM rate-limit table.
    pub const fn level(self) -> Level {
        match self {
            Self::ListUsers | Self::GetUser | Self::CreateUser => Level::One,
            Self::ReplaceUser | Self::PatchUser | Self::PatchGroupSmall => Level::Two,
            Self::DeleteUser | Self::GetGroup | Self::CreateGroup | Self::DeleteGroup => {
                Level::Three
            }
            Self::ListGroups | Self::PatchGroupLarge => Level::Four,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ListUsers => "GET /Users",
            Self::GetUser => "GET /Users/{id}",
            Self::CreateUser => "POST /Users",
            Self::ReplaceUser => "PUT /Users/{id}",
            Self::PatchUser => "PATCH /Users/{id}",
            Self::DeleteUser => "DELETE /Users/{id}",
            Self::ListGroups => "GET /Groups",
            Self::GetGroup => "GET /Groups/{id}",
            Self::PatchGroupSmall => "PATCH /Groups/{id} small",
            Self::PatchGroupLarge => "PATCH /Groups/{id} large",
            Self::CreateGroup => "POST /Groups",
            Self::DeleteGroup => "DELETE /Groups/{id}",
        }
    }
}

impl fmt::Display for ScimClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A budget that requests draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pool {
    /// All REST calls of an app for a user.
    Rest,
    /// One SCIM endpoint class.
    Scim(ScimClass),
    /// All SCIM calls.
    ScimShared,
}

impl Pool {
    /// The credits of one window.
    pub const fn credits(self) -> u32 {
        match self {
            Self::Rest => REST_CREDITS,
            Self::Scim(_) | Self::ScimShared => SCIM_CREDITS,
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest => f.write_str("rest"),
            Self::Scim(class) => class.fmt(f),
            Self::ScimShared => f.write_str("scim"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(method: &str, path: &str, body: usize) -> u32 {
        SCIM_CREDITS / ScimClass::of(method, path, body).unwrap().level().credits()
    }

    #[test]
    fn the_weights_give_the_published_calls_per_30_seconds() {
        assert_eq!(calls("GET", "/Users", 0), 200);
        assert_eq!(calls("GET", "/Users/1", 0), 200);
        assert_eq!(calls("POST", "/Users", 90), 200);
        assert_eq!(calls("PUT", "/Users/1", 90), 100);
        assert_eq!(calls("PATCH", "/Users/1", 90), 100);
        assert_eq!(calls("DELETE", "/Users/1", 0), 20);
        assert_eq!(calls("GET", "/Groups", 0), 5);
        assert_eq!(calls("GET", "/Groups/1", 0), 20);
    }

    #[test]
    fn a_group_patch_is_small_below_500_bytes_and_large_from_500_on() {
        assert_eq!(calls("PATCH", "/Groups/1", 499), 100);
        assert_eq!(calls("PATCH", "/Groups/1", 500), 5);
    }

    #[test]
    fn discovery_has_no_limit() {
        assert_eq!(ScimClass::of("GET", "/Schemas", 0), None);
        assert_eq!(ScimClass::of("GET", "/ServiceProviderConfig", 0), None);
    }
}
