//! On, off, and whose scope.

use super::company::Company;

#[test]
fn e9_while_provisioning_is_off_cycles_change_nothing() {
    let company = Company::of_everyone();
    company.run(&["connector", "off"]);
    let ran = company.home.run(&["cycle"]);
    assert_eq!(ran.code(), 12, "{}", ran.transcript());
    assert!(
        ran.stderr().contains("usher connector on"),
        "{}",
        ran.stderr()
    );
    assert!(company.miro.user("frank@example.org").is_none());

    company.run(&["connector", "on"]);
    company.home.run(&["cycle"]).expect(9);
    company.run(&["plan", "approve", "latest", "--reason", "first"]);
    company.run(&["apply", "--yes"]);
    assert!(company.miro.user("frank@example.org").is_some());
}
