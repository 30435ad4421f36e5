//! What an administrator writes.

use usher_directory::csv::{CsvSettings, CsvSource};
use usher_directory::{
    Existence, MergeSettings, OpenSource, SecretReference, Source, SourceKind, SourceSettings,
};
use usher_model::PersonStatus;

const GUIDE: &str = include_str!("../../../../docs/guides/directory-sources.md");

fn read(text: &str) -> Result<SourceSettings, String> {
    let settings: SourceSettings = toml::from_str(text).map_err(|error| error.to_string())?;
    settings.check().map_err(|error| error.to_string())?;
    Ok(settings)
}

#[test]
fn the_settings_of_the_guide_are_read() {
    let blocks: Vec<&str> = GUIDE
        .split("```toml\n")
        .skip(1)
        .filter_map(|part| part.split("```").next())
        .collect();
    assert!(blocks.len() >= 6, "{}", blocks.len());
    let mut kinds = Vec::new();
    for block in blocks {
        let table: toml::Table =
            toml::from_str(block).unwrap_or_else(|error| panic!("{block}: {error}"));
        for (name, source) in table
            .get("sources")
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten()
        {
            let text = toml::to_string(source).unwrap();
            let settings = read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            kinds.push(settings.kind());
        }
    }
    for kind in [
        SourceKind::Csv,
        SourceKind::Ldap,
        SourceKind::Graph,
        SourceKind::Scim,
        SourceKind::Builtin,
    ] {
        assert!(kinds.contains(&kind), "{}", kind.as_str());
    }
}

#[test]
fn the_merge_of_the_guide_is_read() {
    let block = GUIDE.split("[directory]\n").nth(1).unwrap();
    let block = block
        .split("```")
        .next()
        .unwrap()
        .replace("[directory.", "[");
    let settings: MergeSettings = toml::from_str(&block).unwrap();
    assert_eq!(settings.existence, Existence::AnySource);
    assert_eq!(settings.attributes.len(), 2);
}

#[tokio::test]
async fn the_worked_example_of_the_guide_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    let table = GUIDE.split("```text\n").nth(1).unwrap();
    std::fs::write(&path, table.split("```").next().unwrap()).unwrap();
    let settings = CsvSettings {
        path,
        ..CsvSettings::default()
    };
    let reading = CsvSource::new(settings).read(None).await.unwrap();
    let [ada, bob] = &reading.people[..] else {
        panic!("{reading:?}")
    };
    assert_eq!((ada.status, ada.groups.len()), (PersonStatus::Active, 1));
    assert_eq!((bob.status, bob.groups.len()), (PersonStatus::Disabled, 2));
    assert_eq!(reading.problems.len(), 1);
    assert!(
        GUIDE.contains(&reading.problems[0].to_string()),
        "{}",
        reading.problems[0]
    );
}

#[test]
fn unknown_fields_and_settings_that_cannot_work_are_refused_by_name() {
    const LDAP: &str = "kind = \"ldap\"\npreset = \"openldap\"\nbase = \"dc=x\"\n";
    const GRAPH: &str = "kind = \"graph\"\ntenant = \"example.com\"\nclient_id = \"1\"\n";
    for (text, message) in [
        ("kind = \"csv\"\npath = \"p.csv\"\ncolumn = \"x\"", "column"),
        ("kind = \"csv\"\npath = \"\"", "setting `path`"),
        (
            "kind = \"csv\"\npath = \"p\"\nencoding = \"klingon\"",
            "`klingon` is no encoding",
        ),
        (
            "kind = \"csv\"\npath = \"p\"\ndelimiter = \"\\\"\"",
            "setting `delimiter`",
        ),
        ("kind = \"builtin\"\npath = \"p\"", "path"),
        (
            &format!("{LDAP}url = \"https://x\""),
            "must begin with ldap:// or ldaps://",
        ),
        (
            &format!("{LDAP}url = \"ldap://x\"\nfilter = \"(a=b\""),
            "setting `filter`: the filter ends where `)` is missing at character 5",
        ),
        (
            &format!("{LDAP}url = \"ldap://x\"\nbind_dn = \"cn=a\""),
            "belong together",
        ),
        (
            &format!("{LDAP}url = \"ldap://x\"\ncertificate_sha256 = [\"00\"]"),
            "64 hexadecimal digits",
        ),
        (
            &format!("{LDAP}url = \"ldap://x\"\npage_size = 0"),
            "setting `page_size`",
        ),
        (
            &format!("{LDAP}url = \"ldap://x\"\npassword = \"hunter2\""),
            "settings hold no secret",
        ),
        (
            &format!(
                "{GRAPH}secret = {{ environment = \"S\" }}\ngraph_url = \"http://graph.example.com\""
            ),
            "setting `graph_url`: must begin with https://",
        ),
        (
            &format!("{GRAPH}secret = {{ environment = \"S\" }}\nservice_principal = \"a/b\""),
            "setting `service_principal`",
        ),
        (
            &format!("{GRAPH}secret = \"hunter2\""),
            "settings hold no secret",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(message), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn settings_hold_references_to_secrets_and_no_secrets() {
    let settings = read("kind = \"ldap\"\npreset = \"openldap\"\nbase = \"dc=x\"\nurl = \"ldaps://x\"\nbind_dn = \"cn=a\"\npassword = { file = \"/run/secrets/ldap\" }").unwrap();
    assert_eq!(
        settings.secret(),
        Some(&SecretReference::File("/run/secrets/ldap".into()))
    );
    let error = OpenSource::open(&settings, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "setting `password`: there is none for `bind_dn`"
    );
    assert!(
        OpenSource::open(&read("kind = \"scim\"").unwrap(), None)
            .unwrap()
            .is_none()
    );
}
