//! `usher doctor`.

use usher_sandbox::{OrganizationSource, SandboxSettings};

use crate::support::{Home, Miro, ORGANIZATION, assert_transcript, small};

#[test]
fn all_is_well() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    assert_transcript!("doctor_well", home.run(&["doctor"]).expect(0));
    assert!(
        !home.path("usher.db").exists(),
        "the doctor made a database"
    );
}

#[test]
fn a_refused_token_has_its_remedy_and_its_exit_code() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_ACCESS_TOKEN", "wrong");
    assert_transcript!("doctor_token", home.run(&["doctor"]).expect(3));
}

#[test]
fn a_token_of_another_organization_than_the_databases_is_noticed() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    home.run(&["doctor"]).expect(0);
    let other = Miro::start(SandboxSettings {
        organization: OrganizationSource::Text(ORGANIZATION.replace("618265000", "618265001")),
        ..small()
    });
    let home = Home::beside(&other).with(
        "USHER_DATABASE",
        &format!("sqlite://{}", home.path("usher.db").display()),
    );
    let ran = home.run(&["doctor"]).expect(3);
    let said = "belongs to organization 3074457345618265001, not to 3074457345618265000";
    assert!(ran.stdout().contains(said), "{}", ran.stdout());
}

#[test]
fn the_first_failed_check_decides_the_exit_code() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_ACCESS_TOKEN", "wrong");
    home.write(
        "usher.db",
        "no database at all, but long enough to look like the header of one, which it is not",
    );
    let ran = home.run(&["doctor", "--json"]).expect(6);
    let checks: serde_json::Value = serde_json::from_str(&ran.stdout()).unwrap();
    let failed: Vec<&str> = checks
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["outcome"] == "failed")
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["database", "REST API"]);
}

#[test]
fn an_identity_provider_that_does_not_answer_is_noticed() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    // Nobody listens there: the port is reserved for nothing.
    home.write(
        "usher.toml",
        "[server]\npublic_url = \"http://127.0.0.1:8080/\"\n\n[[sign_in.openid_connect]]\nname = \"sso\"\n\
         issuer = \"http://127.0.0.1:1\"\nclient_id = \"usher\"\n",
    );
    let ran = home.run(&["doctor"]).expect(4);
    let said = ran.transcript();
    assert!(
        said.contains(
            "the discovery document of http://127.0.0.1:1 cannot be used: it cannot be reached"
        ),
        "{said}"
    );
}
