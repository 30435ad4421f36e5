//! The key of stored secrets, at the command line.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{Home, read};

fn home() -> Home {
    let home = Home::new();
    let keys = home.path("keys");
    home.with("USHER_SECRETS_KEY_FILE", keys.to_str().unwrap())
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_shown_and_rotated() {
    let home = home();
    let ran = home.run(&["secrets", "init"]).expect(0);
    assert!(ran.stdout().contains("version 1"), "{}", ran.transcript());
    let mode = std::fs::metadata(home.path("keys"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = read(&home.path("keys"));
    home.run(&["secrets", "init"]).expect(0);
    assert_eq!(
        read(&home.path("keys")),
        key,
        "a second init changes nothing"
    );
    let status = home.json(&["secrets", "status"]);
    assert_eq!(
        (&status[0]["version"], &status[0]["use"]),
        (&1.into(), &"current".into())
    );
    let rotated = home.json(&["secrets", "rotate"]);
    assert_eq!(
        (&rotated["version"], &rotated["resealed"]),
        (&2.into(), &0.into())
    );
    let status = home.json(&["secrets", "status"]);
    assert_eq!(
        (&status[0]["use"], &status[1]["use"]),
        (&"retired".into(), &"current".into())
    );
    let events = home.json(&["events", "--kind", "secret_key_rotated"]);
    assert_eq!(events.as_array().unwrap().len(), 2);
    let log = home
        .run(&["secrets", "status", "-vvv"])
        .expect(0)
        .transcript();
    for line in read(&home.path("keys"))
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let key = line.split_once(':').unwrap().1;
        assert!(!log.contains(key), "a key is shown");
    }
}

#[test]
fn a_key_that_is_wrong_missing_or_readable_says_what_to_do() {
    let home = home();
    let said = |arguments: &[&str], code: i32| home.run(arguments).expect(code).transcript();
    assert!(said(&["secrets", "rotate"], 6).contains("there is no database"));
    home.run(&["secrets", "init"]).expect(0);
    let path = home.path("keys");
    set_mode(&path, 0o644);
    assert!(said(&["secrets", "status"], 2).contains("chmod 600"));
    assert!(said(&["secrets", "rotate"], 7).contains("chmod 600"));
    set_mode(&path, 0o600);
    let right = read(&path);
    std::fs::write(&path, "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").unwrap();
    assert!(said(&["secrets", "status"], 2).contains("put the right one back"));
    std::fs::write(&path, "1:hush-hush\n").unwrap();
    let text = said(&["secrets", "status"], 2);
    assert!(
        text.contains("32 bytes in base64") && !text.contains("hush-hush"),
        "{text}"
    );
    std::fs::write(&path, right).unwrap();
    home.run(&["secrets", "status"]).expect(0);
}

#[test]
fn without_a_key_source_it_says_where_one_can_be() {
    let home = Home::new();
    let ran = home.run(&["secrets", "init"]).expect(2);
    assert!(
        ran.stderr().contains("secrets.key_file"),
        "{}",
        ran.transcript()
    );
    let both = Home::new()
        .with("USHER_SECRETS_KEY_FILE", "keys")
        .with("USHER_SECRETS_KEY_COMMAND", "cat keys");
    let ran = both.run(&["secrets", "init"]).expect(2);
    assert!(
        ran.stderr().contains("more than one place"),
        "{}",
        ran.transcript()
    );
}

#[test]
fn keys_from_a_program_are_rotated_when_their_keeper_has_added_one() {
    let one = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    let home = Home::new().with("USHER_SECRETS_KEY_COMMAND", "/bin/cat theirs");
    home.write("theirs", one);
    home.run(&["secrets", "init"]).expect(0);
    let ran = home.run(&["secrets", "rotate"]).expect(2);
    assert!(
        ran.stderr().contains("add a line 2:KEY"),
        "{}",
        ran.transcript()
    );
    let two = "2:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    home.write("theirs", format!("{one}{two}"));
    let rotated = home.json(&["secrets", "rotate"]);
    assert_eq!(rotated["version"], 2);
}
