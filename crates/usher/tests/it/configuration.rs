//! Configuration, from outside.

use crate::support::{Home, assert_transcript};

#[test]
fn config_check_shows_each_value_and_where_it_comes_from() {
    let home = Home::new()
        .with("USHER_REST_URL", "http://127.0.0.1:1/")
        .with("BATON_MIRO_SCIM_ACCESS_TOKEN", "hush-hush");
    home.write(
        "usher.toml",
        "[sync]\nmax_shrink_percent = 5\n\n[miro]\ntimeout = \"5s\"\n",
    );
    let ran = home
        .run(&["config", "check", "--miro-access-token", "also-secret"])
        .expect(0);
    assert!(
        !ran.transcript()
            .replace("--miro-access-token also-secret", "")
            .contains("secret\n")
    );
    assert!(!ran.stdout().contains("hush-hush"));
    assert!(!ran.stdout().contains("also-secret"));
    assert_transcript!("config_check", ran);
}

#[test]
fn config_check_tells_programs_the_same() {
    let home = Home::new().with("USHER_DATABASE", "postgres://usher:pass-word@host/db");
    let explained = home.json(&["config", "check"]);
    let settings = explained["settings"].as_array().unwrap();
    let database = settings
        .iter()
        .find(|row| row["setting"] == "database.url")
        .unwrap();
    assert_eq!(database["value"], "postgres://usher@host/db");
    assert_eq!(database["origin"], "environment USHER_DATABASE");
}

#[test]
fn a_misspelt_key_is_answered_with_its_place_and_the_nearest_key() {
    let home = Home::new();
    home.write("usher.toml", "[miro]\nrest_ulr = \"http://127.0.0.1:1/\"\n");
    assert_transcript!("config_typo_key", home.run(&["syncs"]).expect(2));
}

#[test]
fn a_misspelt_variable_is_answered_with_the_nearest_one() {
    let home = Home::new().with("USHER_ACCES_TOKEN", "x");
    assert_transcript!("config_typo_variable", home.run(&["syncs"]).expect(2));
}

#[test]
fn a_misspelt_flag_is_answered_with_the_nearest_one() {
    assert_transcript!(
        "config_typo_flag",
        Home::new().run(&["sync", "--rest-ulr", "x"]).expect(2)
    );
}

#[test]
fn a_misspelt_command_is_answered_with_the_nearest_one() {
    assert_transcript!(
        "config_typo_command",
        Home::new().run(&["acounts"]).expect(2)
    );
}

#[test]
fn a_value_that_cannot_be_used_names_the_file_the_line_and_what_is_accepted() {
    let home = Home::new();
    home.write(
        "usher.toml",
        "[sync]\nmax_shrink_percent = 200\nresume_within = \"soon\"\n",
    );
    assert_transcript!("config_bad_values", home.run(&["syncs"]).expect(2));
}

#[test]
fn a_token_in_the_file_is_refused_without_being_shown() {
    let home = Home::new();
    home.write("usher.toml", "[miro]\naccess_token = \"top-secret\"\n");
    let ran = home.run(&["sync"]).expect(2);
    assert!(!ran.stderr().contains("top-secret"));
    assert_transcript!("config_token_in_file", ran);
}

#[test]
fn the_connectors_yaml_file_is_read_below_ours() {
    let home = Home::new();
    home.write(
        ".baton.yaml",
        "file: theirs.c1z\nlog-level: debug\nprovisioning: true\n",
    );
    home.write("usher.toml", "[log]\nlevel = \"error\"\n");
    let explained = home.json(&["config", "check"]);
    let settings = explained["settings"].as_array().unwrap();
    let value = |key: &str| {
        let row = settings.iter().find(|row| row["setting"] == key).unwrap();
        (
            row["value"].as_str().unwrap().to_owned(),
            row["origin"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(
        value("sync.file"),
        ("theirs.c1z".into(), ".baton.yaml (file)".into())
    );
    assert_eq!(
        value("log.level"),
        ("error".into(), "usher.toml:2:9".into())
    );
}

#[test]
fn completions_work_under_a_broken_configuration() {
    let home = Home::new();
    home.write("usher.toml", "broken");
    let ran = home.run(&["completions", "bash"]).expect(0);
    assert!(ran.stdout().contains("_usher"));
}

#[test]
fn an_error_is_one_json_object_when_json_was_asked_for() {
    let home = Home::new();
    let ran = home.run(&["accounts", "--json"]).expect(6);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr()).unwrap();
    assert_eq!(error["error"]["exit_code"], 6);
    assert!(
        error["error"]["hints"][0]
            .as_str()
            .unwrap()
            .contains("usher sync"),
        "{error}"
    );
    assert_eq!(ran.stdout(), "");
}

/// The blocks of a page that are marked `toml`.
fn settings_of(page: &str) -> Vec<String> {
    let blocks = page.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_settings_that_the_guide_to_signing_in_shows_are_taken_as_they_are() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/guides/sign-in-with-openid-connect.md");
    let blocks = settings_of(&crate::support::read(&guide));
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        let home = Home::new();
        home.write("usher.toml", &block);
        let explained = home.json(&["config", "check"]);
        let settings = explained["settings"].as_array().unwrap();
        let issuer = settings.iter().find(|row| {
            let name = row["setting"].as_str().unwrap();
            name.starts_with("sign_in.openid_connect[") && name.ends_with("].issuer")
        });
        let issuer = issuer.unwrap_or_else(|| panic!("{explained}"));
        assert!(
            block.contains(issuer["value"].as_str().unwrap()),
            "{issuer}"
        );
    }
}

#[test]
fn a_provider_that_cannot_work_is_answered_with_its_place() {
    let home = Home::new();
    home.write(
        "usher.toml",
        "[server]\npublic_url = \"https://usher.example.org/\"\n\n[[sign_in.openid_connect]]\nname = \"sso\"\n\
         issuer = \"http://id.example.org\"\nclient_secret = \"hush-hush\"\n",
    );
    let ran = home.run(&["config", "check"]).expect(2);
    let said = ran.transcript();
    assert!(
        said.contains("usher.toml:6:10: the value of sign_in.openid_connect.issuer cannot be used"),
        "{said}"
    );
    assert!(
        said.contains("did you mean `client_secret_file`?"),
        "{said}"
    );
    assert!(!said.contains("hush-hush"), "{said}");
}
