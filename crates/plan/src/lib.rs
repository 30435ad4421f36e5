//! What should change in Miro.
//!
//! [`Inventory`] is what is, [`Desired`] is what should be, [`Settings`] say how to get there. From them and a clock
//! come a [`Plan`], the smallest list of changes, and a [`Report`] of everything that was looked at and left alone.
//! All of it is pure: no I/O, no clock of its own, the same values give the same plan.
//!
//! ```text
//!  Desired ─┬─ scope ── match ── map ─┐
//!           │                         ├─▶ steps ─▶ changes ─▶ consequences ─▶ guards ─▶ Plan ─▶ lint
//!  Inventory ─────────────────────────┘
//! ```

#[cfg(test)]
mod cases;
mod change;
mod check;
mod consequences;
mod desired;
mod explain;
mod groups;
mod guards;
mod inventory;
mod lint;
mod mapping;
mod moment;
mod pattern;
mod person_attribute;
mod plan;
mod planner;
mod report;
mod scope;
mod set_aside;
mod settings;
mod simulate;
mod target;
mod words;

pub use change::{
    AccountRef, Action, ActionKind, AttributeChange, BoardHeir, Change, ChangeKey, Consequence,
    Reason, TeamRef, Urgency, UserGroupRef,
};
pub use desired::{Desired, FirstCycle, RecentRemovals};
pub use explain::{ExplainedAccount, Explanation, Fate, Finding, Obstacle, explain};
pub use groups::{AmbiguousGroup, GroupIndex, MemberSet};
pub use guards::weigh as weigh_guards;
pub use inventory::{Inventory, SnapshotFacts, TeamMember, TeamState, UserGroupState};
pub use lint::{LintFinding, LintRule, lint};
pub use mapping::{
    AttributePreview, CompiledGroupMapping, CompiledMapping, CompiledMatching, CutValue, GroupName,
    GroupNameProblem, InputValue, ManagerView, Mapped, MappingProblem, MappingProblems, Occasion,
    PersonView, SettingsProblem,
};
pub use plan::{Basis, Guard, GuardVerdict, Plan, PlanCounts, PlanHash};
pub use planner::{PlanError, PlanRequest, basis_hash, is_fresh, plan};
pub use report::{
    Blocked, Drift, DriftOutcome, ManualTask, Report, Skipped, StepReport, UnmanagedAccount,
};
pub use scope::{
    Assigned, CompiledScope, FailedFilter, InScope, OutOfScope, ScopeMove, ScopePreview,
    ScopeProblem, ScopeProblems, ScopeVerdict, preview as scope_preview,
};
pub use set_aside::{Basics, SetAside, Wait, WhySetAside, set_aside};
pub use settings::{
    Apply, Approval, AttributeMapping, Clause, DeprovisionPolicy, DriftPolicy, ExtraMembers,
    GroupActions, GroupMapping, GuardSettings, LeaveAction, MappingSource, MatchingProperty,
    ObjectActions, Operator, ProtectedAccount, ScopeFilter, ScopeMode, ScopeSettings, Settings,
    Switch, Threshold, UnmanagedPolicy, WhenEmpty,
};
pub use simulate::simulate;
pub use target::{Reading, TargetAttribute, TargetAttributes, TargetValue, UnknownTarget};
