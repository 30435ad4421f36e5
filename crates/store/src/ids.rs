//! New ids: version 7 UUIDs that sort by the time they were made, by the store's clock.

use usher_model::{
    AdministratorId, AssignmentId, CycleId, GroupId, HoldId, JobId, PersonId, PlanId, SecretId,
    SessionId, TokenId,
};

use crate::Store;

impl Store {
    /// A name for one piece of work, unlike that of any other.
    pub fn new_work_name(&self) -> String {
        self.new_id().to_string()
    }
}

macro_rules! new_ids {
    ($($method:ident -> $id:ident,)+) => {
        impl Store {
            $(
                /// A new id that sorts after the ones made before, by this store's clock.
                pub fn $method(&self) -> $id {
                    $id::new(self.new_id().to_string())
                }
            )+
        }
    };
}

new_ids! {
    new_person_id -> PersonId,
    new_group_id -> GroupId,
    new_assignment_id -> AssignmentId,
    new_hold_id -> HoldId,
    new_plan_id -> PlanId,
    new_cycle_id -> CycleId,
    new_administrator_id -> AdministratorId,
    new_session_id -> SessionId,
    new_token_id -> TokenId,
    new_job_id -> JobId,
    new_secret_id -> SecretId,
}
