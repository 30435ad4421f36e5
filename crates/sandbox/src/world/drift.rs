//! Changes behind Miro's back.

use crate::world::World;

impl World {
    /// Carries out a change of which the audit log tells nothing.
    pub(crate) fn unrecorded<R>(&mut self, change: impl FnOnce(&mut Self) -> R) -> R {
        let told = self.audit.len();
        let result = change(self);
        self.audit.truncate(told);
        result
    }
}
