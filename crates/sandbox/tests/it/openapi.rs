//! Every identity route of Miro's `OpenAPI` description, driven, and every body checked against it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use serde_json::{Value, json};

use crate::schema::Description;
use crate::support::Miro;

/// Where the sandbox departs from the published description, and why. `docs/sandbox.md` has the same table.
const DEPARTURES: &[(&str, &str)] = &[
    (
        "PATCH /Groups/{id} request /schemas: enum",
        "the description compares the whole list with one URN; every SCIM client sends a list that contains it",
    ),
    (
        "PATCH /v2/orgs/{org_id}/groups/{group_id}/members 207 /*: oneOf",
        "nothing is required in the two forms of an entry, so every entry fits both and `oneOf` can never hold",
    ),
];

/// Operations that the sandbox leaves out.
const LEFT_OUT: &[&str] = &[
    "GET /v2/orgs/{org_id}/teams/{team_id}/projects",
    "POST /v2/orgs/{org_id}/teams/{team_id}/projects",
    "GET /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}",
    "PATCH /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}",
    "DELETE /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}",
    "GET /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/settings",
    "PATCH /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/settings",
    "GET /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/members",
    "POST /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/members",
    "GET /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/members/{member_id}",
    "PATCH /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/members/{member_id}",
    "DELETE /v2/orgs/{org_id}/teams/{team_id}/projects/{project_id}/members/{member_id}",
];

/// Drives operations and collects what differs.
struct Drive<'a> {
    miro: &'a Miro,
    description: &'a Description,
    values: BTreeMap<&'static str, String>,
    driven: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Drive<'_> {
    /// Calls an operation of the description and expects a status; `query` begins with `?` or is empty.
    async fn call(&mut self, operation: &str, query: &str, body: Value, status: u16) -> Value {
        let (method, template) = operation.split_once(' ').unwrap();
        let mut path = template.to_owned();
        for (name, value) in &self.values {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        let scim = !path.starts_with("/v");
        let path = format!("{}{path}{query}", if scim { "/api/v1/scim" } else { "" });
        if !body.is_null() {
            for error in self.description.request_errors(method, template, &body) {
                self.found.insert(format!("{operation} request {error}"));
            }
        }
        let reply = self.miro.call(method, &path, body).await;
        assert_eq!(
            reply.status.as_u16(),
            status,
            "{operation} at {path}: {}",
            reply.text
        );
        let json = reply.json();
        for error in self
            .description
            .reply_errors(method, template, status, &json)
        {
            self.found.insert(format!("{operation} {status} {error}"));
        }
        self.driven.insert(operation.to_owned());
        json
    }

    async fn get(&mut self, operation: &str) -> Value {
        self.call(&format!("GET {operation}"), "", Value::Null, 200)
            .await
    }

    fn set(&mut self, name: &'static str, value: &Value) {
        self.values.insert(name, value.as_str().unwrap().to_owned());
    }
}

#[tokio::test]
async fn every_identity_route_answers_as_the_published_description_says() {
    // The test may read the environment: it is how the test run says where the description lies.
    #[expect(clippy::disallowed_methods, reason = "the test run names the file")]
    let Ok(path) = std::env::var("MIRO_OPENAPI") else {
        // Written past the test's captured output, so that it is seen.
        let mut notes = std::io::stderr();
        let _ = writeln!(
            notes,
            "left out: the comparison with Miro's OpenAPI description; MIRO_OPENAPI does not name the file"
        );
        return;
    };
    let description = Description::read(&std::fs::read_to_string(path).unwrap());
    let miro = Miro::start(crate::support::small()).await;
    let mut drive = Drive {
        miro: &miro,
        description: &description,
        values: BTreeMap::new(),
        driven: BTreeSet::new(),
        found: BTreeSet::new(),
    };
    organization(&mut drive).await;
    teams(&mut drive).await;
    user_groups(&mut drive).await;
    shares(&mut drive).await;
    scim(&mut drive).await;
    errors(&mut drive).await;
    tokens(&mut drive).await;

    let left_out: BTreeSet<String> = LEFT_OUT.iter().map(|&name| name.to_owned()).collect();
    let accounted: BTreeSet<_> = drive.driven.union(&left_out).cloned().collect();
    let all = description.operations();
    assert_eq!(
        all.difference(&accounted).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    let expected: BTreeSet<String> = DEPARTURES
        .iter()
        .map(|(key, _)| (*key).to_owned())
        .collect();
    assert_eq!(
        drive.found, expected,
        "found on the left, listed in DEPARTURES on the right"
    );
}

async fn organization(drive: &mut Drive<'_>) {
    let context = drive.get("/v1/oauth-token").await;
    drive.set("org_id", &context["organization"]["id"]);
    drive.get("/v2/orgs/{org_id}").await;
    let members = drive.get("/v2/orgs/{org_id}/members").await;
    let person =
        members["data"].as_array().unwrap().iter().find(|member| {
            member["role"] == "organization_internal_user" && member["active"] == true
        });
    let person = person.unwrap().clone();
    drive.set("member_id", &person["id"]);
    drive
        .values
        .insert("email", person["email"].as_str().unwrap().to_owned());
    drive.get("/v2/orgs/{org_id}/members/{member_id}").await;
    let reset = format!("?email={}", drive.values["email"]);
    drive
        .call("POST /v2/sessions/reset_all", &reset, Value::Null, 200)
        .await;
}

async fn teams(drive: &mut Drive<'_>) {
    let email = drive.values["email"].clone();
    let create = json!({"name": "Conformance"});
    let team = drive
        .call("POST /v2/orgs/{org_id}/teams", "", create, 201)
        .await;
    drive.set("team_id", &team["id"]);
    drive.get("/v2/orgs/{org_id}/teams").await;
    drive.get("/v2/orgs/{org_id}/teams/{team_id}").await;
    let rename = json!({"name": "Conformance 2"});
    drive
        .call("PATCH /v2/orgs/{org_id}/teams/{team_id}", "", rename, 200)
        .await;
    drive.get("/v2/orgs/{org_id}/default_teams_settings").await;
    drive
        .get("/v2/orgs/{org_id}/teams/{team_id}/settings")
        .await;
    let settings = json!({"teamInvitationSettings": {"whoCanInvite": "admins"}});
    drive
        .call(
            "PATCH /v2/orgs/{org_id}/teams/{team_id}/settings",
            "",
            settings,
            200,
        )
        .await;

    let members = "/v2/orgs/{org_id}/teams/{team_id}/members";
    let one = "/v2/orgs/{org_id}/teams/{team_id}/members/{member_id}";
    let invite = json!({"email": email, "role": "member"});
    drive
        .call(&format!("POST {members}"), "", invite, 201)
        .await;
    drive.get(members).await;
    drive.get(one).await;
    drive
        .call(&format!("PATCH {one}"), "", json!({"role": "admin"}), 200)
        .await;
    drive
        .call(&format!("DELETE {one}"), "", Value::Null, 204)
        .await;
    let window = "?createdAfter=2000-01-01T00:00:00.000Z&createdBefore=2100-01-01T00:00:00.000Z";
    drive
        .call("GET /v2/audit/logs", window, Value::Null, 200)
        .await;
}

async fn user_groups(drive: &mut Drive<'_>) {
    let email = drive.values["email"].clone();
    let create = json!({"name": "Conformers", "description": "All of them"});
    let group = drive
        .call("POST /v2/orgs/{org_id}/groups", "", create, 201)
        .await;
    drive.set("group_id", &group["id"]);
    drive.get("/v2/orgs/{org_id}/groups").await;
    drive.get("/v2/orgs/{org_id}/groups/{group_id}").await;
    let update = json!({"description": "Some of them"});
    drive
        .call("PATCH /v2/orgs/{org_id}/groups/{group_id}", "", update, 200)
        .await;

    let members = "/v2/orgs/{org_id}/groups/{group_id}/members";
    let one = "/v2/orgs/{org_id}/groups/{group_id}/members/{member_id}";
    drive
        .call(&format!("POST {members}"), "", json!({"email": email}), 201)
        .await;
    drive.get(members).await;
    drive.get(one).await;
    let edit = json!({"membersToAdd": ["nobody@nowhere.example"], "membersToRemove": [email]});
    drive.call(&format!("PATCH {members}"), "", edit, 207).await;
    drive
        .call(&format!("POST {members}"), "", json!({"email": email}), 201)
        .await;
    drive
        .call(&format!("DELETE {one}"), "", Value::Null, 204)
        .await;

    let attach = json!({"userGroupId": drive.values["group_id"], "role": "member"});
    drive
        .call(
            "POST /v2/orgs/{org_id}/teams/{team_id}/groups",
            "",
            attach,
            201,
        )
        .await;
    drive.get("/v2/orgs/{org_id}/teams/{team_id}/groups").await;
    drive
        .get("/v2/orgs/{org_id}/teams/{team_id}/groups/{group_id}")
        .await;
    drive.get("/v2/orgs/{org_id}/groups/{group_id}/teams").await;
    drive
        .get("/v2/orgs/{org_id}/groups/{group_id}/teams/{team_id}")
        .await;
    let detach = "DELETE /v2/orgs/{org_id}/teams/{team_id}/groups/{group_id}";
    drive.call(detach, "", Value::Null, 204).await;
}

async fn shares(drive: &mut Drive<'_>) {
    drive
        .values
        .insert("board_id", "uXjVOconformance=".to_owned());
    drive
        .values
        .insert("project_id", "3074457345618265000".to_owned());
    for kind in ["boards/{board_id}", "projects/{project_id}"] {
        let all = format!("/v2/orgs/{{org_id}}/{kind}/groups");
        let share = json!({"userGroupIds": [drive.values["group_id"]], "role": "EDITOR"});
        drive.call(&format!("POST {all}"), "", share, 200).await;
        drive.get(&all).await;
        drive
            .call(&format!("DELETE {all}/{{group_id}}"), "", Value::Null, 204)
            .await;
    }
    drive
        .call(
            "DELETE /v2/orgs/{org_id}/groups/{group_id}",
            "",
            Value::Null,
            204,
        )
        .await;
    drive
        .call(
            "DELETE /v2/orgs/{org_id}/teams/{team_id}",
            "",
            Value::Null,
            204,
        )
        .await;
}

async fn scim(drive: &mut Drive<'_>) {
    const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    drive.get("/ServiceProviderConfig").await;
    drive.get("/ResourceTypes").await;
    drive.values.insert("resource", "User".to_owned());
    drive.get("/ResourceTypes/{resource}").await;
    drive.get("/Schemas").await;
    drive.values.insert("uri", USER.to_owned());
    drive.get("/Schemas/{uri}").await;
    let domain = drive.values["email"].split_once('@').unwrap().1.to_owned();
    let create = json!({"schemas": [USER], "userName": format!("conformance@{domain}"),
        "name": {"givenName": "Con", "familyName": "Formance"}});
    let mut user = drive.call("POST /Users", "", create, 201).await;
    drive.set("id", &user["id"]);
    drive.get("/Users").await;
    drive.get("/Users/{id}").await;
    user["displayName"] = "Formance, Con".into();
    drive.call("PUT /Users/{id}", "", user, 200).await;
    let rename = json!({"schemas": [PATCH],
        "Operations": [{"op": "Replace", "path": "displayName", "value": "Con Formance"}]});
    drive.call("PATCH /Users/{id}", "", rename, 200).await;
    drive.call("DELETE /Users/{id}", "", Value::Null, 204).await;

    let groups = drive.get("/Groups").await;
    drive.set("id", &groups["Resources"][0]["id"]);
    drive.get("/Groups/{id}").await;
    let add = json!({"schemas": [PATCH], "Operations": [
        {"op": "Add", "path": "members", "value": [{"value": drive.values["member_id"]}]}]});
    drive.call("PATCH /Groups/{id}", "", add, 200).await;
}

/// The error replies have no published schema, but their statuses are listed.
async fn errors(drive: &mut Drive<'_>) {
    let bad_limit = "?limit=101";
    drive
        .call("GET /v2/orgs/{org_id}/members", bad_limit, Value::Null, 400)
        .await;
    drive.values.insert("member_id", "1".to_owned());
    drive
        .call(
            "GET /v2/orgs/{org_id}/members/{member_id}",
            "",
            Value::Null,
            404,
        )
        .await;
    drive.values.insert("team_id", "1".to_owned());
    drive
        .call(
            "GET /v2/orgs/{org_id}/teams/{team_id}",
            "",
            Value::Null,
            404,
        )
        .await;
    drive.values.insert("id", "1".to_owned());
    drive.call("GET /Users/{id}", "", Value::Null, 404).await;
    drive.call("GET /Groups/{id}", "", Value::Null, 404).await;
    drive
        .call("GET /Users", "?filter=nonsense", Value::Null, 400)
        .await;
}

async fn tokens(drive: &mut Drive<'_>) {
    let body = json!({"accessToken": "none", "clientId": "sandbox-client", "clientSecret": "sandbox-secret"});
    drive.call("POST /v2/oauth/revoke", "", body, 404).await;
    drive
        .call(
            "POST /v1/oauth/revoke",
            "?access_token=none",
            Value::Null,
            400,
        )
        .await;
}

#[test]
fn the_departures_of_the_test_are_those_of_the_documentation() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sandbox.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page
        .split_once("## Where the sandbox departs from the published specification")
        .unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let documented: BTreeSet<(String, String)> = rows
        .map(|row| row.split_once("` | ").unwrap())
        .map(|(key, reason)| (key.to_owned(), reason.to_owned()))
        .collect();
    let listed = DEPARTURES
        .iter()
        .map(|(key, reason)| ((*key).to_owned(), (*reason).to_owned()));
    assert_eq!(documented, listed.collect());
}
