//! Miro's limits as data.

use std::time::Duration;

/// The level of a REST call. A level is a weight in the one pool of credits (Miro's docs, "Rate limiting").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RestLevel {
    /// 50 credits.
    One,
    /// 100 credits.
    Two,
    /// 500 credits.
    Three,
    /// 2,000 credits.
    Four,
}

impl RestLevel {
    /// What one call costs.
    pub const fn credits(self) -> u64 {
        match self {
            Self::One => 50,
            Self::Two => 100,
            Self::Three => 500,
            Self::Four => 2000,
        }
    }
}

/// A class of SCIM endpoints that Miro limits together (Miro's docs, "SCIM rate limits").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScimClass {
    /// `GET /Users`
    ListUsers,
    /// `GET /Users/{id}`
    GetUser,
    /// `POST /Users`
    CreateUser,
    /// `PUT /Users/{id}`
    ReplaceUser,
    /// `PATCH /Users/{id}`
    PatchUser,
    /// `DELETE /Users/{id}`
    DeleteUser,
    /// `GET /Groups`
    ListGroups,
    /// `GET /Groups/{id}`
    GetGroup,
    /// `PATCH /Groups/{id}` with a body under 500 bytes
    PatchGroupSmall,
    /// `PATCH /Groups/{id}` with a body of 500 bytes or more
    PatchGroupLarge,
    /// `POST /Groups`; no published limit, taken as level 3
    CreateGroup,
    /// `DELETE /Groups/{id}`; no published limit, taken as level 3
    DeleteGroup,
    /// `GET /ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`; no published limit, taken as level 1
    Discovery,
}

impl ScimClass {
    /// All classes.
    pub const ALL: [Self; 13] = [
        Self::ListUsers,
        Self::GetUser,
        Self::CreateUser,
        Self::ReplaceUser,
        Self::PatchUser,
        Self::DeleteUser,
        Self::ListGroups,
        Self::GetGroup,
        Self::PatchGroupSmall,
        Self::PatchGroupLarge,
        Self::CreateGroup,
        Self::DeleteGroup,
        Self::Discovery,
    ];

    /// What one call costs, so that 10,000 credits give the published number of calls.
    pub const fn credits(self) -> u64 {
        self.level().credits()
    }

    /// The class's level: "same levels as REST, but 30-second lifetime".
    pub const fn level(self) -> RestLevel {
        match self {
            Self::ListUsers | Self::GetUser | Self::CreateUser | Self::Discovery => RestLevel::One,
            Self::ReplaceUser | Self::PatchUser | Self::PatchGroupSmall => RestLevel::Two,
            Self::DeleteUser | Self::GetGroup | Self::CreateGroup | Self::DeleteGroup => {
                RestLevel::Three
            }
            Self::ListGroups | Self::PatchGroupLarge => RestLevel::Four,
        }
    }

    /// Whether calls of this class can take access away, or look whether that worked.
    pub const fn can_be_urgent(self) -> bool {
        matches!(
            self,
            Self::GetUser
                | Self::ReplaceUser
                | Self::PatchUser
                | Self::DeleteUser
                | Self::GetGroup
                | Self::PatchGroupSmall
                | Self::PatchGroupLarge
                | Self::DeleteGroup
        )
    }

    /// The class of `PATCH /Groups/{id}` with a body of this size. Miro names a limit for less and for more
    /// than 500 bytes; exactly 500 is taken as large.
    pub const fn patch_group(body_bytes: usize) -> Self {
        if body_bytes < 500 {
            Self::PatchGroupSmall
        } else {
            Self::PatchGroupLarge
        }
    }

    /// The name of the class's lane in the meter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListUsers => "scim list users",
            Self::GetUser => "scim get user",
            Self::CreateUser => "scim create user",
            Self::ReplaceUser => "scim replace user",
            Self::PatchUser => "scim patch user",
            Self::DeleteUser => "scim delete user",
            Self::ListGroups => "scim list groups",
            Self::GetGroup => "scim get group",
            Self::PatchGroupSmall => "scim patch group (small)",
            Self::PatchGroupLarge => "scim patch group (large)",
            Self::CreateGroup => "scim create group",
            Self::DeleteGroup => "scim delete group",
            Self::Discovery => "scim discovery",
        }
    }
}

/// Whether all SCIM calls draw on one pool of credits. Miro does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScimPool {
    /// One pool for everything: right under every reading of Miro's docs.
    #[default]
    Shared,
    /// A pool of the same size for each [`ScimClass`].
    PerClass,
}

/// What to do when Miro reports a limit above the profile's in `X-RateLimit-Limit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitHeader {
    /// Stay with the profile. A lower reported limit is always obeyed.
    #[default]
    KeepProfile,
    /// Use the larger limit that Miro reports.
    Adopt,
}

/// Miro's limits. `Default` has the published numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitProfile {
    /// REST credits per window and user and app. 100,000.
    pub rest_credits: u64,
    /// Length of the REST window. 60 s.
    pub rest_window: Duration,
    /// SCIM credits per window. 10,000, which is 200, 100, 20 and 5 calls of levels 1 to 4.
    pub scim_credits: u64,
    /// Length of the SCIM window. 30 s.
    pub scim_window: Duration,
    /// Whether SCIM calls share one pool.
    pub scim_pool: ScimPool,
    /// Share of every limit that is never used, 0 to 0.9. 0.
    pub headroom: f64,
    /// Share of every limit that [`Priority::Normal`](crate::Priority::Normal) calls leave to urgent ones, 0 to 0.9. 0.
    /// Where each class has its own pool it is [rounded down](Self::reserve_of) to whole calls.
    pub reserve: f64,
    /// What to do about a larger limit than this profile's.
    pub limit_header: LimitHeader,
}

impl Default for LimitProfile {
    fn default() -> Self {
        Self {
            rest_credits: 100_000,
            rest_window: Duration::from_mins(1),
            scim_credits: 10_000,
            scim_window: Duration::from_secs(30),
            scim_pool: ScimPool::default(),
            headroom: 0.0,
            reserve: 0.0,
            limit_header: LimitHeader::default(),
        }
    }
}

impl LimitProfile {
    /// The reserve of a class that has a pool of its own: whole calls, because a part of a call helps nobody, and
    /// none where no call is ever urgent.
    pub fn reserve_of(&self, class: ScimClass) -> f64 {
        if !class.can_be_urgent() || self.scim_credits == u64::MAX || self.reserve <= 0.0 {
            return 0.0;
        }
        let all = self.scim_credits as f64;
        let call = class.credits() as f64;
        (all * self.reserve / call + 1e-9).floor() * call / all
    }

    /// No limits at all, for a simulator without them.
    pub fn unlimited() -> Self {
        Self {
            rest_credits: u64::MAX,
            scim_credits: u64::MAX,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scim_pool_gives_the_published_numbers_of_calls() {
        let calls = |class: ScimClass| LimitProfile::default().scim_credits / class.credits();
        let published = [
            (ScimClass::ListUsers, 200),
            (ScimClass::GetUser, 200),
            (ScimClass::CreateUser, 200),
            (ScimClass::ReplaceUser, 100),
            (ScimClass::PatchUser, 100),
            (ScimClass::DeleteUser, 20),
            (ScimClass::ListGroups, 5),
            (ScimClass::GetGroup, 20),
            (ScimClass::PatchGroupLarge, 5),
            (ScimClass::PatchGroupSmall, 100),
        ];
        for (class, expected) in published {
            assert_eq!(calls(class), expected, "{class:?}");
        }
    }

    #[test]
    fn the_reserve_of_a_class_is_whole_calls_and_none_where_nothing_is_urgent() {
        let limits = LimitProfile {
            reserve: 0.02,
            ..LimitProfile::default()
        };
        let calls = |class: ScimClass| {
            let kept = limits.reserve_of(class) * 10_000.0 / class.credits() as f64;
            format!("{kept:.3}")
        };
        assert_eq!(calls(ScimClass::PatchUser), "2.000");
        assert_eq!(calls(ScimClass::PatchGroupSmall), "2.000");
        assert_eq!(
            calls(ScimClass::PatchGroupLarge),
            "0.000",
            "1 of 5 would be a fifth"
        );
        assert_eq!(
            calls(ScimClass::CreateUser),
            "0.000",
            "creating is never urgent"
        );
    }

    #[test]
    fn a_group_patch_of_exactly_500_bytes_is_large() {
        assert_eq!(ScimClass::patch_group(499), ScimClass::PatchGroupSmall);
        assert_eq!(ScimClass::patch_group(500), ScimClass::PatchGroupLarge);
        assert_eq!(ScimClass::patch_group(501), ScimClass::PatchGroupLarge);
    }
}
