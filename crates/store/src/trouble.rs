//! What the drivers' errors mean to somebody who has to do something about them.

use sqlx::error::DatabaseError;

use crate::StoreError;
use crate::url::{Address, DatabaseUrl};

/// Explains errors of one database.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    Sqlite {
        /// As the messages name it.
        database: String,
    },
    Postgres {
        database: String,
        server: String,
        user: String,
        name: String,
    },
}

impl Trouble {
    /// With the database at `url`.
    pub(crate) fn with(url: &DatabaseUrl) -> Self {
        match &url.0 {
            Address::Sqlite(path) => Self::Sqlite {
                database: path.display().to_string(),
            },
            Address::Postgres(address) => {
                let options = &address.options;
                let user = options.get_username().to_owned();
                Self::Postgres {
                    database: url.to_string(),
                    server: options.get_socket().map_or_else(
                        || format!("{}:{}", options.get_host(), options.get_port()),
                        |socket| socket.display().to_string(),
                    ),
                    name: options.get_database().unwrap_or(&user).to_owned(),
                    user,
                }
            }
        }
    }

    /// What to call the database.
    pub(crate) fn database(&self) -> &str {
        match self {
            Self::Sqlite { database } | Self::Postgres { database, .. } => database,
        }
    }

    /// There is no TLS connection, for this reason.
    pub(crate) fn tls(&self, why: String) -> StoreError {
        let server = match self {
            Self::Sqlite { database } => database,
            Self::Postgres { server, .. } => server,
        };
        StoreError::Tls {
            server: server.clone(),
            source: why.into(),
        }
    }

    /// Says what `error` means.
    pub(crate) fn explain(&self, operation: &'static str, error: sqlx::Error) -> StoreError {
        let known = match (&error, self) {
            (sqlx::Error::Database(cause), Self::Sqlite { database }) => {
                sqlite(cause.as_ref(), database)
            }
            (sqlx::Error::Database(cause), Self::Postgres { .. }) => self.postgres(cause.as_ref()),
            (sqlx::Error::PoolTimedOut, Self::Sqlite { database }) => Some(StoreError::Locked {
                database: database.clone(),
            }),
            (sqlx::Error::Tls(cause), Self::Postgres { .. }) => Some(self.tls(cause.to_string())),
            // What a handshake ends with reaches us inside an I/O error that no network makes.
            (sqlx::Error::Io(cause), Self::Postgres { .. })
                if cause.kind() == std::io::ErrorKind::InvalidData =>
            {
                Some(self.tls(cause.to_string()))
            }
            (sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut, Self::Postgres { server, .. }) => {
                Some(StoreError::Unreachable {
                    server: server.clone(),
                    source: error.to_string().into(),
                })
            }
            _ => None,
        };
        known.unwrap_or_else(|| StoreError::Database {
            database: self.database().to_owned(),
            operation,
            source: error.into(),
        })
    }

    /// By SQLSTATE (PostgreSQL manual, appendix A).
    fn postgres(&self, cause: &dyn DatabaseError) -> Option<StoreError> {
        let Self::Postgres {
            database,
            server,
            user,
            name,
        } = self
        else {
            return None;
        };
        let code = cause.code()?;
        let source = || cause.to_string().into();
        let database = || database.clone();
        let server = || server.clone();
        Some(match code.as_ref() {
            // Invalid authorization, invalid password.
            "28000" | "28P01" => StoreError::Refused {
                server: server(),
                user: user.clone(),
                source: source(),
            },
            // Invalid catalogue name.
            "3D000" => StoreError::NoSuchDatabase {
                server: server(),
                name: name.clone(),
            },
            // Insufficient privilege.
            "42501" => StoreError::Forbidden {
                database: database(),
                source: source(),
            },
            // Disk full.
            "53100" => StoreError::DiskFull {
                database: database(),
            },
            // Read-only transaction: a standby, or a database set so.
            "25006" => StoreError::ReadOnly {
                database: database(),
            },
            // Lock not available, deadlock.
            "55P03" | "40P01" => StoreError::Locked {
                database: database(),
            },
            // Data or index corrupted.
            "XX001" | "XX002" => StoreError::Damaged {
                database: database(),
            },
            // Too many connections, shutting down, crashed, starting.
            "53300" | "57P01" | "57P02" | "57P03" => StoreError::Unreachable {
                server: server(),
                source: source(),
            },
            _ => return None,
        })
    }
}

/// By the primary result code, the low byte of the extended one (<https://sqlite.org/rescode.html>).
fn sqlite(cause: &dyn DatabaseError, database: &str) -> Option<StoreError> {
    let code: u32 = cause.code()?.parse().ok()?;
    let database = database.to_owned();
    Some(match code & 0xff {
        // BUSY, LOCKED
        5 | 6 => StoreError::Locked { database },
        // READONLY
        8 => StoreError::ReadOnly { database },
        // CORRUPT
        11 => StoreError::Damaged { database },
        // FULL
        13 => StoreError::DiskFull { database },
        // CANTOPEN
        14 => StoreError::CannotOpen {
            path: database,
            source: cause.to_string().into(),
        },
        // NOTADB
        26 => StoreError::NotADatabase { path: database },
        _ => return None,
    })
}
