//! Reading `usher.toml`, so that each value and each mistake has a line and a column.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::{Layers, Listed, Origin};
use super::problem::Problem;
use super::sections::{PROVIDERS, all_settings, listed_settings};
use super::setting::{Exposure, Setting, Shape};
use super::suggest::nearest;

/// What the file at `path` sets.
pub fn layer(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Layers {
    let mut reader = Reader {
        path: path.to_owned(),
        text,
        layers: Layers::default(),
        problems,
    };
    match DeTable::parse(text) {
        Ok(document) => reader.document(document.get_ref()),
        Err(error) => reader.syntax(&error),
    }
    reader.layers
}

struct Reader<'a> {
    path: PathBuf,
    text: &'a str,
    layers: Layers,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn document(&mut self, document: &DeTable<'_>) {
        let sections: BTreeSet<&str> = all_settings()
            .filter_map(|setting| setting.key.split_once('.').map(|(section, _)| section))
            .collect();
        for (name, value) in document {
            let section = name.get_ref().as_ref();
            if !sections.contains(section) {
                let near = nearest(section, sections.iter().copied());
                self.unknown("section", section, near, name.span());
            } else if let Some(table) = value.get_ref().as_table() {
                self.section(section, table);
            } else {
                let place = self.place(name.span());
                let message = format!("{place}: `{section}` is a section, not a value");
                let hint = format!("write `[{section}]` on a line of its own, its keys below");
                self.problems.push(Problem::new(message, hint));
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{section}.{}", name.get_ref());
            if key == PROVIDERS {
                self.providers(name.span(), value);
                continue;
            }
            let Some(setting) = all_settings().find(|setting| setting.key == key) else {
                let prefix = format!("{section}.");
                let known = all_settings().filter_map(|setting| setting.key.strip_prefix(&prefix));
                let known = known.chain(PROVIDERS.strip_prefix(&prefix));
                let near = nearest(name.get_ref(), known);
                self.unknown("key", name.get_ref(), near, name.span());
                continue;
            };
            if setting.exposure == Exposure::Secret {
                self.secret(setting.key, name.span());
            } else if let Some((text, origin)) = self.value(setting, value) {
                self.layers.set(setting.key, text, origin);
            }
        }
    }

    /// The list of identity providers.
    fn providers(&mut self, span: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let tables = value.get_ref().as_array().map(|all| {
            let tables = all
                .iter()
                .map(|one| Some((one.get_ref().as_table()?, one.span())));
            tables.collect::<Option<Vec<_>>>()
        });
        let Some(Some(tables)) = tables else {
            let place = self.place(span);
            return self.problems.push(Problem::new(
                format!("{place}: `{PROVIDERS}` is a list of tables"),
                format!("write `[[{PROVIDERS}]]`, with two brackets, above each provider"),
            ));
        };
        for (table, span) in tables {
            let layers = self.provider(table);
            let at = table.iter().map(|(name, _)| name.span().start).min();
            let origin = self.origin(at.map_or(span, |at| at..at));
            self.layers.list(Listed { layers, origin });
        }
    }

    fn provider(&mut self, table: &DeTable<'_>) -> Layers {
        let mut layers = Layers::default();
        let prefix = format!("{PROVIDERS}.");
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let Some(setting) = listed_settings().find(|setting| setting.key == key) else {
                let known =
                    listed_settings().filter_map(|setting| setting.key.strip_prefix(&prefix));
                let near = nearest(name.get_ref(), known);
                self.unknown("key", name.get_ref(), near, name.span());
                continue;
            };
            if let Some((text, origin)) = self.value(setting, value) {
                layers.set(setting.key, text, origin);
            }
        }
        layers
    }

    /// The text form of a value, and its place.
    fn value(
        &mut self,
        setting: &Setting,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<(String, Origin)> {
        let origin = self.origin(value.span());
        match text_of(setting.shape, value.get_ref()) {
            Ok(text) => Some((text, origin)),
            Err(why) => {
                self.problems
                    .push(Problem::value(setting.key, &origin, &why));
                None
            }
        }
    }

    fn secret(&mut self, key: &str, span: Range<usize>) {
        let place = self.place(span);
        self.problems.push(Problem::new(
            format!("{place}: {key} is a secret and cannot stand in the configuration file"),
            format!("put the token in a file of its own and name that with {key}_file"),
        ));
    }

    fn unknown(&mut self, what: &str, name: &str, near: Option<&str>, span: Range<usize>) {
        let place = self.place(span);
        self.problems
            .push(Problem::unknown(what, name, &place, near));
    }

    fn syntax(&mut self, error: &toml::de::Error) {
        let place = self.place(error.span().unwrap_or(0..0));
        let what = error.message().trim().replace('\n', "; ");
        self.problems.push(Problem::new(
            format!("{place}: this is not TOML: {what}"),
            "see docs/reference/configuration.md for the form of the file",
        ));
    }

    fn place(&self, span: Range<usize>) -> String {
        self.origin(span).to_string()
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Origin::File {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

/// A value as one text; a list or a table is a line for each part.
fn text_of(shape: Shape, value: &DeValue<'_>) -> Result<String, String> {
    match (shape, value) {
        (Shape::List, DeValue::Array(all)) => {
            let lines = all.iter().map(|one| line(one.get_ref()));
            lines
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.join("\n"))
        }
        (Shape::Table, DeValue::Table(table)) => {
            let lines = table.iter().map(|(name, value)| {
                let name = name.get_ref();
                line(value.get_ref()).map(|value| format!("{name} = {value}"))
            });
            lines
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.join("\n"))
        }
        (Shape::Table, other) => Err(format!("it is a {}, not a table", other.type_str())),
        (Shape::Plain | Shape::List, value) => plain(value),
    }
}

fn plain(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.as_str().replace('_', "")),
        DeValue::Float(number) => Ok(number.as_str().replace('_', "")),
        DeValue::Boolean(flag) => Ok(flag.to_string()),
        other => Err(format!("it is a {}, not a plain value", other.type_str())),
    }
}

/// A part of a list or a table.
fn line(value: &DeValue<'_>) -> Result<String, String> {
    let text = plain(value)?;
    if text.contains('\n') {
        return Err("a text in it has a line break".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Layers, Vec<String>) {
        let mut problems = Vec::new();
        let layers = layer(Path::new("usher.toml"), text, &mut problems);
        let lines = problems
            .into_iter()
            .map(|problem| format!("{} | {}", problem.message, problem.hint.unwrap_or_default()))
            .collect();
        (layers, lines)
    }

    #[test]
    fn values_of_every_plain_type_are_read_with_their_place() {
        let (layers, problems) = read(
            "[miro]\nrest_url = \"http://localhost:1/\"\ntime_scale = 100\n\n[sync]\nmax_shrink_percent = 5\n",
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(layers.get("miro.time_scale").unwrap().text, "100");
        let origin = &layers.get("sync.max_shrink_percent").unwrap().origin;
        assert_eq!(origin.to_string(), "usher.toml:6:22");
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_place_and_the_nearest_key() {
        let (_, problems) = read("[miro]\n  acces_token_file = \"t\"\n");
        assert_eq!(
            problems,
            ["usher.toml:2:3: unknown key `acces_token_file` | did you mean `access_token_file`?"]
        );
    }

    #[test]
    fn a_misspelt_section_is_named() {
        let (_, problems) = read("[mirro]\nrest_url = \"x\"\n");
        assert_eq!(
            problems,
            ["usher.toml:1:2: unknown section `mirro` | did you mean `miro`?"]
        );
    }

    #[test]
    fn a_token_in_the_file_is_refused_with_the_remedy() {
        let (layers, problems) = read("[miro]\naccess_token = \"hush\"\n");
        assert!(problems[0].contains("access_token_file"), "{problems:?}");
        assert!(!problems[0].contains("hush"));
        assert!(layers.get("miro.access_token").is_none());
    }

    #[test]
    fn broken_toml_is_named_with_its_place() {
        let (_, problems) = read("[miro]\nrest_url = \n");
        assert!(problems[0].starts_with("usher.toml:2:"), "{problems:?}");
    }

    #[test]
    fn a_list_where_a_value_is_due_is_refused() {
        let (_, problems) = read("[database]\nurl = [1]\n");
        assert!(problems[0].contains("array"), "{problems:?}");
    }
}
