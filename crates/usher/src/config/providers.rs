//! `[[sign_in.openid_connect]]`: the identity providers, one table each.

use std::collections::BTreeSet;

use usher_model::Role;
use usher_server::openid_connect::{Issuer, ProviderName};

use super::layers::{Layers, Listed, Origin};
use super::problem::Problem;
use super::sections::{OpenIdConnect, SignIn};
use super::sign_in_values::{Switch, Unknown};

/// An identity provider, with what it cannot do without.
#[derive(Clone, Debug)]
pub struct ProviderSection {
    /// What it is called in addresses.
    pub name: ProviderName,
    /// Its issuer identifier.
    pub issuer: Issuer,
    /// The name that it gave Usher.
    pub client_id: String,
    /// Everything else.
    pub rest: OpenIdConnect,
}

/// Reads the providers; collects what is wrong with each, and with all of them together.
pub fn resolve(
    layers: &Layers,
    sign_in: Option<&SignIn>,
    problems: &mut Vec<Problem>,
) -> Option<Vec<ProviderSection>> {
    let listed = layers.listed();
    let read: Vec<_> = listed
        .iter()
        .filter_map(|one| provider(one, problems))
        .collect();
    let mut names = BTreeSet::new();
    for (provider, one) in read.iter().zip(listed) {
        if !names.insert(provider.name.as_str()) {
            let what = format!("there are two providers of the name `{}`", provider.name);
            problems.push(wrong(&one.origin, &what, "give each a name of its own"));
        }
    }
    together(layers, sign_in, problems);
    (read.len() == listed.len()).then_some(read)
}

/// What is wrong with all of them together.
fn together(layers: &Layers, sign_in: Option<&SignIn>, problems: &mut Vec<Problem>) {
    let Some(first) = layers.listed().first() else {
        if sign_in.is_some_and(|sign_in| sign_in.passwords == Switch::Off) {
            problems.push(Problem::new(
                "sign_in.passwords is off, and there is no identity provider: nobody could sign in",
                "add a [[sign_in.openid_connect]], or leave passwords on",
            ));
        }
        return;
    };
    if layers.get("server.public_url").is_none() {
        let what = "an identity provider has to know where it sends browsers back, and server.public_url is not set";
        let hint = "set server.public_url to the address that browsers use";
        problems.push(wrong(&first.origin, what, hint));
    }
}

fn provider(one: &Listed, problems: &mut Vec<Problem>) -> Option<ProviderSection> {
    let before = problems.len();
    let rest = OpenIdConnect::resolve(&one.layers, problems)?;
    if problems.len() > before {
        return None;
    }
    let missing = [
        ("name", rest.name.is_none()),
        ("issuer", rest.issuer.is_none()),
        ("client_id", rest.client_id.is_none()),
    ];
    for (key, _) in missing.iter().filter(|(_, is_missing)| *is_missing) {
        let what = format!("the identity provider has no `{key}`");
        let hint = format!("add a line {key} = \"…\" to it");
        problems.push(wrong(&one.origin, &what, &hint));
    }
    contradictions(&rest, &one.origin, problems);
    Some(ProviderSection {
        name: rest.name.clone()?,
        issuer: rest.issuer.clone()?,
        client_id: rest.client_id.clone()?,
        rest,
    })
}

/// What cannot be meant.
fn contradictions(rest: &OpenIdConnect, origin: &Origin, problems: &mut Vec<Problem>) {
    let has_roles = rest.roles.is_some() || rest.default_role.is_some();
    if rest.unknown_people == Unknown::Add && !has_roles {
        problems.push(wrong(
            origin,
            "unknown_people is `add`, and nothing says with which role",
            "add a default_role, or a [sign_in.openid_connect.roles]",
        ));
    }
    if rest.client_secret_file.is_some() && rest.client_secret_variable.is_some() {
        problems.push(wrong(
            origin,
            "two places are named for the client secret",
            "leave one of client_secret_file and client_secret_variable",
        ));
    }
    let all = rest.default_role == Some(Role::SuperAdministrator);
    if all && rest.domains.is_none() {
        problems.push(wrong(
            origin,
            "default_role makes everybody at the provider a Super Administrator",
            "name the group with that role in [sign_in.openid_connect.roles], and take a lower default_role",
        ));
    }
    if !rest.scopes.0.iter().any(|scope| scope == "openid") {
        problems.push(wrong(
            origin,
            "scopes has no `openid`, without which a provider says nothing of who it is",
            "add `openid` to scopes",
        ));
    }
}

fn wrong(origin: &Origin, what: &str, hint: &str) -> Problem {
    Problem::new(format!("{origin}: {what}"), hint)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::file;

    const COMPLETE: &str = "[server]\npublic_url = \"https://usher.example.org/\"\n\n[[sign_in.openid_connect]]\n\
        name = \"entra\"\nissuer = \"https://id.example.org\"\nclient_id = \"usher\"\n";

    fn read(text: &str) -> (Option<Vec<ProviderSection>>, Vec<String>) {
        let mut problems = Vec::new();
        let layers = file::layer(Path::new("usher.toml"), text, &mut problems);
        let sign_in = SignIn::resolve(&layers, &mut problems);
        let found = resolve(&layers, sign_in.as_ref(), &mut problems);
        let problems = problems.into_iter().map(|problem| problem.message);
        (found, problems.collect())
    }

    fn refused(more: &str) -> String {
        let (_, problems) = read(&format!("{COMPLETE}{more}\n"));
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].clone()
    }

    #[test]
    fn several_providers_are_read_with_lists_and_tables() {
        let (found, problems) = read(&format!(
            "{COMPLETE}scopes = [\"openid\", \"email\"]\ndefault_role = \"member\"\n\
             [sign_in.openid_connect.roles]\n\"CN=Usher Admins,OU=x\" = \"super_administrator\"\n\n\
             [[sign_in.openid_connect]]\nname = \"okta\"\nissuer = \"https://okta.example.org/\"\nclient_id = \"0oa\"\n"
        ));
        assert_eq!(problems, Vec::<String>::new());
        let found = found.unwrap();
        let [entra, okta] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(entra.rest.scopes.0, ["openid", "email"]);
        assert_eq!(
            entra.rest.roles.as_ref().unwrap().0[0].group,
            "CN=Usher Admins,OU=x"
        );
        assert_eq!(okta.issuer.as_str(), "https://okta.example.org/");
        assert_eq!(okta.rest.scopes.0, ["openid", "profile", "email"]);
    }

    #[test]
    fn what_is_missing_is_named_with_the_place_of_the_provider() {
        let (_, problems) = read(
            "[server]\npublic_url = \"https://u.example/\"\n[[sign_in.openid_connect]]\nname = \"x\"\n",
        );
        assert_eq!(
            problems,
            [
                "usher.toml:4:1: the identity provider has no `issuer`",
                "usher.toml:4:1: the identity provider has no `client_id`",
            ]
        );
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert!(refused("unknown_people = \"add\"").contains("with which role"));
        assert!(refused("scopes = \"email\"").contains("no `openid`"));
        assert!(refused("default_role = \"super_administrator\"").contains("everybody"));
        assert!(
            refused("client_secret_file = \"a\"\nclient_secret_variable = \"B\"")
                .contains("two places")
        );
        assert!(refused("isuer = \"x\"").contains("unknown key `isuer`"));
        assert!(refused("client_secret = \"hush\"").contains("unknown key `client_secret`"));
        assert!(refused("groups_claim = [\"a\"]").contains("not a plain value"));
        assert!(refused("roles = \"a = member\"").contains("not a table"));
        assert!(refused("second_factor = \"mfa\"").contains("usher, provider or claims"));
    }

    #[test]
    fn an_issuer_without_tls_and_a_name_for_no_address_are_refused() {
        let (_, problems) = read(&COMPLETE.replace("https://id", "http://id"));
        assert!(
            problems[0].starts_with("usher.toml:6:10: ") && problems[0].contains("https://"),
            "{problems:?}"
        );
        let (_, problems) = read(&COMPLETE.replace("entra", "Entra ID"));
        assert!(problems[0].contains("small letters"), "{problems:?}");
    }

    #[test]
    fn two_of_one_name_are_refused() {
        let again = COMPLETE.split_once("[[").unwrap().1;
        assert!(refused(&format!("[[{again}")).contains("two providers of the name `entra`"));
    }

    #[test]
    fn a_provider_needs_to_know_where_browsers_come_back_to() {
        let (_, problems) = read(COMPLETE.split_once("\n\n").unwrap().1);
        assert!(problems[0].contains("server.public_url"), "{problems:?}");
    }

    #[test]
    fn passwords_stay_on_as_long_as_nothing_else_lets_anybody_in() {
        let (_, problems) = read("[sign_in]\npasswords = \"off\"\n");
        assert!(problems[0].contains("nobody could sign in"), "{problems:?}");
        let (_, problems) = read(&format!("[sign_in]\npasswords = \"off\"\n{COMPLETE}"));
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn a_single_bracket_is_answered_with_the_right_form() {
        let (_, problems) = read("[sign_in.openid_connect]\nname = \"x\"\n");
        assert!(problems[0].contains("is a list of tables"), "{problems:?}");
    }
}
