//! Where the keys come from: outside the database, always.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use usher_boxed::boxed;

use crate::secrets::keys::new_entry;
use crate::secrets::{Keys, SecretError};

/// Where the keys come from.
#[derive(Clone)]
pub enum KeySource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// The environment, as it was when the process began.
    Given(SecretString),
    /// A program that prints them, and its arguments.
    Command(Vec<String>),
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl KeySource {
    /// Whether reading it runs a program, which takes longer than anybody who is not known should make it.
    pub fn runs_a_program(&self) -> bool {
        matches!(self, Self::Command(_))
    }

    /// Where that is, for people.
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => format!("file {}", path.display()),
            Self::Given(_) => "environment".to_owned(),
            Self::Command(words) => format!("command {}", words.first().map_or("", String::as_str)),
        }
    }

    /// Reads the keys.
    #[boxed]
    pub async fn read(&self) -> Result<Keys, SecretError> {
        let text = match self {
            Self::File(path) => read_file(path)?,
            Self::Given(text) => text.clone(),
            Self::Command(words) => run(words).await?,
        };
        Keys::parse(&text)
    }

    /// Whether it is a file that is not there.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::File(path) if !path.exists())
    }

    /// Makes a new key of this version where this program keeps the keys: in a file, which may not be there yet. Says
    /// whether it could; other sources are filled by whoever keeps them.
    pub(super) fn make(&self, version: u32) -> Result<bool, SecretError> {
        let Self::File(path) = self else {
            return Ok(false);
        };
        let before = match read_file(path) {
            Ok(before) => before,
            Err(_) if !path.exists() => SecretString::from(FIRST_LINE),
            Err(error) => return Err(error),
        };
        let added = new_entry(version)?;
        let newline = if before.expose_secret().ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let text = format!(
            "{}{newline}{}",
            before.expose_secret(),
            added.expose_secret()
        );
        replace(path, &SecretString::from(text)).map_err(|error| SecretError::File {
            path: path.clone(),
            why: error.to_string(),
        })?;
        Ok(true)
    }
}

/// How long a program may take to print the keys.
const PATIENCE: Duration = Duration::from_secs(15);

/// The first line of a key file that this program makes.
const FIRST_LINE: &str = "# Usher's keys for stored secrets. Keep a copy apart from the database: without it they cannot be read.\n";

fn read_file(path: &Path) -> Result<SecretString, SecretError> {
    let failed = |error: std::io::Error| SecretError::File {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    refuse_readable(path, &metadata)?;
    std::fs::read_to_string(path)
        .map(SecretString::from)
        .map_err(failed)
}

#[cfg(unix)]
fn refuse_readable(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SecretError> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let mode = metadata.permissions().mode() & 0o777;
    if is_private(mode, metadata.uid()) {
        return Ok(());
    }
    Err(SecretError::Readable {
        path: path.to_owned(),
        mode,
    })
}

/// Whether nobody but its owner can read a file of this mode; or, of root's, the group as well. Kubernetes and systemd hand
/// secrets to a service in that way: the file is root's, and the group, or an access list that shows as one, is the
/// service's.
#[cfg(unix)]
fn is_private(mode: u32, owner: u32) -> bool {
    const OTHERS: u32 = 0o077;
    const GROUP_READS: u32 = 0o040;
    let others = mode & OTHERS;
    others == 0 || (owner == 0 && others == GROUP_READS)
}

#[cfg(not(unix))]
fn refuse_readable(_: &Path, _: &std::fs::Metadata) -> Result<(), SecretError> {
    Ok(())
}

/// Puts the new text in the place of the old one in one step. Temporary files are readable by their owner only.
fn replace(path: &Path, text: &SecretString) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

async fn run(words: &[String]) -> Result<SecretString, SecretError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(SecretError::Command("it is empty".to_owned()));
    };
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, output)
        .await
        .map_err(|_| {
            let seconds = PATIENCE.as_secs();
            SecretError::Command(format!(
                "{program} printed no keys within {seconds} seconds"
            ))
        })?
        .map_err(|error| SecretError::Command(format!("{program}: {error}")))?;
    if !output.status.success() {
        return Err(SecretError::Command(format!(
            "{program} ended with {}",
            output.status
        )));
    }
    String::from_utf8(output.stdout)
        .map(SecretString::from)
        .map_err(|_| SecretError::Keys("the command printed no text".to_owned()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_key_file_is_made_for_its_owner_only_and_grows_by_versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let source = KeySource::File(path.clone());
        assert!(matches!(source.read().await, Err(SecretError::File { .. })));
        assert!(source.make(1).unwrap());
        assert!(source.make(2).unwrap());
        let keys = source.read().await.unwrap();
        assert_eq!(keys.versions().collect::<Vec<_>>(), [1, 2]);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }

    #[tokio::test]
    async fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let source = KeySource::File(path.clone());
        source.make(1).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = source.read().await.unwrap_err();
        assert!(
            matches!(error, SecretError::Readable { mode: 0o644, .. }),
            "{error}"
        );
        assert!(error.hint().starts_with("chmod 600"));
        assert!(source.make(2).is_err());
    }

    #[test]
    fn the_group_may_read_a_file_of_roots_and_no_other() {
        let (root, somebody) = (0, 1000);
        for (mode, owner, private) in [
            (0o600, somebody, true),
            (0o400, root, true),
            (0o440, root, true),
            (0o640, root, true),
            (0o640, somebody, false),
            (0o660, root, false),
            (0o604, root, false),
            (0o644, root, false),
        ] {
            assert_eq!(is_private(mode, owner), private, "{mode:o} of {owner}");
        }
    }

    #[tokio::test]
    async fn a_command_prints_the_keys_or_says_how_it_failed() {
        let command =
            |words: &[&str]| KeySource::Command(words.iter().map(ToString::to_string).collect());
        let entry = new_entry(4).unwrap();
        let keys = command(&["echo", entry.expose_secret().trim()])
            .read()
            .await;
        assert_eq!(keys.unwrap().newest(), 4);
        for words in [&["false"][..], &["/no/such/program"], &[]] {
            let error = command(words).read().await.unwrap_err();
            assert!(matches!(error, SecretError::Command(_)), "{error}");
        }
    }
}
