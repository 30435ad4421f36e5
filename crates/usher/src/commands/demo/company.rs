//! The company behind the demo's Miro: its people as an HR export would list them, on the day when some have come, some
//! have left and some have moved.

use std::fmt::Write as _;

use usher_model::{Account, AccountStatus, EnterpriseAttributes, Known};

/// The group whose people get a team of their own.
pub const PROJECT: &str = "Aurora launch";

/// Which day's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// The day on which Usher comes: the directory and Miro agree.
    First,
    /// The next day, with its news.
    Second,
}

/// What happened since the accounts in Miro were last right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// People who start today.
    pub joiners: usize,
    /// People who have left.
    pub leavers: usize,
    /// People in another department.
    pub movers: usize,
    /// People with another e-mail address.
    pub renamed: usize,
    /// People in the project.
    pub project: usize,
}

/// The company's directory, as two tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// One row per person.
    pub people: String,
    /// One row per membership of the project's group.
    pub memberships: String,
    /// What happened.
    pub news: News,
}

const JOINERS: &[(&str, &str)] = &[
    ("Amara", "Osei"),
    ("Bruno", "Keller"),
    ("Clara", "Nygaard"),
    ("Davit", "Petrosyan"),
    ("Elif", "Aydin"),
    ("Farid", "Rahimi"),
    ("Greta", "Lindqvist"),
    ("Hana", "Kobayashi"),
    ("Ivo", "Marinov"),
    ("Jola", "Wrona"),
    ("Kofi", "Annan-Boateng"),
    ("Leila", "Haddad"),
];

const DOMAIN: &str = "meridian.example";

/// Makes the directory of a company whose accounts are `accounts`, sorted by address. Guests and everybody with an admin
/// role are left as they are: no story of the demo is about them.
pub fn company(accounts: &[Account], day: Day) -> Company {
    let staff: Vec<&Account> = accounts
        .iter()
        .filter(|account| is_staff(account))
        .collect();
    let every = |share: usize| (staff.len() / share).max(1);
    let mut company = Company {
        people:
            "id,employee id,email,display name,department,division,cost center,company,status\n"
                .to_owned(),
        memberships: "group,member\n".to_owned(),
        news: News::default(),
    };
    for (at, account) in staff.iter().enumerate() {
        let plain = is_plain(account) && account.status == AccountStatus::Active;
        let story = match at {
            _ if !plain || day == Day::First => Story::Stays,
            at if at % every(4) == 1 => Story::Leaves,
            at if at % every(15) == 2 => Story::Moves,
            at if at == staff.len() / 2 => Story::Marries,
            at if at % every(20) == 3 => Story::Joins,
            _ => Story::Stays,
        };
        company.add(account, &story);
    }
    if day == Day::Second {
        for (given, family) in JOINERS {
            company.hire(given, family);
        }
    }
    company
}

enum Story {
    Stays,
    Leaves,
    Moves,
    Marries,
    Joins,
}

fn is_staff(account: &Account) -> bool {
    account
        .role
        .as_ref()
        .known()
        .is_some_and(usher_model::OrganizationRole::is_internal)
}

fn is_plain(account: &Account) -> bool {
    let no_admin_role = account
        .admin_roles
        .as_ref()
        .known()
        .is_none_or(Vec::is_empty);
    let is_user = account
        .role
        .as_ref()
        .known()
        .is_some_and(|role| matches!(role, usher_model::OrganizationRole::InternalUser));
    no_admin_role && is_user
}

impl Company {
    fn add(&mut self, account: &Account, story: &Story) {
        let mut email = account.email.to_string();
        let mut enterprise = match &account.enterprise {
            Known::Known(enterprise) => enterprise.clone(),
            Known::Unknown => EnterpriseAttributes::default(),
        };
        let mut is_active = account.status == AccountStatus::Active;
        match story {
            Story::Stays => {}
            Story::Leaves => {
                is_active = false;
                self.news.leavers += 1;
            }
            Story::Moves => {
                enterprise.department = Some("Customer Experience".to_owned());
                self.news.movers += 1;
            }
            Story::Marries => {
                email = format!("renamed.{email}");
                self.news.renamed += 1;
            }
            Story::Joins => {
                let _ = writeln!(self.memberships, "{PROJECT},{email}");
                self.news.project += 1;
            }
        }
        let name = account
            .display_name
            .as_ref()
            .known()
            .map_or("", String::as_str);
        self.row((account.id.as_str(), &email), name, &enterprise, is_active);
    }

    fn hire(&mut self, given: &str, family: &str) {
        let email = format!("{given}.{family}@{DOMAIN}").to_lowercase();
        let enterprise = EnterpriseAttributes {
            department: Some("Product".to_owned()),
            ..EnterpriseAttributes::default()
        };
        self.row(
            (&email, &email),
            &format!("{given} {family}"),
            &enterprise,
            true,
        );
        let _ = writeln!(self.memberships, "{PROJECT},{email}");
        self.news.joiners += 1;
        self.news.project += 1;
    }

    fn row(
        &mut self,
        (id, email): (&str, &str),
        name: &str,
        is: &EnterpriseAttributes,
        is_active: bool,
    ) {
        let fields = [
            id,
            is.employee_number.as_deref().unwrap_or_default(),
            email,
            name,
            is.department.as_deref().unwrap_or_default(),
            is.division.as_deref().unwrap_or_default(),
            is.cost_center.as_deref().unwrap_or_default(),
            is.organization.as_deref().unwrap_or_default(),
            if is_active { "active" } else { "disabled" },
        ];
        let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        let _ = writeln!(self.people, "{}", quoted.join(","));
    }
}

/// A field of a table (RFC 4180).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
