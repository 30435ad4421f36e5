//! Names that columns have in the exports of well-known systems.

use usher_model::AttributeName;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// An attribute of the person.
    Attribute(&'static str),
    /// Whether the person is active, by a word.
    Status,
    /// Whether the person is disabled, by a word.
    NotStatus,
    /// Active Directory's bits.
    AccountControl,
    /// The manager, by an attribute of theirs.
    ManagerBy(&'static str),
    /// The manager, by whatever the cell holds.
    Manager,
    /// The person's groups.
    Groups,
    /// The entry's distinguished name.
    DistinguishedName,
    /// The role of the application.
    AppRole,
    /// Something that must not be kept.
    Secret,
}

use Meaning::{
    AccountControl, AppRole, DistinguishedName, Groups, Manager, ManagerBy, NotStatus, Status,
};

const EMAIL: &str = AttributeName::EMAIL;
const NUMBER: &str = "employeeNumber";

/// Folded names by meaning; within a meaning the better name comes first.
const NAMES: &[(Meaning, &[&str])] = &[
    (
        Meaning::Attribute(EMAIL),
        &[
            "email",
            "mail",
            "emailaddress",
            "workemail",
            "primaryemail",
            "primaryworkemail",
            "companyemail",
            "useremail",
            "primarysmtpaddress",
            "emailaddressrequired",
            "businessemail",
            "emailwork",
        ],
    ),
    (
        Meaning::Attribute(AttributeName::USER_NAME),
        &[
            "username",
            "userprincipalname",
            "upn",
            "samaccountname",
            "login",
            "uid",
            "loginname",
            "userid",
        ],
    ),
    (
        Meaning::Attribute(AttributeName::DISPLAY_NAME),
        &[
            "displayname",
            "fullname",
            "name",
            "preferredname",
            "formattedname",
            "employeename",
            "cn",
        ],
    ),
    (
        Meaning::Attribute(AttributeName::GIVEN_NAME),
        &[
            "givenname",
            "firstname",
            "forename",
            "firstnamerequired",
            "legalfirstname",
        ],
    ),
    (
        Meaning::Attribute(AttributeName::FAMILY_NAME),
        &[
            "familyname",
            "lastname",
            "surname",
            "sn",
            "lastnamerequired",
            "legallastname",
        ],
    ),
    (
        Meaning::Attribute("title"),
        &[
            "title",
            "jobtitle",
            "position",
            "employeetitle",
            "businesstitle",
        ],
    ),
    (
        Meaning::Attribute("department"),
        &["department", "dept", "departmentname"],
    ),
    (
        Meaning::Attribute("division"),
        &["division", "businessunit"],
    ),
    (
        Meaning::Attribute("costCenter"),
        &["costcenter", "costcentre"],
    ),
    (
        Meaning::Attribute("organization"),
        &[
            "organization",
            "organisation",
            "company",
            "companyname",
            "legalentity",
        ],
    ),
    (
        Meaning::Attribute(NUMBER),
        &[
            "employeenumber",
            "employeeid",
            "employeeno",
            "personnelnumber",
            "workerid",
            "staffid",
            "employeeidentifier",
            "empid",
        ],
    ),
    (
        Meaning::Attribute("photo"),
        &["photo", "photourl", "picture", "avatar"],
    ),
    (
        Meaning::Attribute("preferredLanguage"),
        &["preferredlanguage", "language", "locale"],
    ),
    (
        Meaning::Attribute("userType"),
        &["usertype", "employeetype", "workertype", "employmenttype"],
    ),
    (
        Meaning::Attribute("location"),
        &[
            "location",
            "office",
            "officelocation",
            "physicaldeliveryofficename",
            "worklocation",
            "buildingid",
            "city",
            "l",
        ],
    ),
    (
        Meaning::Attribute("country"),
        &["country", "countryorregion", "countrycode", "co", "c"],
    ),
    (
        Meaning::Attribute("phoneNumber"),
        &[
            "phonenumber",
            "telephonenumber",
            "workphone",
            "phone",
            "officephone",
            "businessphones",
            "mobile",
            "mobilephone",
        ],
    ),
    (
        Meaning::Attribute("startDate"),
        &[
            "startdate",
            "hiredate",
            "employeehiredate",
            "dateofhire",
            "datehired",
        ],
    ),
    (
        Meaning::Attribute("endDate"),
        &[
            "enddate",
            "terminationdate",
            "employeeleavedatetime",
            "leavedate",
            "lastday",
            "lastworkingday",
        ],
    ),
    (
        Status,
        &[
            "active",
            "enabled",
            "accountenabled",
            "status",
            "accountstatus",
            "employmentstatus",
            "employeestatus",
            "userstatus",
            "statusreadonly",
            "state",
            "activated",
            "isactive",
        ],
    ),
    (
        NotStatus,
        &[
            "suspended",
            "disabled",
            "accountdisabled",
            "blocked",
            "blockcredential",
            "nsaccountlock",
            "deactivated",
        ],
    ),
    (AccountControl, &["useraccountcontrol"]),
    (
        ManagerBy(EMAIL),
        &[
            "manageremail",
            "managersemail",
            "supervisoremail",
            "reportstoemail",
            "manageremailaddress",
            "lineManagerEmail",
        ],
    ),
    (
        ManagerBy(NUMBER),
        &[
            "manageremployeenumber",
            "manageremployeeid",
            "managerid",
            "managernumber",
            "supervisorid",
            "managersemployeeid",
        ],
    ),
    (
        Manager,
        &["manager", "supervisor", "reportsto", "linemanager"],
    ),
    (
        Groups,
        &[
            "groups",
            "memberof",
            "groupmemberships",
            "usergroups",
            "memberships",
        ],
    ),
    (DistinguishedName, &["distinguishedname", "dn"]),
    (AppRole, &["approle", "miroapprole", "applicationrole"]),
];

/// A name without case, spaces and signs.
pub(super) fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a column of this name is for, and how good the name is: 0 is best.
pub(super) fn meaning(name: &str) -> Option<(Meaning, usize)> {
    let name = fold(name);
    if name.starts_with("password") || name.ends_with("password") {
        return Some((Meaning::Secret, 0));
    }
    NAMES.iter().find_map(|(meaning, names)| {
        let at = names.iter().position(|known| fold(known) == name)?;
        Some((*meaning, at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_well_known_exports_are_understood_in_any_spelling() {
        for (name, expected) in [
            ("E-Mail Address", Meaning::Attribute("email")),
            ("Email Address [Required]", Meaning::Attribute("email")),
            ("User principal name", Meaning::Attribute("userName")),
            ("FIRST_NAME", Meaning::Attribute("givenName")),
            ("First Name [Required]", Meaning::Attribute("givenName")),
            ("Surname", Meaning::Attribute("familyName")),
            ("Account enabled", Status),
            ("Status [READ ONLY]", Status),
            ("suspended", NotStatus),
            ("Block credential", NotStatus),
            ("userAccountControl", AccountControl),
            ("Manager's Email", ManagerBy("email")),
            ("Employee ID", Meaning::Attribute("employeeNumber")),
            ("cost centre", Meaning::Attribute("costCenter")),
            ("Password [Required]", Meaning::Secret),
        ] {
            assert_eq!(
                meaning(name).map(|(meaning, _)| meaning),
                Some(expected),
                "{name}"
            );
        }
        assert_eq!(meaning("Shoe size"), None);
    }

    #[test]
    fn no_name_has_two_meanings() {
        let mut names: Vec<String> = NAMES
            .iter()
            .flat_map(|(_, names)| names.iter().map(|name| fold(name)))
            .collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
