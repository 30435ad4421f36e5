//! A private PostgreSQL server for tests: one per test program, a database for each test.
//!
//! The server listens on a socket in a directory of its own, belongs to an unprivileged user (PostgreSQL
//! refuses to run as root), and is stopped when the test program ends, however it ends: a small shell
//! waits for the end of a pipe that only the test program holds.
//!
//! `USHER_TEST_POSTGRES` names another server to use instead, by the URL of a database on it.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use url::Url;
use usher_boxed::boxed;

use crate::DatabaseUrl;
use crate::statement::Statement;

/// Why there is no server. A test that needs one fails with this; it is never left out silently.
#[derive(Debug, thiserror::Error)]
pub enum NoServer {
    /// PostgreSQL's server programs are not installed.
    #[error(
        "PostgreSQL's server programs (initdb, postgres) are not installed; `cargo xtask test` installs them, or `apt-get install postgresql`, or name a server in USHER_TEST_POSTGRES"
    )]
    NotInstalled,
    /// Nobody is there to run it as.
    #[error("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")]
    NoUser,
    /// One of the programs failed.
    #[error("{program} failed: {output}")]
    Failed {
        /// Which.
        program: String,
        /// What it said.
        output: String,
    },
    /// The system refused something.
    #[error("cannot prepare a PostgreSQL server")]
    System(#[from] io::Error),
    /// The server refused something.
    #[error("the PostgreSQL server for tests refused a statement")]
    Refused(#[from] sqlx::Error),
}

/// A running server.
#[derive(Debug)]
pub struct PostgresForTests {
    /// A database on it from which others are made.
    url: Url,
    /// When the last holder of this is gone, the server stops.
    _alive: Option<ChildStdin>,
}

static SERVER: OnceLock<Result<PostgresForTests, String>> = OnceLock::new();
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// The URL of a new, empty database.
///
/// Fails with the reason in words when there is no server.
#[boxed]
pub async fn new_database() -> Result<DatabaseUrl, String> {
    let url = new_database_url().await?;
    url.parse()
        .map_err(|error: crate::StoreError| error.to_string())
}

/// The same as text, for programs that take it on their command line.
#[boxed]
pub async fn new_database_url() -> Result<String, String> {
    let server = SERVER
        .get_or_init(|| PostgresForTests::start().map_err(|error| describe(&error)))
        .as_ref()
        .map_err(Clone::clone)?;
    server.create().await.map_err(|error| describe(&error))
}

fn describe(error: &NoServer) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

impl PostgresForTests {
    /// Uses the server that `USHER_TEST_POSTGRES` names, or starts one.
    fn start() -> Result<Self, NoServer> {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are configured by their environment"
        )]
        let given = std::env::var("USHER_TEST_POSTGRES");
        if let Ok(url) = given {
            let url = Url::parse(&url).map_err(|error| NoServer::Failed {
                program: "reading USHER_TEST_POSTGRES".to_owned(),
                output: error.to_string(),
            })?;
            return Ok(Self { url, _alive: None });
        }
        let programs = programs().ok_or(NoServer::NotInstalled)?;
        start_server(&programs, &Listening::Socket)
    }

    /// Makes a database.
    async fn create(&self) -> Result<String, NoServer> {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("usher_test_{}_{number}", std::process::id());
        let options = PgConnectOptions::from_url(&self.url)?;
        let mut connection = PgConnection::connect_with(&options).await?;
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        sqlx::query(Statement::safe(create))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        let mut url = self.url.clone();
        url.set_path(&name);
        Ok(url.to_string())
    }
}

/// The directory with `initdb` and `postgres`: the newest that distributions install, or on the path.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&path))
        .find(|directory| {
            directory.join("initdb").is_file() && directory.join("postgres").is_file()
        })
}

/// The user to run the server as, when we are root.
fn unprivileged() -> Result<Option<(u32, u32)>, NoServer> {
    if fs::metadata("/proc/self").map_or(1, |me| me.uid()) != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            let uid = fields.nth(1)?.parse().ok()?;
            Some((uid, fields.next()?.parse().ok()?))
        })
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .map(Some)
        .ok_or(NoServer::NoUser)
}

fn start_server(programs: &Path, listening: &Listening<'_>) -> Result<PostgresForTests, NoServer> {
    let user = unprivileged()?;
    let directory = tempfile::Builder::new()
        .prefix("usher-postgres-")
        .tempdir()?
        .keep();
    if let Some((uid, gid)) = user {
        chown(&directory, Some(uid), Some(gid))?;
    }
    // From here on the shell tidies up.
    let alive = watch(&directory, programs, user)?;
    let data = directory.join("data");
    initialize(programs, &data, &directory, user)?;
    fs::write(data.join("pg_hba.conf"), listening.rules())?;
    let listen = listening.prepare(&data, user)?;
    let mut start = as_user(programs.join("pg_ctl"), &directory, user);
    start
        .args(["start", "--wait", "--silent", "--timeout=60", "-D"])
        .arg(&data)
        .arg("-l")
        .arg(directory.join("log"))
        .arg("-o")
        .arg(format!(
            "{listen} -c unix_socket_directories={} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300",
            directory.display()
        ));
    finish(
        &start.stdout(Stdio::null()).stderr(Stdio::null()).output()?,
        "pg_ctl start",
        &directory,
    )?;
    let mut url = Url::parse("postgres://usher@localhost/postgres").map_err(io::Error::other)?;
    url.query_pairs_mut()
        .append_pair("host", &directory.display().to_string());
    Ok(PostgresForTests {
        url,
        _alive: Some(alive),
    })
}

/// A server of its own that speaks TLS only, on a port of the loopback address. It stops when this is dropped.
#[derive(Debug)]
pub struct TlsServerForTests {
    /// Where it listens.
    pub port: u16,
    _server: PostgresForTests,
}

impl TlsServerForTests {
    /// Starts it with a certificate and its key, both as PEM. Everybody may connect as `usher`.
    ///
    /// Fails with the reason in words.
    pub fn start(certificate: &str, key: &str) -> Result<Self, String> {
        let start = || {
            let programs = programs().ok_or(NoServer::NotInstalled)?;
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let server = start_server(
                &programs,
                &Listening::Tls {
                    port,
                    certificate,
                    key,
                },
            )?;
            Ok(Self {
                port,
                _server: server,
            })
        };
        start().map_err(|error| describe(&error))
    }
}

/// Where a server listens.
enum Listening<'a> {
    /// On a socket in its directory.
    Socket,
    /// On a port, where it speaks TLS only.
    Tls {
        port: u16,
        certificate: &'a str,
        key: &'a str,
    },
}

impl Listening<'_> {
    /// Who may connect. Passwords are asked of one user only, so that a wrong one can be tested.
    fn rules(&self) -> &'static str {
        match self {
            Self::Socket => "local all needs_password scram-sha-256\nlocal all all trust\n",
            Self::Tls { .. } => "hostssl all all 127.0.0.1/32 trust\n",
        }
    }

    /// Writes the files that this needs and gives the server's options.
    fn prepare(&self, data: &Path, user: Option<(u32, u32)>) -> Result<String, io::Error> {
        let Self::Tls {
            port,
            certificate,
            key,
        } = self
        else {
            return Ok("-c listen_addresses=".to_owned());
        };
        // The names that PostgreSQL looks for.
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let path = data.join(name);
            fs::write(&path, pem)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some((uid, gid)) = user {
                chown(&path, Some(uid), Some(gid))?;
            }
        }
        Ok(format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on"
        ))
    }
}

/// Makes the server's files. Text is sorted by ICU rules where PostgreSQL has them, so that a test
/// notices when an order depends on the server's locale.
fn initialize(
    programs: &Path,
    data: &Path,
    directory: &Path,
    user: Option<(u32, u32)>,
) -> Result<(), NoServer> {
    let initdb = |locale: &[&str]| {
        as_user(programs.join("initdb"), directory, user)
            .args([
                "--auth=trust",
                "--no-sync",
                "-U",
                "usher",
                "-E",
                "UTF8",
                "-D",
            ])
            .arg(data)
            .args(locale)
            .output()
    };
    let icu = [
        "--locale=C.UTF-8",
        "--locale-provider=icu",
        "--icu-locale=en-US",
    ];
    if initdb(&icu)?.status.success() {
        return Ok(());
    }
    finish(&initdb(&["--locale=C"])?, "initdb", directory)
}

fn as_user(program: PathBuf, directory: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn finish(output: &Output, program: &str, directory: &Path) -> Result<(), NoServer> {
    if output.status.success() {
        return Ok(());
    }
    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    Err(NoServer::Failed {
        program: program.to_owned(),
        output: format!("{}{log}", String::from_utf8_lossy(&output.stderr)),
    })
}

/// Starts the shell that stops the server and removes its files once this process is gone.
fn watch(
    directory: &Path,
    programs: &Path,
    user: Option<(u32, u32)>,
) -> Result<ChildStdin, NoServer> {
    let script = "trap '' INT TERM HUP; cat >/dev/null; \"$1/pg_ctl\" stop -m immediate -D \"$2/data\" >/dev/null 2>&1; rm -rf \"$2\"";
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script, "sh"])
        .arg(programs)
        .arg(directory)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    if let Some((uid, gid)) = user {
        shell.uid(uid).gid(gid);
    }
    let mut child = shell.spawn()?;
    child
        .stdin
        .take()
        .ok_or_else(|| NoServer::System(io::Error::other("a child process has no standard input")))
}
