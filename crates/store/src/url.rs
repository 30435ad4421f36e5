//! Where the database is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::StoreError;

/// Where the database is: `sqlite://PATH` or `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE`.
///
/// In a PostgreSQL URL, `?host=/directory` names a Unix socket's directory, and `?sslmode=` is one of
/// libpq's: disable, allow, prefer (the default), require, verify-ca, verify-full (PostgreSQL manual §34.18).
/// `?sslrootcert=FILE` names the authority (PEM) that the server's certificate must come from; as in libpq it makes
/// `require` mean verify-ca.
/// A password is never shown: neither `Display` nor `Debug` print it.
#[derive(Clone)]
pub struct DatabaseUrl(pub(crate) Address);

#[derive(Clone)]
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PostgresAddress>),
}

#[derive(Clone)]
pub(crate) struct PostgresAddress {
    pub(crate) options: PgConnectOptions,
    pub(crate) shown: String,
    /// Whether the URL holds a password.
    pub(crate) has_password: bool,
    /// The files that the URL names for TLS, each with its parameter.
    pub(crate) tls_files: Vec<(String, PathBuf)>,
}

/// Which database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, built in.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl DatabaseUrl {
    /// A SQLite database in a file, which is created when it is missing.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self(Address::Sqlite(path.as_ref().to_owned()))
    }

    /// The engine.
    pub fn engine(&self) -> Engine {
        match self.0 {
            Address::Sqlite(_) => Engine::Sqlite,
            Address::Postgres(_) => Engine::Postgres,
        }
    }

    /// Whether there is a password in it.
    pub fn has_password(&self) -> bool {
        matches!(&self.0, Address::Postgres(address) if address.has_password)
    }

    /// The same with a password for its user that was kept apart from the URL. A SQLite file has no users, and stays as it
    /// is.
    pub fn with_password(self, password: &SecretString) -> Self {
        let Self(Address::Postgres(mut address)) = self else {
            return self;
        };
        address.options = address.options.clone().password(password.expose_secret());
        address.has_password = true;
        Self(Address::Postgres(address))
    }

    /// The SQLite file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Address::Sqlite(path) => Some(path),
            Address::Postgres(_) => None,
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Address::Postgres(address) => f.write_str(&address.shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") {
                return Err(invalid(text, "it names no file"));
            }
            return Ok(Self::sqlite(path));
        }
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return postgres(text);
        }
        Err(invalid(text, "the scheme is neither sqlite nor postgres"))
    }
}

/// Query parameters of a PostgreSQL URL that have an effect.
const PARAMETERS: &[&str] = &[
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

fn postgres(text: &str) -> Result<DatabaseUrl, StoreError> {
    let url = Url::parse(text).map_err(|error| invalid("postgres://…", &error.to_string()))?;
    let shown = without_password(&url);
    for (name, value) in url.query_pairs() {
        if !PARAMETERS.contains(&name.as_ref()) {
            return Err(invalid(&shown, &format!("it has no parameter `{name}`")));
        }
        if name == "sslmode" && value.parse::<PgSslMode>().is_err() {
            return Err(invalid(&shown, &format!("`{value}` is no sslmode")));
        }
    }
    let options =
        PgConnectOptions::from_str(text).map_err(|error| invalid(&shown, &error.to_string()))?;
    let options = if url
        .query_pairs()
        .any(|(name, _)| name == "application_name")
    {
        options
    } else {
        options.application_name("usher")
    };
    let tls_files = tls_files(&url);
    let names_authority = tls_files.iter().any(|(name, _)| name == "sslrootcert");
    let options = match options.get_ssl_mode() {
        PgSslMode::Require if names_authority => options.ssl_mode(PgSslMode::VerifyCa),
        _ => options,
    };
    Ok(DatabaseUrl(Address::Postgres(Box::new(PostgresAddress {
        options,
        shown,
        has_password: has_password(&url),
        tls_files,
    }))))
}

fn tls_files(url: &Url) -> Vec<(String, PathBuf)> {
    url.query_pairs()
        .filter(|(name, _)| matches!(&**name, "sslrootcert" | "sslcert" | "sslkey"))
        .map(|(name, file)| (name.into_owned(), PathBuf::from(&*file)))
        .collect()
}

fn has_password(url: &Url) -> bool {
    url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
}

fn without_password(url: &Url) -> String {
    let mut shown = url.clone();
    // A URL without a host cannot hold a password in its authority, which is the only way this fails.
    let _ = shown.set_password(None);
    let parameters: Vec<_> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| name != "password")
        .collect();
    shown.set_query(None);
    if !parameters.is_empty() {
        shown.query_pairs_mut().extend_pairs(parameters);
    }
    shown.to_string()
}

fn invalid(url: &str, why: &str) -> StoreError {
    let url = if url.contains('@') && url.starts_with("postgres") {
        Url::parse(url).map_or_else(|_| "postgres://…".to_owned(), |url| without_password(&url))
    } else {
        url.to_owned()
    };
    StoreError::InvalidUrl {
        url,
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_url_names_a_file() {
        for (text, path) in [
            ("sqlite:///var/lib/usher.db", "/var/lib/usher.db"),
            ("sqlite://usher.db", "usher.db"),
            ("sqlite:data/usher.db", "data/usher.db"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.path(), Some(Path::new(path)));
            assert_eq!(url.engine(), Engine::Sqlite);
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://ada:secret@host/db",
            "postgres://ada@host/db?password=secret&sslmode=require",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert!(!format!("{url} {url:?}").contains("secret"));
        }
        for text in [
            "postgres://ada:secret@host/db?sslmode=maybe",
            "postgres://ada:secret@host/db?colour=red",
            "postgres://ada:secret@host:notaport/db",
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_password_can_be_kept_apart_from_the_url() {
        let password = SecretString::from("secret");
        let url: DatabaseUrl = "postgres://ada@host/db".parse().unwrap();
        assert!(!url.has_password());
        let url = url.with_password(&password);
        assert!(url.has_password());
        assert!(!format!("{url} {url:?}").contains("secret"));
        for text in [
            "postgres://ada:other@host/db",
            "postgres://ada@host/db?password=other",
        ] {
            assert!(text.parse::<DatabaseUrl>().unwrap().has_password());
        }
        let file: DatabaseUrl = "sqlite://usher.db".parse().unwrap();
        assert!(!file.with_password(&password).has_password());
    }

    #[test]
    fn what_is_no_database_url_is_refused_with_the_forms() {
        for text in [
            "",
            "usher.db",
            "mysql://host/db",
            "sqlite://",
            "sqlite::memory:",
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(error.contains("sqlite://PATH"), "{error}");
        }
    }
}
