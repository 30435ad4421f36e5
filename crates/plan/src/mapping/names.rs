//! Given and family name, which count together.

use smol_str::ToSmolStr;

use crate::mapping::compiled::text_of;
use crate::mapping::rules::{NAME_LIMIT, cut};
use crate::mapping::{CutValue, Mapped};
use crate::{TargetAttribute, TargetValue};

/// Miro joins given and family name with a space and takes 60 characters for both: the family name gets what the
/// given name leaves, and is left out where that is nothing.
pub(super) fn fit_together(mapped: &mut Mapped) {
    let length = |attribute: TargetAttribute| {
        let value = mapped.attributes.get(&attribute)?.as_ref()?;
        text_of(value).map(|text| text.chars().count())
    };
    let (Some(given), Some(family)) = (
        length(TargetAttribute::GivenName),
        length(TargetAttribute::FamilyName),
    ) else {
        return;
    };
    if given + 1 + family <= NAME_LIMIT {
        return;
    }
    let left = NAME_LIMIT.saturating_sub(given + 1);
    let attribute = TargetAttribute::FamilyName;
    let Some(Some(TargetValue::Text(full))) = mapped.attributes.remove(&attribute) else {
        return;
    };
    let kept = cut(&full, left).trim_end();
    if !kept.is_empty() {
        let value = TargetValue::Text(kept.to_smolstr());
        mapped.attributes.insert(attribute, Some(value));
    }
    if !mapped.is_cut(attribute) {
        let full = full.to_string();
        mapped.cuts.push(CutValue { attribute, full });
    }
}
