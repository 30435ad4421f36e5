//! Whether settings make sense, all of them at once.

use crate::mapping::SettingsProblem;
use crate::{
    CompiledGroupMapping, CompiledMapping, CompiledMatching, CompiledScope, GroupIndex,
    LeaveAction, MappingProblems, MappingSource, ScopeProblems, Settings, TargetAttribute,
};

impl Settings {
    /// Everything that is wrong with the settings, each with its place. Groups that scoping filters name are looked
    /// up in `groups`.
    pub fn check(&self, groups: &GroupIndex) -> Vec<SettingsProblem> {
        let mut problems = Vec::new();
        if let Err(ScopeProblems(found)) = CompiledScope::compile(&self.scope, groups) {
            let found = found.into_iter();
            problems.extend(found.map(|p| SettingsProblem::new("scope", p.to_string())));
        }
        take(
            &mut problems,
            CompiledMapping::compile(&self.user_mapping).err(),
        );
        problems.extend(self.missing_user_name());
        take(
            &mut problems,
            CompiledMatching::compile(&self.matching).err(),
        );
        take(
            &mut problems,
            CompiledGroupMapping::compile(&self.group_mapping).err(),
        );
        problems.extend(self.deprovision_problems());
        problems
    }

    /// An account cannot be created without an address.
    fn missing_user_name(&self) -> Option<SettingsProblem> {
        let is_mapped = self.user_mapping.iter().any(|mapping| {
            mapping.target == TargetAttribute::UserName && mapping.source != MappingSource::None
        });
        (!is_mapped && self.user_actions.create.is_on()).then(|| {
            let what = "nothing is mapped to `userName`, so no account can be created; map the person's `email` to it";
            SettingsProblem::new("user_mapping", what)
        })
    }

    fn deprovision_problems(&self) -> Vec<SettingsProblem> {
        let policy = &self.deprovision;
        let mut problems = Vec::new();
        if policy.delete_after_days.is_some() && !self.user_actions.delete.is_on() {
            let what = "deletion also needs the delete action; turn `user_actions.delete` on, or remove this";
            problems.push(SettingsProblem::new("deprovision.delete_after_days", what));
        }
        let acts =
            policy.remove_from_teams_after_days.is_some() || policy.delete_after_days.is_some();
        if acts && policy.leave == LeaveAction::Report {
            let what = "with `report` no account is disabled, so no grace period ever begins; use `disable`, or remove the days";
            problems.push(SettingsProblem::new("deprovision.leave", what));
        }
        problems
    }
}

fn take(problems: &mut Vec<SettingsProblem>, found: Option<MappingProblems>) {
    problems.extend(found.into_iter().flat_map(|MappingProblems(found)| found));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributeMapping, Clause, Operator, ScopeFilter, Switch};

    fn check(settings: &Settings) -> Vec<String> {
        let problems = settings.check(&GroupIndex::build(&[]));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_settings_have_no_problems() {
        assert_eq!(check(&Settings::default()), Vec::<String>::new());
    }

    #[test]
    fn all_problems_are_found_at_once_and_each_names_its_place() {
        let mut settings = Settings::default();
        settings.scope.filters.push(ScopeFilter {
            name: "Designers".into(),
            clauses: vec![Clause {
                attribute: "department".into(),
                operator: Operator::RegexMatch,
                value: Some("(".into()),
            }],
        });
        settings.user_mapping[1].source = MappingSource::Expression("lower(".into());
        settings.user_mapping.push(AttributeMapping {
            source: MappingSource::Constant("Platinum".into()),
            target: TargetAttribute::UserType,
            ..settings.user_mapping[2].clone()
        });
        settings.user_mapping.remove(0);
        settings.matching[0].target = TargetAttribute::Photo;
        settings.group_mapping.name = MappingSource::None;
        settings.deprovision.delete_after_days = Some(30);
        insta::assert_snapshot!(check(&settings).join("\n"));
    }

    #[test]
    fn a_mapping_without_an_address_is_fine_where_accounts_are_not_created() {
        let mut settings = Settings::default();
        settings.user_mapping.remove(0);
        assert_eq!(check(&settings).len(), 1);
        settings.user_actions.create = Switch::Off;
        assert_eq!(check(&settings), Vec::<String>::new());
    }
}
