//! Miro's own rules for the values of an account's attributes (reference: Miro's SCIM user resource).

use smol_str::{SmolStr, ToSmolStr};
use usher_model::OrganizationRole;

use crate::mapping::expression::Value;
use crate::{TargetAttribute, TargetValue};

/// The longest name of a person, team or user group, in characters.
pub(crate) const NAME_LIMIT: usize = 60;
/// The longest e-mail address, in bytes (RFC 5321 §4.5.3.1).
const ADDRESS_LIMIT: usize = 254;
/// The licences as SCIM spells them.
const USER_TYPES: [&str; 7] = [
    "Full",
    "Free",
    "Free Restricted",
    "Full (Trial)",
    "Basic",
    "Standard",
    "Advanced",
];

/// A value as Miro takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shaped {
    pub(crate) value: TargetValue,
    /// The value before it was cut, if it was.
    pub(crate) full: Option<String>,
}

/// Why Miro would not take a value, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) what: String,
    pub(crate) remedy: String,
}

impl Refused {
    pub(crate) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// Brings a value that is not blank into the form that Miro takes for the attribute.
pub(crate) fn shape(attribute: TargetAttribute, value: Value) -> Result<Shaped, Refused> {
    use TargetAttribute as To;
    if attribute == To::AdminRoles {
        return texts(value).map(|list| Shaped::of(TargetValue::List(list)));
    }
    if attribute == To::Active {
        return active(&value);
    }
    let text = single_text(value)?;
    match attribute {
        To::UserName => address(&text).map(|()| Shaped::text(text)),
        To::UserType => one_of(&text, &USER_TYPES, "licence").map(Shaped::text),
        To::Role => role(&text),
        To::Photo => web_address(&text).map(|()| Shaped::text(text)),
        To::Manager => account_id(&text).map(|()| Shaped::text(text)),
        To::DisplayName
        | To::FormattedName
        | To::GivenName
        | To::FamilyName
        | To::ManagerDisplayName => Ok(cut_name(text)),
        _ => fits(attribute, &text).map(|()| Shaped::text(text)),
    }
}

impl Shaped {
    fn of(value: TargetValue) -> Self {
        Self { value, full: None }
    }

    fn text(text: SmolStr) -> Self {
        Self::of(TargetValue::Text(text))
    }
}

/// The first `limit` characters of a text.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = text.char_indices().nth(limit);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn cut_name(text: SmolStr) -> Shaped {
    let kept = cut(&text, NAME_LIMIT);
    if kept.len() == text.len() {
        return Shaped::text(text);
    }
    Shaped {
        value: TargetValue::Text(kept.trim_end().to_smolstr()),
        full: Some(text.to_string()),
    }
}

fn single_text(value: Value) -> Result<SmolStr, Refused> {
    match value {
        Value::Text(text) => Ok(text),
        Value::List(mut values) if values.len() == 1 && !matches!(values[0], Value::List(_)) => {
            single_text(values.pop().unwrap_or(Value::Empty))
        }
        Value::List(_) => Err(Refused::new(
            format!("several values (`{value}`), and Miro takes one"),
            "choose one, as in `values(person.x)[0]`, or join them, as in `join(\", \", person.x)`",
        )),
        other => Ok(other.as_text().unwrap_or_default().to_smolstr()),
    }
}

fn texts(value: Value) -> Result<Vec<SmolStr>, Refused> {
    let values = value.into_list().into_iter();
    values
        .filter(|value| !value.is_blank())
        .map(single_text)
        .collect()
}

fn active(value: &Value) -> Result<Shaped, Refused> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
    .map(|value| Shaped::of(TargetValue::Bool(value)))
    .ok_or_else(|| {
        Refused::new(
            format!("`{value}` is neither true nor false"),
            "let the mapping give `true` or `false`",
        )
    })
}

/// One `@` with something on both sides, a domain with a dot, no spaces: what cannot be an address at all is refused.
fn address(text: &str) -> Result<(), Refused> {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.contains(['@', ',', ';', '<', '>', '"'])
            && !part.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    let looks_right = text.len() <= ADDRESS_LIMIT
        && text.split_once('@').is_some_and(|(local, domain)| {
            let has_dot = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
            is_plain(local) && is_plain(domain) && has_dot
        });
    looks_right.then_some(()).ok_or_else(|| {
        Refused::new(
            format!("`{text}` is no e-mail address"),
            "correct the person's address in the directory, or map another attribute",
        )
    })
}

fn one_of(text: &str, known: &[&'static str], what: &str) -> Result<SmolStr, Refused> {
    let found = known
        .iter()
        .find(|known| known.eq_ignore_ascii_case(text.trim()));
    found
        .map(|known| SmolStr::new_static(known))
        .ok_or_else(|| {
            Refused::new(
                format!("`{text}` is no {what} that Miro knows"),
                format!("use one of {}", known.join(", ")),
            )
        })
}

fn role(text: &str) -> Result<Shaped, Refused> {
    let role = OrganizationRole::from(text.trim());
    match role {
        OrganizationRole::InternalAdmin | OrganizationRole::InternalUser => {
            Ok(Shaped::text(role.as_str().to_uppercase().to_smolstr()))
        }
        OrganizationRole::ExternalUser | OrganizationRole::TeamGuestUser => Err(Refused::new(
            format!("`{text}` is a role that Miro gives by itself"),
            "use ORGANIZATION_INTERNAL_ADMIN or ORGANIZATION_INTERNAL_USER",
        )),
        OrganizationRole::Other(_) => Err(Refused::new(
            format!("`{text}` is no role in the organization"),
            "use ORGANIZATION_INTERNAL_ADMIN or ORGANIZATION_INTERNAL_USER",
        )),
    }
}

fn web_address(text: &str) -> Result<(), Refused> {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let is_web = lower.starts_with("https://") || lower.starts_with("http://");
    (is_web && !text.contains(char::is_whitespace))
        .then_some(())
        .ok_or_else(|| {
            Refused::new(
                format!("`{text}` is no web address, and Miro fetches the picture itself"),
                "map an attribute that holds a URL beginning with https://",
            )
        })
}

fn account_id(text: &str) -> Result<(), Refused> {
    let is_number =
        (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(()).ok_or_else(|| {
        Refused::new(
            format!("`{text}` is no account id, and Miro drops it without a word"),
            "map `manager`, which is the id of the manager's account",
        )
    })
}

fn fits(attribute: TargetAttribute, text: &str) -> Result<(), Refused> {
    let Some(limit) = attribute.max_length() else {
        return Ok(());
    };
    if text.len() <= limit {
        return Ok(());
    }
    let length = text.chars().count();
    if length <= limit {
        return Ok(());
    }
    Err(Refused::new(
        format!("{length} characters, and Miro takes {limit}"),
        format!("shorten it in the directory, or cut it with `left(…, {limit})`"),
    ))
}
