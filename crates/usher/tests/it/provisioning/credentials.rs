//! Credentials are proved before they are used.

use super::company::Company;
use crate::support::small;

#[test]
fn e4_a_connection_is_tested_with_a_real_call_and_says_clearly_why_it_fails() {
    let company = Company::unconnected(small());
    let home = &company.home;
    let wrong = home
        .command(&["connector", "activate"])
        .env("USHER_SCIM_TOKEN", "wrong")
        .output()
        .unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(3), "{said}");
    assert!(said.contains("does not accept the token"), "{said}");
    assert!(said.contains("hint: "), "{said}");
    assert_eq!(
        company.json(&["connector", "status"])["lifecycle"],
        "inactive"
    );

    company.run(&["connector", "activate"]);
    assert_eq!(
        company.json(&["connector", "status"])["lifecycle"],
        "active"
    );
}
