//! Attributes of accounts by the names that people type.

use usher_plan::TargetAttribute;

use crate::config::suggest::nearest;
use crate::failure::Failure;

/// The attribute of a Miro account with this path or short name.
pub fn target(text: &str) -> Result<TargetAttribute, Failure> {
    text.parse().map_err(|error: usher_plan::UnknownTarget| {
        let labels = TargetAttribute::ALL.iter().map(|known| known.label());
        let failure = Failure::usage(error.to_string());
        match nearest(text, labels.clone()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => {
                let labels: Vec<_> = labels.collect();
                failure.hint(format!("the attributes are {}", labels.join(", ")))
            }
        }
    })
}
