//! How the layers fall together.

use secrecy::ExposeSecret;

use super::*;

fn write(directory: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(
        &directory,
        "usher.toml",
        "[miro]\nrest_url = \"http://localhost:1/\"\nscim_url = \"http://localhost:2/\"\ntimeout = \"5s\"\n",
    );
    let environment = Environment::of(&[
        ("USHER_REST_URL", "http://localhost:3/"),
        ("USHER_SCIM_URL", "http://localhost:4/"),
    ]);
    let mut flags = Layers::default();
    flags.set_flag("miro.scim_url", Some("http://localhost:5/"));
    let configuration = Configuration::load(&environment, Some(&file), flags).unwrap();
    assert_eq!(configuration.miro.timeout.0.as_secs(), 5);
    assert_eq!(configuration.miro.rest_url.port(), Some(3));
    assert_eq!(configuration.miro.scim_url.port(), Some(5));
    let origin = &configuration.layers.get("miro.scim_url").unwrap().origin;
    assert_eq!(origin.to_string(), "flag --scim-url");
}

#[test]
fn every_setting_has_a_usable_default() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(&directory, "empty.toml", "");
    let configuration =
        Configuration::load(&Environment::default(), Some(&file), Layers::default()).unwrap();
    assert_eq!(configuration.sync.max_shrink_percent, 20);
    assert_eq!(configuration.database.url, "sqlite://usher.db");
}

#[test]
fn every_mistake_is_reported_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(
        &directory,
        "usher.toml",
        "[miro]\nrest_ulr = \"x\"\ntimeout = \"soon\"\n",
    );
    let failure = Configuration::load(&Environment::default(), Some(&file), Layers::default())
        .err()
        .unwrap();
    assert_eq!(failure.exit(), Exit::Usage);
    let message = failure.to_string();
    assert!(
        message.contains("usher.toml:2:1: unknown key `rest_ulr`"),
        "{message}"
    );
    assert!(
        message.contains("usher.toml:3:11: the value of miro.timeout"),
        "{message}"
    );
}

#[test]
fn what_would_keep_workers_from_working_is_refused_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(&directory, "usher.toml", "[jobs]\nlease = \"500ms\"\n");
    let environment = Environment::of(&[("USHER_JOBS_POLL", "10ms")]);
    let failure = Configuration::load(&environment, Some(&file), Layers::default())
        .err()
        .unwrap();
    let message = failure.to_string();
    assert!(
        message
            .contains("usher.toml:2:9: the value of jobs.lease cannot be used: the shortest is 1s"),
        "{message}"
    );
    assert!(
        message.contains(
            "USHER_JOBS_POLL: the value of jobs.poll cannot be used: the shortest is 100ms"
        ),
        "{message}"
    );
}

#[test]
fn a_token_is_read_from_the_file_it_is_named_by() {
    let directory = tempfile::tempdir().unwrap();
    let token = write(&directory, "token", "s3cret\n");
    let environment = Environment::of(&[("USHER_ACCESS_TOKEN_FILE", token.to_str().unwrap())]);
    let file = write(&directory, "empty.toml", "");
    let configuration = Configuration::load(&environment, Some(&file), Layers::default()).unwrap();
    let token = configuration.access_token().unwrap().unwrap();
    assert_eq!(token.expose_secret(), "s3cret");
}

#[test]
fn a_token_on_a_stronger_layer_beats_a_token_file() {
    let directory = tempfile::tempdir().unwrap();
    let token = write(&directory, "token", "from-file");
    let file = write(
        &directory,
        "usher.toml",
        &format!(
            "[miro]\naccess_token_file = {:?}\n",
            token.to_str().unwrap()
        ),
    );
    let environment = Environment::of(&[("USHER_ACCESS_TOKEN", "from-environment")]);
    let configuration = Configuration::load(&environment, Some(&file), Layers::default()).unwrap();
    let token = configuration.access_token().unwrap().unwrap();
    assert_eq!(token.expose_secret(), "from-environment");
}

#[test]
fn a_missing_file_that_was_named_is_an_error() {
    let missing = Path::new("/nonexistent/usher.toml");
    let failure = Configuration::load(&Environment::default(), Some(missing), Layers::default())
        .err()
        .unwrap();
    assert_eq!(failure.exit(), Exit::Usage);
    assert_eq!(failure.hints(), ["--config names it"]);
}
