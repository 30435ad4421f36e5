//! Reading a Baton connector's YAML file, for those who come from the connector.

use std::collections::BTreeMap;
use std::path::Path;

use super::layers::{Layers, Origin};
use super::problem::Problem;

/// The connector's keys that mean something here, and the setting each one sets.
pub const KEYS: &[(&str, &str)] = &[
    ("miro-access-token", "miro.access_token"),
    ("miro-scim-access-token", "miro.scim_token"),
    ("file", "sync.file"),
    ("log-level", "log.level"),
    ("log-format", "log.format"),
];

/// What the file sets. Keys of the connector that have no meaning here are passed over.
pub fn layer(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Layers {
    let mut layers = Layers::default();
    let document = match serde_saphyr::from_str::<BTreeMap<String, serde_json::Value>>(text) {
        Ok(document) => document,
        Err(error) => {
            let what = error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            problems.push(Problem::new(
                format!("{}: this is not YAML with one key per line: {what}", path.display()),
                "the keys are the connector's flags without the dashes before them, such as `miro-access-token: …`",
            ));
            return layers;
        }
    };
    for (key, setting) in KEYS {
        if let Some(value) = document.get(*key) {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let origin = Origin::BatonFile {
                path: path.to_owned(),
                key: (*key).to_owned(),
            };
            layers.set(setting, text, origin);
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connectors_keys_are_read_and_others_passed_over() {
        let mut problems = Vec::new();
        let text = "miro-access-token: abc\nfile: out.c1z\nprovisioning: true\n";
        let layers = layer(Path::new(".baton.yaml"), text, &mut problems);
        assert!(problems.is_empty());
        assert_eq!(layers.get("miro.access_token").unwrap().text, "abc");
        let file = layers.get("sync.file").unwrap();
        assert_eq!(file.origin.to_string(), ".baton.yaml (file)");
    }
}
