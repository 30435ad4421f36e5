//! What a provider's claims say of a person.

use serde_json::Value;

use super::keys::Claims;
use super::settings::{ClaimNames, OpenIdConnectSettings, SecondFactor};

/// The most groups that are looked at: more is no list that a person is in.
const MOST_GROUPS: usize = 10_000;

/// What a provider says of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Their e-mail address.
    pub email: Option<Mailbox>,
    /// Their name.
    pub name: Option<String>,
    /// The groups they are in.
    pub groups: Groups,
    /// How they signed in there: the values of `amr` and `acr`.
    pub methods: Vec<String>,
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// Whether the provider has made sure that it is theirs.
    pub is_verified: bool,
}

/// The groups somebody is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Groups {
    /// These.
    Listed(Vec<String>),
    /// Nothing is said of groups.
    #[default]
    Unsaid,
    /// They are in so many that the provider left them out, and says where to ask (OpenID Connect Core 1.0 §5.6.2).
    Elsewhere,
}

impl Mailbox {
    /// The part behind the `@`, in small letters.
    pub fn domain(&self) -> String {
        let (_, domain) = self.address.rsplit_once('@').unwrap_or_default();
        domain.to_lowercase()
    }
}

/// What the claims say.
pub fn read(claims: &Claims, names: &ClaimNames) -> Person {
    let address = text(find(claims, &names.email)).filter(|address| address.contains('@'));
    let is_verified = find(claims, &names.email_verified).is_some_and(says_yes);
    let mut methods = words(claims.get("amr"));
    methods.extend(text(claims.get("acr")));
    Person {
        email: address.map(|address| Mailbox {
            address,
            is_verified,
        }),
        name: text(find(claims, &names.name)),
        groups: groups(claims, &names.groups),
        methods,
    }
}

/// Whether the provider has to be asked for more than its ID token says.
pub fn lacks_something(person: &Person, settings: &OpenIdConnectSettings) -> bool {
    let groups_matter = !settings.roles.is_empty() && person.groups == Groups::Unsaid;
    let is_verified = person.email.as_ref().is_some_and(|email| email.is_verified);
    groups_matter || !is_verified || person.name.is_none()
}

/// Adds what the provider said when it was asked. What the signed token says is not overruled, and an address is not verified
/// by what was said of another one.
pub fn complete(said: &Claims, more: &Claims, names: &ClaimNames) -> Claims {
    let mut all = more.clone();
    let address = find(said, &names.email);
    if address.is_some() && address != find(more, &names.email) {
        all.remove(&names.email_verified);
    }
    for (name, value) in said {
        all.insert(name.clone(), value.clone());
    }
    all
}

/// Whether what the provider says of the sign-in shows a second factor.
pub fn shows_second_factor(person: &Person, wanted: &SecondFactor) -> bool {
    match wanted {
        SecondFactor::Claims(values) => person.methods.iter().any(|one| values.contains(one)),
        SecondFactor::Usher | SecondFactor::Provider => false,
    }
}

/// A claim by its whole name, or by its way through others.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(found) = claims.get(name) {
        return Some(found);
    }
    let mut way = name.split('.');
    let first = claims.get(way.next()?)?;
    way.try_fold(first, |value, part| value.get(part))
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `true`, and how some providers write it.
fn says_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => text == "true" || text == "1",
        Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            let texts = all.iter().filter_map(Value::as_str);
            texts.take(MOST_GROUPS).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn groups(claims: &Claims, name: &str) -> Groups {
    match find(claims, name) {
        Some(value @ (Value::String(_) | Value::Array(_))) => Groups::Listed(words(Some(value))),
        _ => {
            let elsewhere = claims.get("_claim_names").and_then(|names| names.get(name));
            match elsewhere {
                Some(_) => Groups::Elsewhere,
                None => Groups::Unsaid,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(claims: &Value) -> Person {
        read(claims.as_object().unwrap(), &ClaimNames::default())
    }

    #[test]
    fn an_address_counts_as_verified_only_where_that_is_said() {
        for (said, expected) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(1), true),
            (json!("1"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("yes"), false),
            (json!([true]), false),
            (Value::Null, false),
        ] {
            let claims = json!({"email": "Ada@Example.org", "email_verified": said});
            let email = person(&claims).email.unwrap();
            assert_eq!(email.is_verified, expected, "{said}");
            assert_eq!(email.domain(), "example.org");
        }
        let silent = person(&json!({"email": "ada@example.org"}));
        assert!(!silent.email.unwrap().is_verified);
        assert_eq!(person(&json!({"email": "ada"})).email, None);
    }

    #[test]
    fn groups_are_a_list_a_word_or_somewhere_within() {
        let listed =
            |groups: &[&str]| Groups::Listed(groups.iter().map(|one| (*one).to_owned()).collect());
        assert_eq!(
            person(&json!({"groups": ["a", 7, "b"]})).groups,
            listed(&["a", "b"])
        );
        assert_eq!(person(&json!({"groups": "a"})).groups, listed(&["a"]));
        assert_eq!(person(&json!({})).groups, Groups::Unsaid);
        let names = ClaimNames {
            groups: "realm_access.roles".to_owned(),
            ..ClaimNames::default()
        };
        let claims = json!({"realm_access": {"roles": ["a"]}});
        assert_eq!(
            read(claims.as_object().unwrap(), &names).groups,
            listed(&["a"])
        );
        let whole = json!({"realm_access.roles": ["b"], "realm_access": {"roles": ["a"]}});
        assert_eq!(
            read(whole.as_object().unwrap(), &names).groups,
            listed(&["b"])
        );
    }

    #[test]
    fn too_many_groups_to_be_listed_are_not_taken_for_none() {
        let claims = json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}});
        assert_eq!(person(&claims).groups, Groups::Elsewhere);
    }

    #[test]
    fn what_the_signed_token_says_is_not_overruled() {
        let said = json!({"sub": "7", "email": "ada@example.org"});
        let more = json!({"sub": "8", "email": "eve@example.org", "name": "Ada"});
        let all = completed(&said, &more);
        assert_eq!(
            all,
            json!({"sub": "7", "email": "ada@example.org", "name": "Ada"})
        );
    }

    fn completed(said: &Value, more: &Value) -> Value {
        let (said, more) = (said.as_object().unwrap(), more.as_object().unwrap());
        complete(said, more, &ClaimNames::default()).into()
    }

    #[test]
    fn an_address_is_not_verified_by_what_is_said_of_another() {
        let said = json!({"email": "ada@example.org"});
        let same = json!({"email": "ada@example.org", "email_verified": true});
        assert_eq!(completed(&said, &same), same);
        let other = json!({"email": "eve@example.org", "email_verified": true});
        assert_eq!(completed(&said, &other), said);
    }

    #[test]
    fn a_second_factor_is_shown_by_either_claim() {
        let wanted = SecondFactor::Claims(vec!["mfa".to_owned(), "phr".to_owned()]);
        let shows = |claims: Value| shows_second_factor(&person(&claims), &wanted);
        assert!(shows(json!({"amr": ["pwd", "mfa"]})));
        assert!(shows(json!({"acr": "phr"})));
        assert!(!shows(json!({"amr": ["pwd"], "acr": "0"})));
        assert!(!shows(json!({"amr": {"mfa": true}})));
    }
}
