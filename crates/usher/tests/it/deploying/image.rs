//! The container image: built by the Containerfile's own steps with buildah, and run without a container engine. What the
//! build stage compiles is the program under test instead, because base images and half an hour are not to be had here.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{deploy, is_root, leave_out, repository, said, succeed, texts, tool};
use crate::serving::wait_until;
use crate::support::read;

/// Gives a command the image's root, read-only, and nothing else: no privileges, not even the chance of getting any, and
/// new empty volumes where the image expects some.
const CONFINE: &str = r#"
set -e
root=$1
shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
for volume in /tmp /var/lib/usher; do
    mount -t tmpfs -o nosuid,nodev,noexec,mode=0700,uid=65532,gid=65532 tmpfs "$root$volume"
done
exec setpriv --no-new-privs --clear-groups --regid=0 \
    unshare --root="$root" --wd=/var/lib/usher --setgid 65532 --setuid 65532 "$@"
"#;

/// A built image, and the folder that buildah keeps it in.
struct Image {
    folder: tempfile::TempDir,
    buildah: PathBuf,
    root: PathBuf,
    configuration: Value,
}

impl Image {
    /// Builds it. None where that cannot be done, with a line that says so.
    fn build() -> Option<Self> {
        const WHAT: &str = "building and running the container image";
        let buildah = tool("buildah", WHAT)?;
        if !is_root() {
            leave_out(WHAT, "only root may mount an image");
            return None;
        }
        let mut image = Self {
            folder: tempfile::tempdir().unwrap(),
            buildah,
            root: PathBuf::new(),
            configuration: Value::Null,
        };
        image.assemble();
        let context = image.folder.path().join("build");
        succeed(
            image
                .buildah("build")
                .args([
                    "--isolation=chroot",
                    "--quiet",
                    "--format=docker",
                    "--tag=usher",
                ])
                .args(["--build-arg=VERSION=1.2.3", "--build-arg=REVISION=abc"])
                .arg(format!("--build-context=build={}", context.display()))
                .arg("--file")
                .arg(deploy("container/Containerfile"))
                .arg(repository()),
        );
        let inspected = succeed(image.buildah("inspect").args(["--type=image", "usher"]));
        let inspected: Value = serde_json::from_str(&inspected).unwrap();
        image.configuration = inspected["Docker"]["config"].clone();
        let container = succeed(image.buildah("from").arg("usher"));
        let root = succeed(image.buildah("mount").arg(container.trim()));
        image.root = PathBuf::from(root.trim());
        Some(image)
    }

    /// What the build stage does behind the compiler.
    fn assemble(&self) {
        succeed(
            Command::new("sh")
                .arg(deploy("container/assemble"))
                .arg(env!("CARGO_BIN_EXE_usher"))
                .arg(self.folder.path().join("build/image")),
        );
    }

    fn buildah(&self, command: &str) -> Command {
        let mut buildah = Command::new(&self.buildah);
        let folder = self.folder.path();
        buildah
            .args(["--storage-driver=vfs", "--log-level=error", "--root"])
            .arg(folder.join("store"))
            .arg("--runroot")
            .arg(folder.join("run"))
            .arg(command)
            .env("HOME", folder);
        buildah
    }

    /// A command as a container engine would run it: the image's entry point, then `arguments`, with the image's
    /// variables and `more`.
    fn run(&self, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", CONFINE, "sh"])
            .arg(&self.root)
            .args(texts(&self.configuration["Entrypoint"]))
            .args(arguments)
            .env_clear();
        for variable in texts(&self.configuration["Env"]) {
            let (name, value) = variable.split_once('=').unwrap();
            command.env(name, value);
        }
        // What sets it up is this machine's.
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.envs(more.iter().copied());
        command
    }

    /// The image's command, on a free port.
    fn serve(&self) -> Serving {
        let arguments = [&texts(&self.configuration["Cmd"])[..], &["--json"]].concat();
        let mut child = self
            .run(&arguments, &[("USHER_LISTEN", "127.0.0.1:0")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line).expect("it says where it listens");
        let url = event["url"].as_str().unwrap().to_owned();
        Serving { child, url }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = self.buildah("rm").arg("--all").output();
    }
}

struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    /// A line of what the kernel knows of it.
    fn status(&self, name: &str) -> String {
        let text = read(Path::new(&format!("/proc/{}/status", self.child.id())));
        let mut lines = text.lines();
        let found = lines.find_map(|line| line.strip_prefix(&format!("{name}:")));
        found.unwrap().trim().to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The files of a folder, each by its path in it.
fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else {
                let path = entry.path();
                found.insert(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    found
}

fn holds_nothing_but_the_program_and_what_it_needs(image: &Image) {
    let (libraries, others): (BTreeSet<_>, BTreeSet<_>) = files(&image.root)
        .into_iter()
        .partition(|file| file.starts_with("lib"));
    let expected = [
        "etc/group",
        "etc/passwd",
        "etc/ssl/certs/ca-certificates.crt",
        "etc/usher/usher.toml",
        "usr/local/bin/usher",
        "usr/share/doc/usher/LICENSE-APACHE",
        "usr/share/doc/usher/LICENSE-MIT",
    ];
    assert_eq!(others, expected.map(str::to_owned).into());
    for library in libraries {
        let name = library.rsplit('/').next().unwrap();
        let known = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux"];
        assert!(known.iter().any(|one| name.starts_with(one)), "{library}");
    }
}

fn says_what_it_is(configuration: &Value) {
    assert_eq!(configuration["User"], "65532:65532");
    assert_eq!(configuration["Entrypoint"], json!(["/usr/local/bin/usher"]));
    assert_eq!(configuration["Cmd"], json!(["serve"]));
    assert_eq!(configuration["WorkingDir"], "/var/lib/usher");
    let probe = &configuration["Healthcheck"]["Test"];
    assert_eq!(probe, &json!(["CMD", "/usr/local/bin/usher", "probe"]));
    let label = |name: &str| &configuration["Labels"][format!("org.opencontainers.image.{name}")];
    assert_eq!(label("licenses"), "MIT OR Apache-2.0");
    assert_eq!(label("version"), "1.2.3");
    assert_eq!(label("revision"), "abc");
    assert_eq!(label("source"), "https://github.com/usher-iga/usher");
}

fn is_confined(serving: &Serving) {
    assert_eq!(serving.status("Uid"), "65532\t65532\t65532\t65532");
    assert_eq!(serving.status("Gid"), "65532\t65532\t65532\t65532");
    assert_eq!(serving.status("Groups"), "");
    assert_eq!(serving.status("NoNewPrivs"), "1");
    for set in ["CapPrm", "CapEff"] {
        assert_eq!(serving.status(set), "0000000000000000", "{set}");
    }
}

#[test]
fn c11_the_image_holds_the_program_alone_and_runs_confined() {
    let Some(image) = Image::build() else {
        return;
    };
    holds_nothing_but_the_program_and_what_it_needs(&image);
    says_what_it_is(&image.configuration);
    let mut serving = image.serve();
    is_confined(&serving);
    let runtime = Runtime::new().unwrap();
    let ready = format!("{}readyz", serving.url);
    let probe = |url: &str| image.run(&["probe", url], &[]).output().unwrap();
    wait_until("it is ready", || probe(&ready).status.success());
    let answer = runtime.block_on(reqwest::get(&ready)).unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let nowhere = probe(&format!("{}nowhere", serving.url));
    assert_eq!(nowhere.status.code(), Some(1), "{}", said(&nowhere));
    let id = serving.child.id().to_string();
    succeed(Command::new("kill").args(["-TERM", &id]));
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    let silent = probe(&ready);
    assert_eq!(silent.status.code(), Some(1));
    assert!(
        said(&silent).contains("no answer from"),
        "{}",
        said(&silent)
    );
    let elsewhere = [("USHER_DATABASE", "sqlite:///usr/local/usher.db")];
    let added = [
        "administrators",
        "add",
        "ada@example.org",
        "--role",
        "auditor",
    ];
    let written = image.run(&added, &elsewhere).output().unwrap();
    assert_eq!(written.status.code(), Some(6), "{}", said(&written));
}
