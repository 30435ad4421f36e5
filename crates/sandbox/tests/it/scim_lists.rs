//! Lists of users, discovery, and shapes that can be switched: requirement M1.

use serde_json::{Value, json};

use crate::scim_office::Office;

fn new(email: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email})
}

#[tokio::test]
async fn m1_users_are_listed_and_filtered() {
    let office = Office::open().await;
    let all = office.get("/Users").await;
    assert_eq!(
        all["totalResults"], 6,
        "guests and external users are not there"
    );
    assert_eq!(
        (all.get("startIndex"), all.get("itemsPerPage")),
        (None, None)
    );
    let ids: Vec<&str> = all["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted(), "by id unless asked");

    for (filter, expected) in [
        (r#"userName eq "BOB@acme.com""#, vec!["bob@acme.com"]),
        (
            r#"userName sw "b" or displayName ew "lee""#,
            vec!["ann@acme.com", "bob@acme.com"],
        ),
        ("active eq false", vec!["dora@acme.com"]),
        (r#"active eq "False""#, vec!["dora@acme.com"]),
        (
            r#"userType ne "Full""#,
            vec!["bob@acme.com", "pat@acme.com"],
        ),
        (r#"not (emails.value co "acme.com")"#, vec!["cy@acme.org"]),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "art""#,
            vec!["ann@acme.com"],
        ),
        (
            r#"roles[type eq "organization_admin_role"]"#,
            vec!["ann@acme.com"],
        ),
        (
            r#"roles.value eq "ORGANIZATION_INTERNAL_ADMIN""#,
            vec!["jane@acme.com"],
        ),
        (
            r#"emails[primary eq true and value sw "cy"]"#,
            vec!["cy@acme.org"],
        ),
        (
            r#"name.familyName eq "Doe" and active eq true"#,
            vec!["jane@acme.com"],
        ),
        ("preferredLanguage pr", vec!["bob@acme.com"]),
        (r#"userName eq "gus@guest.net""#, vec![]),
        (r#"id eq "1""#, vec![]),
    ] {
        let list = found(
            &office,
            &format!("filter={}&sortBy=userName", escape(filter)),
        )
        .await;
        assert_eq!(list, expected, "{filter}");
    }
    let team = office.group_id("Design");
    let filter = escape(&format!(r#"groups.value eq "{team}""#));
    assert_eq!(
        found(&office, &format!("filter={filter}")).await,
        ["jane@acme.com", "ann@acme.com", "bob@acme.com"]
    );
}

#[tokio::test]
async fn m1_users_are_sorted_and_paged() {
    let office = Office::open().await;
    let sorted = found(&office, "sortBy=name.givenName&sortOrder=descending").await;
    assert_eq!(
        sorted,
        [
            "pat@acme.com",
            "jane@acme.com",
            "dora@acme.com",
            "cy@acme.org",
            "bob@acme.com",
            "ann@acme.com"
        ]
    );
    let by_department =
        "sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department&count=3";
    assert_eq!(
        found(&office, by_department).await,
        ["ann@acme.com", "cy@acme.org", "jane@acme.com"],
        "without value last"
    );

    let page = office
        .get("/Users?startIndex=3&count=2&sortBy=userName")
        .await;
    assert_eq!(
        (
            &page["startIndex"],
            &page["itemsPerPage"],
            &page["totalResults"]
        ),
        (&json!(3), &json!(2), &json!(6))
    );
    assert_eq!(names(&page), ["cy@acme.org", "dora@acme.com"]);
    assert_eq!(
        names(&office.get("/Users?startIndex=7").await),
        Vec::<String>::new()
    );
    let count = office.get("/Users?count=0").await;
    assert_eq!(
        count,
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 6})
    );
}

#[tokio::test]
async fn m1_attributes_and_excluded_attributes_narrow_what_is_shown() {
    let office = Office::open().await;
    let list = office
        .get("/Users?attributes=userName,emails.value&filter=userName%20eq%20%22bob@acme.com%22")
        .await;
    let id = office.id("bob@acme.com");
    let expected = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "id": id, "userName": "bob@acme.com", "emails": [{"value": "bob@acme.com"}]});
    assert_eq!(list["Resources"][0], expected);
    let one = office
        .get(&format!("/Users/{id}?excludedAttributes=groups,roles"))
        .await;
    assert_eq!((one.get("groups"), one.get("roles")), (None, None));
    assert_eq!(one["userName"], "bob@acme.com");
}

#[tokio::test]
async fn m1_wrong_queries_and_bodies_are_refused_in_scims_words() {
    let office = Office::open().await;
    let refused = |reply: crate::support::Reply, status: u16| {
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        let body = reply.expect(status);
        assert_eq!(
            body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        );
        assert_eq!(body["status"], status.to_string());
        body["scimType"].as_str().unwrap_or_default().to_owned()
    };
    let get = async |path: &str| office.call("GET", path, Value::Null).await;
    assert_eq!(
        refused(get("/Users?filter=userName%20eq").await, 400),
        "invalidFilter"
    );
    assert_eq!(
        refused(get("/Users?filter=externalId%20eq%20%22x%22").await, 400),
        "invalidFilter"
    );
    assert_eq!(
        refused(get("/Users?sortBy=shoeSize").await, 400),
        "invalidPath"
    );
    assert_eq!(refused(get("/Users?count=many").await, 400), "invalidValue");
    assert_eq!(refused(get("/Users/nobody").await, 404), "");
    assert_eq!(refused(get("/Me").await, 404), "");
    assert_eq!(
        refused(
            office
                .call("POST", "/Users", json!({"displayName": "X"}))
                .await,
            400
        ),
        "invalidValue"
    );
    assert_eq!(
        refused(office.call("POST", "/Users", new("no-address")).await, 400),
        "invalidValue"
    );
    let long = json!({"userName": "long@acme.com", "displayName": "x".repeat(61)});
    assert_eq!(
        refused(office.call("POST", "/Users", long).await, 400),
        "invalidValue"
    );
    let text = office
        .miro
        .authorized("POST", "/api/v1/scim/Users")
        .header("content-type", "text/plain")
        .body("x");
    refused(crate::support::send(text).await, 415);
    let big = json!({"userName": "big@acme.com", "displayName": "x".repeat(800_000)});
    refused(office.call("POST", "/Users", big).await, 413);
    let wrong_token = office
        .miro
        .request("GET", "/api/v1/scim/Users")
        .bearer_auth("wrong");
    refused(crate::support::send(wrong_token).await, 401);
    assert_eq!(
        office.get("/Users?count=0").await["totalResults"],
        6,
        "nobody came"
    );
}

#[tokio::test]
async fn m1_a_caller_who_takes_only_plain_json_gets_it() {
    let office = Office::open().await;
    let request = office
        .miro
        .authorized("GET", "/api/v1/scim/Users")
        .header("accept", "application/json");
    assert_eq!(
        crate::support::send(request).await.header("content-type"),
        Some("application/json")
    );
}

#[tokio::test]
async fn m1_the_shapes_that_sources_disagree_on_can_be_switched() {
    let office = Office::switched("emails_type", "on").await;
    assert_eq!(
        office.user("bob@acme.com").await["emails"][0]["type"],
        "work"
    );
    let office = Office::switched("photos_without_value", "off").await;
    assert_eq!(office.user("bob@acme.com").await.get("photos"), None);
    let office = Office::switched("list_envelope", "always").await;
    assert_eq!(office.get("/Users").await["startIndex"], 1);
    let office = Office::switched("list_envelope", "never").await;
    assert_eq!(
        office.get("/Users?startIndex=1").await.get("startIndex"),
        None
    );
    let office = Office::switched("scim", "off").await;
    office.call("GET", "/Users", Value::Null).await.expect(403);
}

#[tokio::test]
async fn m1_a_count_beyond_the_clamp_is_clamped_not_refused() {
    use usher_sandbox::{GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings};
    for (clamp, most) in [("1000", 1000), ("200", 200)] {
        let settings = SandboxSettings {
            organization: OrganizationSource::Generated(GenerateSettings {
                users: 1100,
                ..GenerateSettings::default()
            }),
            switches: crate::scim_office::with("count_clamp", clamp),
            limits: LimitSettings {
                enforced: false,
                ..LimitSettings::default()
            },
            ..SandboxSettings::default()
        };
        let miro = crate::support::Miro::start(settings).await;
        let page = miro
            .get("/api/v1/scim/Users?count=9999&attributes=id")
            .await
            .expect(200);
        assert_eq!(page["Resources"].as_array().unwrap().len(), most);
        let page = miro
            .get("/api/v1/scim/Users?attributes=id")
            .await
            .expect(200);
        assert_eq!(page["Resources"].as_array().unwrap().len(), 100);
    }
}

#[tokio::test]
async fn m1_discovery_describes_what_is_given_out() {
    let office = Office::open().await;
    let config = office.get("/ServiceProviderConfig").await;
    assert_eq!(
        config["filter"],
        json!({"supported": true, "maxResults": 200})
    );
    assert_eq!(
        (&config["etag"]["supported"], &config["bulk"]["supported"]),
        (&json!(false), &json!(false))
    );
    let types = office.get("/ResourceTypes").await;
    assert_eq!(types["totalResults"], 2);
    assert_eq!(
        office.get("/ResourceTypes/Group").await["schema"],
        "urn:ietf:params:scim:schemas:core:2.0:Group"
    );
    let schemas = office.get("/Schemas").await;
    assert_eq!(schemas["totalResults"], 3);
    let user = office
        .get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")
        .await;
    let advertised: Vec<&str> = user["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let shown = office.user("bob@acme.com").await;
    let shown: Vec<&str> = shown
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for name in &advertised {
        assert!(
            shown.contains(name),
            "{name} is advertised and not given out"
        );
    }
    office
        .call("GET", "/Schemas/urn:none", Value::Null)
        .await
        .expect(404);
    let refused = office.call("POST", "/Schemas", json!({})).await.expect(405);
    assert_eq!(refused["error"]["reason"], "methodNotAllowed");
}

fn escape(filter: &str) -> String {
    filter
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('"', "%22")
        .replace('[', "%5B")
        .replace(']', "%5D")
}

async fn found(office: &Office, query: &str) -> Vec<String> {
    names(&office.get(&format!("/Users?{query}")).await)
}

fn names(list: &Value) -> Vec<String> {
    let users = list["Resources"].as_array().unwrap();
    users
        .iter()
        .map(|user| user["userName"].as_str().unwrap().to_owned())
        .collect()
}
