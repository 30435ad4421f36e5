//! A private `slapd` for each test: its own folder, its own ports, stopped and removed when the test ends, however it
//! ends: a small shell waits for the end of a pipe that only the test holds.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value, json};
use usher_directory::ldap::{LdapSettings, LdapSource};

use crate::certificates::Certificates;

pub const BASE: &str = "dc=example,dc=com";
pub const READER: &str = "cn=reader,dc=example,dc=com";
/// May not read more entries than the limit, not even by pages.
pub const LIMITED: &str = "cn=limited,dc=example,dc=com";
pub const PASSWORD: &str = "of the reader";
/// No search gives more entries at once.
pub const LIMIT: usize = 100;

const SCHEMAS: &str = "/etc/ldap/schema";
const MODULES: &str = "/usr/lib/ldap";

/// Which attributes and classes the server knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    OpenLdap,
    ActiveDirectory,
}

/// A running server.
pub struct Slapd {
    folder: PathBuf,
    pub port: u16,
    pub tls_port: u16,
    pub certificates: Certificates,
    /// When this is gone, the server stops.
    _alive: ChildStdin,
}

impl Slapd {
    /// A server of `OpenLDAP`'s usual kind with these entries (LDIF).
    pub fn start(entries: &str) -> Self {
        Self::with(Flavour::OpenLdap, entries, "", Certificates::signed)
    }

    /// A server that looks like Active Directory; `root` are attributes of the root entry (LDIF).
    pub fn active_directory(entries: &str, root: &str) -> Self {
        Self::with(
            Flavour::ActiveDirectory,
            entries,
            root,
            Certificates::signed,
        )
    }

    pub fn with(
        flavour: Flavour,
        entries: &str,
        root: &str,
        certificates: fn(&Path) -> Certificates,
    ) -> Self {
        assert!(
            Path::new("/usr/sbin/slapd").exists(),
            "OpenLDAP's server (slapd) is not installed; `cargo xtask test` installs it, or `apt-get install slapd ldap-utils`"
        );
        let folder = tempfile::Builder::new()
            .prefix("usher-slapd-")
            .tempdir()
            .unwrap()
            .keep();
        // From here on the shell tidies up.
        let alive = watch(&folder);
        let certificates = certificates(&folder);
        std::fs::create_dir(folder.join("data")).unwrap();
        let (port, tls_port) = free_ports();
        let server = Self {
            folder,
            port,
            tls_port,
            certificates,
            _alive: alive,
        };
        server.configure(flavour, root);
        let ldif = format!("{}{entries}", base_entries());
        server.run("/usr/sbin/slapadd", &["-q", "-f", "slapd.conf"], &ldif);
        server.launch();
        server
    }

    fn configure(&self, flavour: Flavour, root: &str) {
        let folder = self.folder.display();
        let mut config = String::new();
        for schema in ["core", "cosine", "nis", "inetorgperson"] {
            writeln!(config, "include {SCHEMAS}/{schema}.schema").unwrap();
        }
        if flavour == Flavour::ActiveDirectory {
            std::fs::write(self.folder.join("msuser.schema"), numbered_changes()).unwrap();
            writeln!(config, "include {folder}/msuser.schema").unwrap();
            config.push_str(ROOT_ATTRIBUTES);
            std::fs::write(self.folder.join("root.ldif"), format!("dn:\n{root}")).unwrap();
            writeln!(config, "rootDSE {folder}/root.ldif").unwrap();
        }
        let modules = match flavour {
            Flavour::OpenLdap => "moduleload back_mdb\nmoduleload memberof\nmoduleload ppolicy\n",
            Flavour::ActiveDirectory => "moduleload back_mdb\n",
        };
        let overlays = match flavour {
            Flavour::OpenLdap => "overlay memberof\noverlay ppolicy\n",
            Flavour::ActiveDirectory => "",
        };
        let (certificate, key) = (
            self.certificates.certificate.display(),
            self.certificates.key.display(),
        );
        write!(
            config,
            "modulepath {MODULES}\n{modules}\
             pidfile {folder}/pid\n\
             TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}\n\
             access to attrs=userPassword by anonymous auth\n\
             access to * by dn.base=\"{READER}\" read by dn.base=\"{LIMITED}\" read by * auth\n\
             access to dn.base=\"\" by * read\n\
             database mdb\nsuffix \"{BASE}\"\nrootdn \"cn=admin,{BASE}\"\nrootpw admin\n\
             directory {folder}/data\nmaxsize 268435456\ndbnosync\n\
             limits dn.exact=\"{READER}\" size.soft={LIMIT} size.hard={LIMIT} size.prtotal=unlimited\n\
             limits dn.exact=\"{LIMITED}\" size.soft={LIMIT} size.hard={LIMIT} size.prtotal={LIMIT}\n\
             index objectClass eq\n{overlays}"
        )
        .unwrap();
        std::fs::write(self.folder.join("slapd.conf"), config).unwrap();
    }

    /// Starts the server and comes back when it listens.
    fn launch(&self) {
        let urls = format!(
            "ldap://127.0.0.1:{} ldaps://127.0.0.1:{}",
            self.port, self.tls_port
        );
        self.run("/usr/sbin/slapd", &["-f", "slapd.conf", "-h", &urls], "");
        let given_up = Instant::now() + Duration::from_secs(30);
        for port in [self.port, self.tls_port] {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(Instant::now() < given_up, "slapd does not listen");
                // The program forks before it listens, and tells nobody when it does.
                std::thread::park_timeout(Duration::from_millis(5));
            }
        }
    }

    /// Stops the server and starts it with another root entry.
    pub fn restart(&self, root: &str) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap();
        let pid = pid.trim();
        self.run(
            "/bin/sh",
            &[
                "-c",
                &format!("kill {pid}; while kill -0 {pid} 2>/dev/null; do sleep 0.02; done"),
            ],
            "",
        );
        std::fs::write(self.folder.join("root.ldif"), format!("dn:\n{root}")).unwrap();
        self.launch();
    }

    /// Changes entries (LDIF with `changetype`).
    pub fn modify(&self, ldif: &str) {
        let url = format!("ldap://127.0.0.1:{}", self.port);
        let admin = format!("cn=admin,{BASE}");
        self.run(
            "/usr/bin/ldapmodify",
            &["-x", "-H", &url, "-D", &admin, "-w", "admin", "-M"],
            ldif,
        );
    }

    fn run(&self, program: &str, arguments: &[&str], input: &str) {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let status = child.wait().unwrap();
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(status.success(), "{program} {arguments:?}: {status}\n{log}");
    }

    /// Settings of a source that reads this server without encryption.
    pub fn settings(&self, preset: &str, more: &Value) -> LdapSettings {
        let mut settings = json!({
            "url": format!("ldap://127.0.0.1:{}", self.port),
            "encryption": "none",
            "bind_dn": READER,
            "password": {"environment": "X"},
            "preset": preset,
            "base": BASE,
            "page_size": 50,
            "answer_seconds": 20,
        });
        for (name, value) in more.as_object().unwrap() {
            if value.is_null() {
                settings.as_object_mut().unwrap().remove(name);
            } else {
                settings[name] = value.clone();
            }
        }
        serde_json::from_value(settings).unwrap()
    }
}

/// A source with the reader's password.
pub fn source(settings: LdapSettings) -> LdapSource {
    LdapSource::new(settings, Some(SecretString::from(PASSWORD))).unwrap()
}

/// Starts the shell that stops the server and removes its folder once the test is gone.
#[expect(
    clippy::zombie_processes,
    reason = "it ends after this program, and because of that"
)]
fn watch(folder: &Path) -> ChildStdin {
    let script = "trap '' INT TERM HUP; cat >/dev/null; [ -f \"$1/pid\" ] && kill \"$(cat \"$1/pid\")\" 2>/dev/null; rm -rf \"$1\"";
    let mut child = Command::new("/bin/sh")
        .args(["-c", script, "sh"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap()
}

fn free_ports() -> (u16, u16) {
    let one = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    (
        one.local_addr().unwrap().port(),
        other.local_addr().unwrap().port(),
    )
}

/// Microsoft's schema has no order for `uSNChanged`, without which no server can compare it.
fn numbered_changes() -> String {
    let schema = std::fs::read_to_string(format!("{SCHEMAS}/msuser.schema")).unwrap();
    let known = "NAME 'uSNChanged'\n\tSYNTAX 'MSADlargeInteger'";
    assert!(schema.contains(known));
    schema.replace(
        known,
        "NAME 'uSNChanged'\n\tEQUALITY integerMatch ORDERING integerOrderingMatch\n\tSYNTAX '1.3.6.1.4.1.1466.115.121.1.27'",
    )
}

/// Attributes of the root entry that only Active Directory has.
const ROOT_ATTRIBUTES: &str = "\
attributetype ( 1.3.6.1.4.1.4203.666.1.901 NAME 'dsServiceName' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.1.902 NAME 'highestCommittedUSN' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
";

fn base_entries() -> String {
    let account = |name: &str| {
        format!(
            "dn: {name}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: {PASSWORD}\n\n"
        )
    };
    format!(
        "dn: {BASE}\nobjectClass: domain\n\n{}{}",
        account(READER),
        account(LIMITED)
    )
}

/// A person of `inetOrgPerson` (LDIF).
pub fn person(uid: &str, more: &str) -> String {
    format!(
        "dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nmail: {uid}@example.com\n{more}\n"
    )
}
