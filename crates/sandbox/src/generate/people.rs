//! People and their past.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use smol_str::{SmolStr, format_smolstr};

use super::choice::{below, days, happens, one_of, skewed};
use super::{GenerateSettings, Ids, words};
use crate::world::{
    Belonging, Enterprise, License, Moment, OrganizationRole, Presence, Registration, User,
};

/// People per department head, roughly.
const SPAN: usize = 12;

/// Invents the people. The first is an active company admin, so that there is always one.
pub fn invent(
    settings: &GenerateSettings,
    ids: &mut Ids,
    now: Moment,
    random: &mut ChaCha8Rng,
) -> Vec<User> {
    let mut addresses = Addresses::default();
    let mut users: Vec<User> = Vec::with_capacity(settings.users);
    for at in 0..settings.users.max(1) {
        let guest = at > 0 && happens(settings.guests, random);
        let name = name(random);
        let user_name = addresses.invent(&name, guest, random);
        let mut user = newcomer(ids.next(), user_name, name, now, random);
        if guest {
            become_guest(&mut user, random);
        } else {
            become_member(&mut user, at, settings.users, random);
            user.enterprise = Some(Box::new(position(&users, at, random)));
        }
        live(&mut user, settings.inactive, at, now, random);
        users.push(user);
    }
    users
}

/// Enough seats for everybody who has one, and some to spare.
pub fn seats_to_buy(users: &[User]) -> u32 {
    let taken = users.iter().filter(|user| user.takes_seat()).count();
    u32::try_from((taken + taken / 12).div_ceil(10) * 10 + 10).unwrap_or(u32::MAX)
}

fn name(random: &mut ChaCha8Rng) -> SmolStr {
    let given = one_of(words::GIVEN_NAMES, random);
    let family = one_of(words::FAMILY_NAMES, random);
    if happens(0.04, random) {
        return format_smolstr!("{given} {family}-{}", one_of(words::FAMILY_NAMES, random));
    }
    format_smolstr!("{given} {family}")
}

/// Hands out e-mail addresses, each once.
#[derive(Default)]
struct Addresses(HashMap<SmolStr, u32>);

impl Addresses {
    fn invent(&mut self, name: &str, guest: bool, random: &mut ChaCha8Rng) -> SmolStr {
        let domains = if guest {
            words::OUTSIDE_DOMAINS
        } else {
            words::COMPANY_DOMAINS
        };
        // Most people are at the first domain of the company.
        let domain = if guest || happens(0.15, random) {
            one_of(domains, random)
        } else {
            &domains[0]
        };
        let local = local_part(name);
        let taken = self
            .0
            .entry(format_smolstr!("{local}@{domain}"))
            .or_insert(0);
        *taken += 1;
        match *taken {
            1 => format_smolstr!("{local}@{domain}"),
            number => format_smolstr!("{local}{number}@{domain}"),
        }
    }
}

/// `given.family` in plain letters.
fn local_part(name: &str) -> String {
    let plain = |c: char| match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ł' => 'l',
        'ý' => 'y',
        'ğ' => 'g',
        'ř' => 'r',
        'ď' => 'd',
        'ť' => 't',
        ' ' => '.',
        other => other,
    };
    name.chars()
        .flat_map(char::to_lowercase)
        .map(plain)
        .filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c))
        .collect()
}

fn newcomer(
    id: u64,
    user_name: SmolStr,
    full_name: SmolStr,
    now: Moment,
    random: &mut ChaCha8Rng,
) -> User {
    let created_at = now.plus_milliseconds(-days(3.0, 1500.0, random));
    User {
        id,
        user_name,
        full_name,
        active: true,
        presence: Presence::Present,
        registration: Registration::Complete,
        belonging: Belonging::ThisOnly,
        license: License::Full,
        role: OrganizationRole::InternalUser,
        admin_roles: Vec::new(),
        enterprise: None,
        photo: None,
        language: None,
        created_at,
        last_activity_at: None,
        license_assigned_at: Some(created_at),
        sessions_reset_at: None,
        teams: Vec::new(),
        groups: Vec::new(),
        boards: Vec::new(),
    }
}

fn become_guest(user: &mut User, random: &mut ChaCha8Rng) {
    user.role = if happens(0.6, random) {
        OrganizationRole::TeamGuestUser
    } else {
        OrganizationRole::ExternalUser
    };
    user.license = License::FreeRestricted;
    user.license_assigned_at = None;
}

fn become_member(user: &mut User, at: usize, users: usize, random: &mut ChaCha8Rng) {
    let admins = (users / 400).clamp(1, 12);
    if at < admins.max(2).min(users) {
        user.role = OrganizationRole::InternalAdmin;
    } else if happens(0.004, random) {
        user.admin_roles = vec![(*one_of(words::ADMIN_ROLES, random)).into()];
    }
    user.license = match below(100, random) {
        0..=2 => License::Free,
        3..=21 if at >= admins => License::FreeRestricted,
        _ => License::Full,
    };
    user.language = happens(0.7, random).then(|| (*one_of(words::LANGUAGES, random)).into());
    user.photo =
        happens(0.3, random).then(|| format!("https://images.example.com/{}.png", user.id).into());
}

/// Department, cost centre and manager: somebody who was there before.
fn position(before: &[User], at: usize, random: &mut ChaCha8Rng) -> Enterprise {
    let department = skewed(words::DEPARTMENTS.len(), random);
    let (name, division) = words::DEPARTMENTS[department];
    let manager = before
        .get(below(at / SPAN + 1, random))
        .filter(|user| user.role.is_internal());
    Enterprise {
        employee_number: Some(format_smolstr!("E{:06}", at + 1)),
        cost_center: Some(format_smolstr!("CC-{:03}", 100 + department * 10)),
        organization: Some(words::COMPANY.into()),
        division: Some(division.into()),
        department: Some(name.into()),
        manager: manager.map(|user| user.id),
        manager_name: manager.map(|user| user.full_name.clone()),
    }
}

/// What became of somebody since: active lately, idle, gone, or never there.
fn live(user: &mut User, inactive: f64, at: usize, now: Moment, random: &mut ChaCha8Rng) {
    let age = now.timestamp().as_millisecond() - user.created_at.timestamp().as_millisecond();
    if at > 0 && happens(inactive, random) {
        user.active = false;
        user.last_activity_at = Some(now.plus_milliseconds(-days(40.0, 700.0, random).min(age)));
        return;
    }
    let idle_for = match below(100, random) {
        _ if at == 0 => days(0.0, 0.2, random),
        0..=2 => {
            user.registration = Registration::Pending;
            return;
        }
        3..=14 => days(90.5, 500.0, random),
        15..=29 => days(14.0, 89.0, random),
        _ => days(0.0, 14.0, random),
    };
    user.last_activity_at = Some(now.plus_milliseconds(-idle_for.min(age)));
}
