//! Settings in files: YAML or JSON by the file's name.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::exit::Exit;
use crate::failure::Failure;

/// Reads a value; a mistake in it is named with its place.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(Exit::File, format!("could not read {}", path.display()))
            .because(error)
            .hint("check the path and its permissions")
    })?;
    parse(&text, is_json(path)).map_err(|why| {
        Failure::usage(format!("{} cannot be used: {why}", path.display()))
            .hint("nothing was changed; `export` writes the form that is expected")
    })
}

fn parse<T: DeserializeOwned>(text: &str, is_json: bool) -> Result<T, String> {
    if is_json {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let text = error.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    })
}

/// Writes a value whole, or leaves what was there.
pub fn write(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let text = if is_json(path) {
        serde_json::to_string_pretty(value).map_err(|error| error.to_string())
    } else {
        serde_saphyr::to_string(value).map_err(|error| error.to_string())
    };
    let text = text.map_err(|why| {
        Failure::new(
            Exit::Failure,
            format!("could not write {}: {why}", path.display()),
        )
    })?;
    write_text(path, &text)
}

/// Writes text whole, or leaves what was there: a half-written file never has the name.
pub fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |error: std::io::Error| {
        Failure::new(Exit::File, format!("could not write {}", path.display()))
            .because(error)
            .hint("check the folder, its permissions and the space left")
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    if text.is_empty() || !text.ends_with('\n') {
        std::io::Write::write_all(&mut file, b"\n").map_err(failed)?;
    }
    readable_by_all(&file).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Temporary files are for their owner only; what is exported is a file like any other.
#[cfg(unix)]
fn readable_by_all(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

#[cfg(test)]
mod tests {
    use usher_plan::Settings;

    use super::*;

    #[test]
    fn the_settings_read_back_from_either_form() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["settings.json", "settings.yaml"] {
            let path = folder.path().join(name);
            write(&path, &Settings::default()).unwrap();
            assert_eq!(
                read::<Settings>(&path).unwrap(),
                Settings::default(),
                "{name}"
            );
        }
    }

    #[test]
    fn an_unknown_member_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.yaml");
        std::fs::write(&path, "scoop:\n  mode: everyone\n").unwrap();
        let failure = read::<Settings>(&path).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.to_string().contains("scoop"), "{failure}");
    }
}
