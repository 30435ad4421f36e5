//! SCIM servers as processes: Usher's own, and scim2-server.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A running SCIM server.
pub struct ScimServer {
    child: Child,
    /// What to call it.
    pub name: &'static str,
    /// Its base address.
    pub url: String,
    /// A token that opens it.
    pub token: String,
    _folder: tempfile::TempDir,
}

impl ScimServer {
    /// `usher serve` on a database file of its own, with one pushed source.
    pub fn usher(program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.current_dir(folder.path()).args(arguments);
            command
        };
        run(&mut command(&["people", "source", "add", "scim", "idp"]))?;
        let create = ["people", "source", "token", "create", "idp"];
        let token = run(&mut command(&create))?;
        let mut child = command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start `usher serve`")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let address = address.context("`usher serve` does not say where it listens")?;
        Ok(Self {
            url: format!("{address}scim/v2"),
            child,
            name: "usher",
            token: token.trim().to_owned(),
            _folder: folder,
        })
    }

    /// scim2-server, where `USHER_SCIM2_SERVER` names it.
    pub fn peer() -> Result<Option<Self>> {
        let Some(program) = std::env::var_os("USHER_SCIM2_SERVER").map(PathBuf::from) else {
            return Ok(None);
        };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let token = "bench-token";
        let child = Command::new(program)
            .args(["--port", &port.to_string(), "--bearer-token", token])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start scim2-server")?;
        let server = Self {
            child,
            name: "scim2-server",
            url: format!("http://127.0.0.1:{port}/v2"),
            token: token.to_owned(),
            _folder: tempfile::tempdir()?,
        };
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(Some(server));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("scim2-server does not listen")
    }
}

impl Drop for ScimServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command prints.
fn run(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} failed: {words}");
    }
    Ok(String::from_utf8(output.stdout)?)
}
