//! What a person's account should look like, against what it looks like.

use usher_model::{Account, License, Link, OrganizationRole};

use super::assigned::Assigned;
use super::ids::PersonAt;
use super::linking::{Tie, Ties, view};
use super::quick::MANY;
use super::scene::Scene;
use super::standing::Standing;
use crate::{
    AttributeChange, Drift, DriftOutcome, DriftPolicy, Mapped, MappingProblem, Occasion,
    TargetAttribute, TargetValue,
};

/// How an account differs from what the mapping makes of its person. An account in line has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Difference {
    /// What is to be sent.
    pub(crate) changes: Vec<AttributeChange>,
    /// What somebody changed in Miro by hand.
    pub(crate) drifts: Vec<Drift>,
    /// The e-mail address it is to have.
    pub(crate) rename: Option<String>,
    /// Whether the mapping wants it inactive although the person is in scope.
    pub(crate) inactive: bool,
    /// Mapped values that assignments can give too.
    pub(crate) role: Option<OrganizationRole>,
    pub(crate) license: Option<License>,
    pub(crate) admin_roles: Vec<String>,
    /// Values that cannot be sent.
    pub(crate) problems: Vec<MappingProblem>,
    /// Everything mapped, for an account that is created.
    pub(crate) creation: Option<Mapped>,
    /// Whether the full name was cut.
    pub(crate) name_cut: bool,
}

impl Difference {
    fn is_none(&self) -> bool {
        self.changes.is_empty()
            && self.drifts.is_empty()
            && self.rename.is_none()
            && !self.inactive
            && self.role.is_none()
            && self.license.is_none()
            && self.admin_roles.is_empty()
            && self.problems.is_empty()
            && self.creation.is_none()
    }
}

pub(crate) type Differences = Vec<Option<Box<Difference>>>;

/// Compares everybody in scope, by position. It is the one step whose cost is worth several threads.
pub(crate) fn compare(
    scene: &Scene<'_>,
    assigned: &Assigned<'_>,
    standings: &[Standing],
    ties: &Ties,
) -> Differences {
    let count = scene.desired.people.len();
    let one = |at: usize| compare_one(scene, assigned, standings, ties, PersonAt::new(at));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if count < MANY || threads == 1 {
        return (0..count).map(one).collect();
    }
    let size = count.div_ceil(threads.min(8));
    let mut differences: Differences = vec![None; count];
    std::thread::scope(|scope| {
        for (part, chunk) in differences.chunks_mut(size).enumerate() {
            scope.spawn(move || {
                for (at, difference) in chunk.iter_mut().enumerate() {
                    *difference = one(part * size + at);
                }
            });
        }
    });
    differences
}

fn compare_one(
    scene: &Scene<'_>,
    assigned: &Assigned<'_>,
    standings: &[Standing],
    ties: &Ties,
    at: PersonAt,
) -> Option<Box<Difference>> {
    if standings[at.at()] != Standing::In {
        return None;
    }
    let tie = ties.of(at);
    let view = view(scene, assigned, Some(ties), at);
    let mapping = &scene.rules.mapping;
    let difference = match tie {
        Tie::Refused => return None,
        Tie::None | Tie::Lost => create(mapping.evaluate(&view, Occasion::Creation)),
        Tie::Linked(account) | Tie::Found(account, _) => {
            let link = scene.link(at, account);
            let mapped = mapping.evaluate(&view, Occasion::Update);
            align(scene, scene.account(account), link, mapped)
        }
    };
    (!difference.is_none()).then(|| Box::new(difference))
}

fn create(mapped: Mapped) -> Difference {
    let mut difference = Difference {
        problems: mapped.problems.clone(),
        name_cut: mapped.is_cut(TargetAttribute::DisplayName)
            || mapped.is_cut(TargetAttribute::FormattedName),
        ..Difference::default()
    };
    for (attribute, value) in &mapped.attributes {
        difference.take_special(*attribute, value.as_ref());
    }
    difference.creation = Some(mapped);
    difference
}

fn align(scene: &Scene<'_>, account: &Account, link: Option<&Link>, mapped: Mapped) -> Difference {
    let name_cut = mapped.is_cut(TargetAttribute::DisplayName);
    let mut difference = Difference {
        problems: mapped.problems,
        name_cut,
        ..Difference::default()
    };
    for (attribute, value) in mapped.attributes {
        if difference.take_special(attribute, value.as_ref()) {
            continue;
        }
        let sent = link.and_then(|link| link.sent.get(attribute.path()));
        difference.align_one(scene, account, attribute, value, sent.map(String::as_str));
    }
    difference
}

impl Difference {
    /// Takes the attributes that are not simply set. Says whether this was one.
    fn take_special(&mut self, attribute: TargetAttribute, value: Option<&TargetValue>) -> bool {
        use TargetAttribute as To;
        match (attribute, value) {
            (To::Active, value) => self.inactive = value == Some(&TargetValue::Bool(false)),
            (To::Role, Some(value)) => {
                self.role = Some(OrganizationRole::from(value.to_string().as_str()));
            }
            (To::UserType, Some(value)) => {
                self.license = Some(License::from_scim_user_type(&value.to_string()));
            }
            (To::AdminRoles, Some(TargetValue::List(names))) => {
                self.admin_roles = names.iter().map(ToString::to_string).collect();
            }
            (To::AdminRoles, Some(value)) => self.admin_roles = vec![value.to_string()],
            // Miro keeps the full name only, and guesses the parts from it: comparing them would never end.
            (To::Role | To::UserType | To::AdminRoles, None)
            | (To::GivenName | To::FamilyName | To::FormattedName, _) => {}
            _ => return false,
        }
        true
    }

    fn align_one(
        &mut self,
        scene: &Scene<'_>,
        account: &Account,
        attribute: TargetAttribute,
        desired: Option<TargetValue>,
        sent: Option<&str>,
    ) {
        let wanted = desired.as_ref().map(ToString::to_string);
        let is = observed(account, attribute);
        let same = match (&is, attribute) {
            (Observed::Value(value), TargetAttribute::UserName) => {
                same_address(value.as_deref(), wanted.as_deref())
            }
            (Observed::Value(value), _) => *value == wanted,
            (Observed::Hidden, _) => {
                sent.unwrap_or_default() == wanted.as_deref().unwrap_or_default()
            }
        };
        if same {
            return;
        }
        let by_hand = matches!(is, Observed::Value(_))
            && match attribute {
                TargetAttribute::UserName => {
                    sent.is_some() && same_address(sent, wanted.as_deref())
                }
                _ => sent == Some(wanted.as_deref().unwrap_or_default()),
            };
        let before = match is {
            Observed::Value(value) => value.map(|text| TargetValue::Text(text.into())),
            Observed::Hidden => None,
        };
        if by_hand {
            let outcome = outcome(scene, attribute);
            self.drifts.push(drift(
                account,
                attribute,
                desired.clone(),
                before.clone(),
                outcome,
            ));
            if outcome != DriftOutcome::Corrected {
                return;
            }
        }
        match (attribute, wanted) {
            (TargetAttribute::UserName, Some(address)) => self.rename = Some(address),
            (TargetAttribute::UserName, None) => {}
            _ => self.changes.push(AttributeChange {
                attribute,
                before,
                after: desired,
            }),
        }
    }
}

fn same_address(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
        }
        (_, None) => true,
        (None, Some(_)) => false,
    }
}

/// What the inventory says of an attribute.
enum Observed {
    /// It has this value, or none.
    Value(Option<String>),
    /// Miro does not show it, or the token does not.
    Hidden,
}

fn observed(account: &Account, attribute: TargetAttribute) -> Observed {
    use TargetAttribute as To;
    let enterprise = account.enterprise.as_ref().known();
    let field = match attribute {
        To::UserName => return Observed::Value(Some(account.email.as_str().to_owned())),
        To::DisplayName => {
            return match account.display_name.as_ref().known() {
                Some(name) => Observed::Value(filled(Some(name))),
                None => Observed::Hidden,
            };
        }
        To::EmployeeNumber => enterprise.map(|enterprise| &enterprise.employee_number),
        To::CostCenter => enterprise.map(|enterprise| &enterprise.cost_center),
        To::Organization => enterprise.map(|enterprise| &enterprise.organization),
        To::Division => enterprise.map(|enterprise| &enterprise.division),
        To::Department => enterprise.map(|enterprise| &enterprise.department),
        _ => None,
    };
    field.map_or(Observed::Hidden, |value| {
        Observed::Value(filled(value.as_ref()))
    })
}

fn filled(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

/// What the settings make of a drift of this attribute.
pub(crate) fn outcome(scene: &Scene<'_>, attribute: TargetAttribute) -> DriftOutcome {
    match scene
        .settings
        .drift
        .get(&attribute)
        .copied()
        .unwrap_or_default()
    {
        DriftPolicy::Correct => DriftOutcome::Corrected,
        DriftPolicy::Report => DriftOutcome::Reported,
        DriftPolicy::Adopt => DriftOutcome::Adopted,
    }
}

/// A drift, for the report.
pub(crate) fn drift(
    account: &Account,
    attribute: TargetAttribute,
    desired: Option<TargetValue>,
    observed: Option<TargetValue>,
    outcome: DriftOutcome,
) -> Drift {
    let word = |value: &Option<TargetValue>| {
        value
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"))
    };
    Drift {
        account: account.id.clone(),
        label: account.email.to_string(),
        attribute: Some(attribute),
        what: format!(
            "{} is {} in Miro, Usher set {}",
            attribute.label(),
            word(&observed),
            word(&desired)
        ),
        desired,
        observed,
        by: None,
        outcome,
    }
}
