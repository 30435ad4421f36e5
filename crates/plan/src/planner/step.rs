//! The steps of the planner, by name.

/// A step of the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Whether the inventory can be believed, and for what.
    Trust,
    /// Who should hold what now, over all groups.
    Assignments,
    /// Who is in scope.
    Scope,
    /// Which account belongs to whom.
    Linking,
    /// Which team or user group a group or a name stands for.
    Groups,
    /// The accounts of people who leave.
    Leavers,
    /// Accounts that a hold names.
    Holds,
    /// Accounts that nobody stands behind.
    Unmanaged,
    /// Creating, enabling and aligning accounts.
    Accounts,
    /// Roles, admin roles and licences.
    Roles,
    /// Memberships of teams and user groups.
    Memberships,
    /// Members whom nobody assigned.
    ExtraMembers,
    /// Whether everything that is administered stays so.
    LastAdmins,
    /// The people the plan is restricted to.
    Only,
}

impl Step {
    /// The step's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Assignments => "assignments",
            Self::Scope => "scope",
            Self::Linking => "linking",
            Self::Groups => "groups",
            Self::Leavers => "leavers",
            Self::Holds => "holds",
            Self::Unmanaged => "unmanaged accounts",
            Self::Accounts => "accounts",
            Self::Roles => "roles and licences",
            Self::Memberships => "memberships",
            Self::ExtraMembers => "extra members",
            Self::LastAdmins => "last admins",
            Self::Only => "chosen people",
        }
    }
}
