//! Running the contestants as processes, and measuring them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Builds the release binary and says where it is.
pub fn build_usher() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--package", "usher"])
        .status()?;
    if !status.success() {
        bail!("the release build of usher failed");
    }
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program has no folder")?;
    Ok(folder.join("usher"))
}

/// A running `usher sandbox`.
pub struct SandboxProcess {
    child: Child,
    /// Base address, such as `http://127.0.0.1:4000`.
    pub address: String,
    /// REST token.
    pub access_token: String,
    /// SCIM token.
    pub scim_token: String,
}

impl SandboxProcess {
    /// Starts one and waits until it says where it listens.
    pub fn start(usher: &Path, arguments: &[String]) -> Result<Self> {
        let (access_token, scim_token) = ("bench-access-token", "bench-scim-token");
        let mut child = Command::new(usher)
            .arg("sandbox")
            .args([
                "--listen",
                "127.0.0.1:0",
                "--token",
                access_token,
                "--scim-token",
                scim_token,
            ])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start `usher sandbox`")?;
        let output = child.stdout.take().context("the sandbox has no output")?;
        let mut address = None;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(at) = line.find("http://127.0.0.1:") {
                let rest = line.get(at..).unwrap_or_default();
                let end = rest
                    .get(17..)
                    .and_then(|port| port.find(|c: char| !c.is_ascii_digit()));
                address = Some(
                    rest.get(..end.map_or(rest.len(), |end| end + 17))
                        .unwrap_or(rest)
                        .to_owned(),
                );
                break;
            }
        }
        let address = address.context("the sandbox ended without saying where it listens")?;
        Ok(Self {
            child,
            address,
            access_token: access_token.into(),
            scim_token: scim_token.into(),
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a finished process took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Wall time.
    pub wall: Duration,
    /// Largest resident memory, in bytes.
    pub peak_memory: u64,
}

/// Runs a command to its end, and measures it.
pub fn measure(command: &mut Command) -> Result<Taken> {
    let started = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let errors = child.stderr.take().context("no standard error")?;
    let reader = std::thread::spawn(move || std::io::read_to_string(errors).unwrap_or_default());
    let mut peak_memory = 0;
    let status = loop {
        peak_memory = peak_memory.max(resident_high_water(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = started.elapsed();
    let messages = reader.join().unwrap_or_default();
    if !status.success() {
        bail!("{command:?} failed with {status}:\n{messages}");
    }
    Ok(Taken { wall, peak_memory })
}

/// `VmHWM` of a process, in bytes; 0 when it is gone.
pub fn resident_high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
