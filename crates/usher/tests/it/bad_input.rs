//! Whatever goes wrong ends in one clear error with a remedy and its documented code, and leaves the last
//! good inventory as it was.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::runtime::Runtime;
use usher_sandbox::{ExtraToken, Scope, TlsSource};

use crate::connector::with_token;
use crate::support::{Home, Miro, Ran, assert_transcript, small};

/// A home with an inventory, which `break_it` then changes.
fn synced(miro: &Miro) -> Home {
    let home = Home::beside(miro);
    home.run(&["sync"]).expect(0);
    home
}

/// The command fails with `code`, and the inventory is what it was.
fn fails_and_changes_nothing(home: &Home, arguments: &[&str], code: i32) -> Ran {
    let before = home.json(&["accounts"]);
    let ran = home.run(arguments).expect(code);
    assert_eq!(home.json(&["accounts"]), before, "the inventory changed");
    assert!(ran.stderr().contains("error: "), "{}", ran.stderr());
    assert!(ran.stderr().contains("hint: "), "{}", ran.stderr());
    ran
}

#[test]
fn no_token() {
    assert_transcript!("bad_no_token", Home::new().run(&["sync"]).expect(3));
}

#[test]
fn a_wrong_access_token() {
    let miro = Miro::small();
    let home = synced(&miro).with("USHER_ACCESS_TOKEN", "wrong");
    assert_transcript!(
        "bad_access_token",
        fails_and_changes_nothing(&home, &["sync"], 3)
    );
}

#[test]
fn a_wrong_scim_token() {
    let miro = Miro::small();
    let home = synced(&miro).with("USHER_SCIM_TOKEN", "wrong");
    assert_transcript!(
        "bad_scim_token",
        fails_and_changes_nothing(&home, &["sync"], 3)
    );
}

#[test]
fn a_missing_scope() {
    let miro = Miro::start(with_token("half", &[Scope::OrganizationsRead]));
    let home = synced(&miro).with("USHER_ACCESS_TOKEN", "half");
    assert_transcript!(
        "bad_missing_scope",
        fails_and_changes_nothing(&home, &["sync"], 3)
    );
}

#[test]
fn an_expired_token() {
    let expired = ExtraToken {
        token: "outdated-token".into(),
        user: None,
        scopes: Scope::ALL.iter().copied().collect(),
        expires_in: Some(Duration::ZERO),
    };
    let miro = Miro::start(usher_sandbox::SandboxSettings {
        extra_tokens: vec![expired],
        ..small()
    });
    let home = synced(&miro).with("USHER_ACCESS_TOKEN", "outdated-token");
    assert_transcript!(
        "bad_expired_token",
        fails_and_changes_nothing(&home, &["sync"], 3)
    );
}

#[test]
fn the_token_of_another_organization() {
    let miro = Miro::small();
    let home = synced(&miro);
    let other = Miro::start(usher_sandbox::SandboxSettings {
        organization: usher_sandbox::OrganizationSource::default(),
        ..small()
    });
    let home = home
        .with("USHER_REST_URL", &other.rest_url)
        .with("USHER_SCIM_URL", &other.scim_url)
        .with("USHER_ACCESS_TOKEN", &other.access_token)
        .with("USHER_SCIM_TOKEN", &other.scim_token);
    let ran = fails_and_changes_nothing(&home, &["sync"], 3);
    assert!(
        ran.stderr().contains("belongs to organization"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn a_host_where_nothing_listens() {
    let miro = Miro::small();
    // Bound and let go: nobody listens there now.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let home = synced(&miro)
        .with("USHER_REST_URL", &format!("http://{address}/"))
        .without("USHER_SCIM_TOKEN")
        .with("USHER_MAX_RETRIES", "1");
    assert_transcript!(
        "bad_unreachable",
        fails_and_changes_nothing(&home, &["sync"], 4)
    );
}

#[test]
fn plain_http_to_another_machine() {
    let home = Home::new()
        .with("USHER_REST_URL", "http://api.miro.com/")
        .with("USHER_ACCESS_TOKEN", "x");
    assert_transcript!("bad_plain_http", home.run(&["sync"]).expect(2));
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let folder = tempfile::tempdir().unwrap();
    let miro = Miro::start(usher_sandbox::SandboxSettings {
        tls: Some(TlsSource::SelfSigned(folder.path().to_owned())),
        ..small()
    });
    let authority = folder.path().join("ca.pem").display().to_string();
    let home = Home::beside(&miro).with("USHER_CA_FILE", &authority);
    home.run(&["sync"]).expect(0);
    let home = home.without("USHER_CA_FILE").with("USHER_MAX_RETRIES", "1");
    assert_transcript!(
        "bad_certificate",
        fails_and_changes_nothing(&home, &["sync"], 4)
    );
}

#[test]
fn a_file_that_is_no_database() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.write(
        "usher.db",
        "this is a shopping list, and it is longer than a page of a database header would be",
    );
    assert_transcript!("bad_not_a_database", home.run(&["sync"]).expect(6));
    assert!(crate::support::read(&home.path("usher.db")).starts_with("this is a shopping list"));
}

#[test]
fn a_database_folder_that_is_not_there() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_DATABASE", "sqlite://nowhere/usher.db");
    assert_transcript!("bad_no_folder", home.run(&["sync"]).expect(6));
}

#[test]
fn a_text_that_is_no_database_url() {
    let home = Home::new();
    assert_transcript!(
        "bad_database_url",
        home.run(&["accounts", "--database", "mysql://host/db"])
            .expect(2)
    );
}

#[test]
fn a_database_server_that_is_not_there() {
    let home = Home::new();
    let url = "postgres://usher@127.0.0.1:1/usher";
    assert_transcript!(
        "bad_postgres",
        home.run(&["accounts", "--database", url]).expect(6)
    );
}

#[test]
fn looking_before_the_first_sync() {
    let home = Home::new();
    assert_transcript!("bad_no_inventory", home.run(&["accounts"]).expect(6));
    assert!(!home.path("usher.db").exists(), "looking made a database");
}

#[test]
fn corrupt_baton_files() {
    let miro = Miro::small();
    let home = synced(&miro);
    home.run(&["export", "sync.c1z"]).expect(0);
    let mut bytes = std::fs::read(home.path("sync.c1z")).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    home.write("cut.c1z", &bytes);
    home.write("other.c1z", "PK\x03\x04 no such thing");
    assert_transcript!(
        "bad_c1z_cut",
        home.run(&["c1z", "inspect", "cut.c1z"]).expect(7)
    );
    assert_transcript!(
        "bad_c1z_other",
        home.run(&["c1z", "inspect", "other.c1z"]).expect(7)
    );
    assert_transcript!(
        "bad_c1z_missing",
        home.run(&["c1z", "inspect", "missing.c1z"]).expect(7)
    );
}

#[test]
fn an_export_to_a_place_that_cannot_be_written() {
    let miro = Miro::small();
    let home = synced(&miro);
    assert_transcript!(
        "bad_export_place",
        home.run(&["export", "nowhere/sync.c1z"]).expect(7)
    );
    assert_transcript!(
        "bad_export_name",
        home.run(&["export", "inventory.xlsx"]).expect(2)
    );
}

#[test]
fn standard_output_that_is_full() {
    let miro = Miro::small();
    let home = synced(&miro);
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = home
        .command(&["accounts", "--csv"])
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(
        said.contains("could not write to standard output"),
        "{said}"
    );
}

/// A file-size limit stands in for a full disk: the system refuses to let any file grow beyond it.
#[test]
fn a_disk_that_is_full() {
    let miro = Miro::start(usher_sandbox::SandboxSettings {
        organization: usher_sandbox::OrganizationSource::default(),
        ..small()
    });
    let home = synced(&miro);
    let before = home.json(&["accounts"]);
    let size = std::fs::metadata(home.path("usher.db")).unwrap().len() / 1024;
    let plain = home.command(&["sync", "--fresh"]);
    let mut limited = std::process::Command::new("bash");
    limited
        .arg("-c")
        .arg(format!(
            "trap '' XFSZ; ulimit -f {size}; exec \"$0\" sync --fresh --database sqlite://full.db"
        ))
        .arg(plain.get_program())
        .env_clear()
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(plain.get_current_dir().unwrap());
    std::fs::copy(home.path("usher.db"), home.path("full.db")).unwrap();
    let output = limited.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("full.db"), "{said}");
    assert!(said.contains("hint: "), "{said}");
    assert_eq!(
        home.json(&["accounts", "--database", "sqlite://full.db"]),
        before
    );
}

/// A SQLite database with a table in it, and the connection that made it.
fn other_database(home: &Home, name: &str) -> (Runtime, SqliteConnection) {
    let runtime = Runtime::new().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(home.path(name))
        .create_if_missing(true);
    let connection = runtime.block_on(async {
        let mut connection = options.connect().await.unwrap();
        connection
            .execute("CREATE TABLE shopping (item TEXT)")
            .await
            .unwrap();
        connection
    });
    (runtime, connection)
}

#[test]
fn the_database_of_another_program() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_DATABASE", "sqlite://theirs.db");
    let (runtime, connection) = other_database(&home, "theirs.db");
    runtime.block_on(connection.close()).unwrap();
    let before = std::fs::read(home.path("theirs.db")).unwrap();
    assert_transcript!("bad_foreign_database", home.run(&["sync"]).expect(6));
    assert_eq!(std::fs::read(home.path("theirs.db")).unwrap(), before);
}

#[test]
fn a_database_that_another_program_keeps_locked() {
    let miro = Miro::small();
    let home = synced(&miro);
    let runtime = Runtime::new().unwrap();
    let mut connection = runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(home.path("usher.db"));
        let mut connection = options.connect().await.unwrap();
        connection.execute("BEGIN EXCLUSIVE").await.unwrap();
        connection
    });
    let ran = home.run(&["sync"]).expect(6);
    runtime.block_on(connection.execute("ROLLBACK")).unwrap();
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 6);
    assert_transcript!("bad_locked_database", ran);
}
