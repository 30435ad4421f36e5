//! The programs that nobody here wrote and that tests are run against: installed where that is allowed,
//! named where it is not.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Python's SCIM tester, pinned.
const SCIM_TESTER: &str = "scim2-cli==0.6.0";

/// Python's SCIM server, pinned: what the benchmark of inbound SCIM is compared with.
const SCIM_SERVER: &str = "scim2-server==0.8.3";

/// Python's fuzzer of HTTP APIs, pinned.
const API_FUZZER: &str = "schemathesis==4.32.5";

/// Python's SMTP server, pinned.
const MAIL_SERVER: &str = "aiosmtpd==1.4.6";

/// Python's validators of manifests, pinned: by the schemas of Kubernetes, and by the compose specification.
const MANIFEST_VALIDATORS: &[&str] = &["kubernetes-validate==1.37.0", "compose-spec==0.2.1"];

/// Where the instruments are.
pub struct Instruments {
    /// Folder of `initdb` and `postgres`.
    pub postgres: PathBuf,
    /// The `scim2` program.
    pub scim_tester: PathBuf,
    /// The Python that has the SMTP server.
    pub mail_server: PathBuf,
    /// The `st` program.
    pub api_fuzzer: PathBuf,
    /// The folder with the OpenID Connect provider, where npm is to be had.
    pub oidc_provider: Option<PathBuf>,
    /// The Python that has the validators of manifests.
    pub manifest_validators: PathBuf,
}

impl Instruments {
    /// The environment variables by which tests find them.
    pub fn environment(&self) -> Vec<(&'static str, &Path)> {
        let mut found: Vec<(&'static str, &Path)> = vec![
            ("USHER_POSTGRES_BIN", &self.postgres),
            ("USHER_SCIM2", &self.scim_tester),
            ("USHER_AIOSMTPD", &self.mail_server),
            ("USHER_SCHEMATHESIS", &self.api_fuzzer),
            ("USHER_MANIFEST_PYTHON", &self.manifest_validators),
        ];
        found.extend(
            self.oidc_provider
                .as_deref()
                .map(|path| ("USHER_OIDC_PROVIDER", path)),
        );
        found
    }
}

/// Installs what is missing; says what to install by hand where this user may not.
pub fn set_up() -> Result<Instruments> {
    ldap_server()?;
    deployment_tools()?;
    Ok(Instruments {
        postgres: postgres()?,
        scim_tester: python_packages("python", &[SCIM_TESTER], "scim2")?,
        mail_server: python_packages("mail", &[MAIL_SERVER], "python")?,
        api_fuzzer: python_packages("schemathesis", &[API_FUZZER], "st")?,
        oidc_provider: oidc_provider()?,
        manifest_validators: python_packages("manifests", MANIFEST_VALIDATORS, "python")?,
    })
}

/// The independent SCIM server, for the benchmarks.
pub fn scim_server() -> Result<PathBuf> {
    python_packages("scim-server", &[SCIM_SERVER], "scim2-server")
}

fn postgres() -> Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    install_debian_packages(&["postgresql"])
        .context("the tests need the PostgreSQL server programs (initdb, postgres)")?;
    find_postgres()
        .context("PostgreSQL was installed, but its initdb is not under /usr/lib/postgresql")
}

fn find_postgres() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    folders.into_iter().find(|folder| {
        ["initdb", "postgres", "pg_ctl"]
            .iter()
            .all(|p| folder.join(p).exists())
    })
}

/// `OpenLDAP`'s server and its tools. Tests start a private one; the one that the package may start itself is not used
/// and is stopped, so that it does not hold a port.
fn ldap_server() -> Result<()> {
    let programs = [
        "/usr/sbin/slapd",
        "/usr/sbin/slapadd",
        "/usr/bin/ldapmodify",
    ];
    let there = || programs.iter().all(|program| Path::new(program).exists());
    if there() {
        return Ok(());
    }
    install_debian_packages(&["slapd", "ldap-utils"])
        .context("the tests need OpenLDAP's server and tools (slapd, ldapmodify)")?;
    if Path::new("/run/slapd/slapd.pid").exists() {
        run(Command::new("service").args(["slapd", "stop"]))?;
    }
    if there() {
        return Ok(());
    }
    bail!(
        "OpenLDAP was installed, but not all of these are there: {}",
        programs.join(", ")
    )
}

/// What the OpenID Connect provider's packages are pinned by.
const OIDC_PROVIDER: &str = "crates/server/tests/oidc-provider";

/// The OpenID Connect provider, in a folder of its own. It is the one instrument that takes Node.js: where npm is missing, its tests
/// are left out.
fn oidc_provider() -> Result<Option<PathBuf>> {
    let available = Command::new("npm").arg("--version").output();
    if !available.is_ok_and(|output| output.status.success()) {
        eprintln_step("left out: signing in at oidc-provider (needs npm and Node.js 20 or newer)");
        return Ok(None);
    }
    let home = std::path::absolute("target/instruments")?.join("oidc-provider");
    let wanted = std::fs::read(Path::new(OIDC_PROVIDER).join("package-lock.json"))?;
    let stamp = home.join("installed");
    if std::fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(Some(home));
    }
    std::fs::create_dir_all(&home)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(Path::new(OIDC_PROVIDER).join(file), home.join(file))?;
    }
    let mut install = Command::new("npm");
    install
        .args([
            "ci",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ])
        .current_dir(&home);
    run(&mut install).context("installing oidc-provider failed")?;
    std::fs::write(stamp, wanted)?;
    Ok(Some(home))
}

/// What builds the container image and looks at the unit; kubectl, which Debian does not have in a version that would do, is
/// taken where it is.
fn deployment_tools() -> Result<()> {
    let packages = [
        ("/usr/bin/buildah", "buildah"),
        ("/usr/bin/systemd-analyze", "systemd"),
    ];
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(program, _)| !Path::new(program).exists())
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        install_debian_packages(&missing)
            .context("the tests of what is under deploy need buildah and systemd's tools")?;
    }
    if !["/usr/local/bin/kubectl", "/usr/bin/kubectl"]
        .iter()
        .any(|program| Path::new(program).exists())
    {
        eprintln_step(
            "left out: what Kustomize makes of the manifests (needs kubectl 1.27 or later in /usr/local/bin or /usr/bin)",
        );
    }
    Ok(())
}

/// A program of a virtual environment of its own, with packages in it.
fn python_packages(folder: &str, packages: &[&str], program: &str) -> Result<PathBuf> {
    let home = std::path::absolute("target/instruments")?.join(folder);
    let program = home.join("bin").join(program);
    let all = packages.join(" ");
    let stamp = home.join(&all);
    if program.exists() && stamp.exists() {
        return Ok(program);
    }
    if !create_virtual_environment(&home) {
        install_debian_packages(&["python3-venv", "python3-pip"])
            .with_context(|| format!("the tests need Python 3 with venv, for {all}"))?;
        if !create_virtual_environment(&home) {
            bail!(
                "`python3 -m venv {}` failed; install Python 3 with venv and pip",
                home.display()
            );
        }
    }
    let pip = home.join("bin/pip");
    let mut install = Command::new(pip);
    install
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages);
    run(&mut install).with_context(|| format!("installing {all} failed"))?;
    std::fs::write(stamp, "")?;
    Ok(program)
}

fn create_virtual_environment(home: &Path) -> bool {
    let status = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(home)
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn install_debian_packages(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        bail!("missing, and this user may not install it; run as root: {by_hand}");
    }
    eprintln_step(&by_hand);
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[expect(clippy::print_stderr, reason = "progress of a development command")]
pub fn eprintln_step(step: &str) {
    eprintln!("xtask: {step}");
}

/// Runs a command and makes its failure an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command
        .status()
        .with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed with {status}");
    }
    Ok(())
}
