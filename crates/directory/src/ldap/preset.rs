//! What directories of each kind call things.

use usher_model::AttributeName;

use super::settings::{DisabledRule, LdapSettings, Membership, Preset};

/// How changes are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tracking {
    /// By `modifyTimestamp`.
    Time,
    /// By `uSNChanged`.
    Number,
    /// Not at all.
    Off,
}

/// Names and rules for one directory.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub people_filter: String,
    pub group_filter: String,
    pub key: String,
    /// For each attribute of a person, the attributes of an entry that may hold it, the best first.
    pub attributes: Vec<(AttributeName, Vec<String>)>,
    pub disabled: DisabledRule,
    pub membership: Option<Membership>,
    pub tracking: Tracking,
}

type Names = &'static [(&'static str, &'static [&'static str])];

const ACTIVE_DIRECTORY: Names = &[
    ("email", &["mail"]),
    ("userName", &["userPrincipalName", "sAMAccountName"]),
    ("displayName", &["displayName", "cn"]),
    ("givenName", &["givenName"]),
    ("familyName", &["sn"]),
    ("title", &["title"]),
    ("department", &["department"]),
    ("division", &["division"]),
    ("organization", &["company"]),
    ("employeeNumber", &["employeeNumber", "employeeID"]),
    ("preferredLanguage", &["preferredLanguage"]),
    ("userType", &["employeeType"]),
    ("location", &["physicalDeliveryOfficeName", "l"]),
    ("country", &["co", "c"]),
    ("phoneNumber", &["telephoneNumber"]),
    ("endDate", &["accountExpires"]),
];

const INET_ORG_PERSON: Names = &[
    ("email", &["mail"]),
    ("userName", &["uid"]),
    ("displayName", &["displayName", "cn"]),
    ("givenName", &["givenName"]),
    ("familyName", &["sn"]),
    ("title", &["title"]),
    ("department", &["departmentNumber", "ou"]),
    ("organization", &["o"]),
    ("employeeNumber", &["employeeNumber"]),
    ("preferredLanguage", &["preferredLanguage"]),
    ("userType", &["employeeType"]),
    ("location", &["physicalDeliveryOfficeName", "l"]),
    ("country", &["co", "c"]),
    ("phoneNumber", &["telephoneNumber"]),
];

/// Locked by an administrator; other times in the attribute are locks that end by themselves.
const LOCKED_FOR_GOOD: &str = "000001010000Z";

impl Schema {
    /// The preset with the settings over it.
    pub fn of(settings: &LdapSettings) -> Self {
        let mut schema = preset(settings.preset);
        let set = |place: &mut String, text: &Option<String>| {
            if let Some(text) = text {
                place.clone_from(text);
            }
        };
        set(&mut schema.people_filter, &settings.filter);
        set(&mut schema.group_filter, &settings.groups.filter);
        set(&mut schema.key, &settings.key);
        for (name, attribute) in &settings.attributes {
            schema.attributes.retain(|(known, _)| known != name);
            schema
                .attributes
                .push((name.clone(), vec![attribute.clone()]));
        }
        if let Some(rule) = &settings.disabled {
            schema.disabled = rule.clone();
        }
        schema.membership = settings.groups.by;
        let backwards = schema.membership == Some(Membership::MemberOf);
        if backwards || settings.incremental == super::settings::Incremental::Off {
            schema.tracking = Tracking::Off;
        }
        schema
    }

    /// Everything that has to be asked for of a person.
    pub fn person_attributes(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .attributes
            .iter()
            .flat_map(|(_, names)| names.iter().cloned())
            .chain([self.key.clone(), "manager".to_owned()])
            .chain(self.disabled.attribute().map(str::to_owned))
            .chain(self.tracked().map(str::to_owned))
            .collect();
        if self.membership == Some(Membership::MemberOf) {
            names.push("memberOf".to_owned());
        }
        names.sort();
        names.dedup();
        names
    }

    /// Everything that has to be asked for of a group.
    pub fn group_attributes(&self) -> Vec<String> {
        let mut names = vec![
            self.key.clone(),
            "cn".to_owned(),
            "displayName".to_owned(),
            "description".to_owned(),
        ];
        names.extend(
            self.member_attributes()
                .iter()
                .map(|name| (*name).to_owned()),
        );
        names.extend(self.tracked().map(str::to_owned));
        names
    }

    /// The attributes of a group that list members.
    pub fn member_attributes(&self) -> &'static [&'static str] {
        match self.membership {
            None => &["member", "uniqueMember", "memberUid"],
            Some(Membership::Member) => &["member"],
            Some(Membership::UniqueMember) => &["uniqueMember"],
            Some(Membership::MemberUid) => &["memberUid"],
            Some(Membership::MemberOf | Membership::None) => &[],
        }
    }

    /// The attribute that tells when an entry changed.
    pub fn tracked(&self) -> Option<&'static str> {
        match self.tracking {
            Tracking::Time => Some("modifyTimestamp"),
            Tracking::Number => Some("uSNChanged"),
            Tracking::Off => None,
        }
    }
}

impl DisabledRule {
    fn attribute(&self) -> Option<&str> {
        match self {
            Self::Equals { attribute, .. }
            | Self::Present { attribute }
            | Self::Bit { attribute, .. } => Some(attribute),
            Self::Never => None,
        }
    }
}

fn preset(preset: Preset) -> Schema {
    let equals = |attribute: &str, value: &str| DisabledRule::Equals {
        attribute: attribute.to_owned(),
        values: vec![value.to_owned()],
    };
    let (people, groups, key, names, disabled, tracking) = match preset {
        Preset::ActiveDirectory => (
            "(&(objectClass=user)(!(objectClass=computer)))",
            "(objectClass=group)",
            "objectGUID",
            ACTIVE_DIRECTORY,
            DisabledRule::Bit {
                attribute: "userAccountControl".to_owned(),
                bit: 2,
            },
            Tracking::Number,
        ),
        Preset::Openldap => (
            "(objectClass=inetOrgPerson)",
            "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
            "entryUUID",
            INET_ORG_PERSON,
            equals("pwdAccountLockedTime", LOCKED_FOR_GOOD),
            Tracking::Time,
        ),
        Preset::Directory389 => (
            "(objectClass=inetOrgPerson)",
            "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
            "nsUniqueId",
            INET_ORG_PERSON,
            equals("nsAccountLock", "true"),
            Tracking::Time,
        ),
    };
    Schema {
        people_filter: people.to_owned(),
        group_filter: groups.to_owned(),
        key: key.to_owned(),
        attributes: names
            .iter()
            .map(|(name, from)| {
                let from = from.iter().map(|name| (*name).to_owned()).collect();
                (AttributeName::new(name), from)
            })
            .collect(),
        disabled,
        membership: None,
        tracking,
    }
}
