//! A small organization for tests of SCIM, and short ways to speak to it.

use serde_json::{Value, json};
use usher_sandbox::switches::Switches;
use usher_sandbox::world::{UserKey, World};
use usher_sandbox::{LimitSettings, OrganizationSource, SandboxSettings};

use crate::support::{Miro, Reply};

/// Jane leads everything, Ann leads Design with Jane and is the older of the two there; Bob and Cy are members.
/// Dora is deactivated, Gus a team guest, Eve an external user, Pat has never signed up.
pub const OFFICE: &str = "
organization:
  name: Office
  seats: 8
  allowed_domains: [acme.com, acme.org]
  claimed_domains: [acme.com]
  foreign_domains: [rival.com]
  admin_roles: [Workspace Steward]
users:
  - { email: jane@acme.com, name: Jane Doe, role: admin, created: 2024-01-01T00:00:00Z }
  - { email: ann@acme.com, name: Ann Lee, admin_roles: [Content Admin], department: Art, cost_center: C1 }
  - { email: bob@acme.com, name: Bob Roe, license: Free Restricted, language: en_US, employee_number: '7' }
  - { email: cy@acme.org, name: Cy, department: Sales }
  - { email: dora@acme.com, name: Dora Dee, active: false }
  - { email: pat@acme.com, name: Pat Poe, registration: pending, license: Free Restricted }
  - { email: gus@guest.net, name: Gus Guest, role: team_guest }
  - { email: eve@guest.net, name: Eve Outer, role: external }
teams:
  - { name: Everyone, admins: [jane@acme.com] }
  - name: Design
    admins: [ann@acme.com, jane@acme.com]
    members: [bob@acme.com]
    guests: [gus@guest.net]
    boards: { bob@acme.com: 3, jane@acme.com: 1 }
  - { name: Sales, admins: [ann@acme.com], members: [cy@acme.org], boards: { cy@acme.org: 2 } }
  - { name: Empty }
groups:
  - { name: Auditors, members: [bob@acme.com], teams: [Design] }
";

/// A sandbox with an organization, its world, and SCIM calls.
pub struct Office {
    pub miro: Miro,
}

/// A PATCH body.
#[expect(
    clippy::needless_pass_by_value,
    reason = "bodies are written where they are used"
)]
pub fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// The same with one operation.
#[expect(
    clippy::needless_pass_by_value,
    reason = "bodies are written where they are used"
)]
pub fn replace(path: &str, value: Value) -> Value {
    patch(json!([{"op": "replace", "path": path, "value": value}]))
}

/// Sets a switch.
pub fn with(name: &str, value: &str) -> Switches {
    let mut switches = Switches::default();
    switches.set(name, value).unwrap();
    switches
}

impl Office {
    pub async fn open() -> Self {
        Self::with(OFFICE, Switches::default()).await
    }

    pub async fn switched(name: &str, value: &str) -> Self {
        Self::with(OFFICE, with(name, value)).await
    }

    pub async fn with(text: &str, switches: Switches) -> Self {
        let settings = SandboxSettings {
            organization: OrganizationSource::Text(text.to_owned()),
            switches,
            limits: LimitSettings {
                enforced: false,
                ..LimitSettings::default()
            },
            ..SandboxSettings::default()
        };
        let miro = Miro::start(settings).await;
        Self { miro }
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let path = format!("/api/v1/scim{path}");
        self.miro.call(method, &path, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null).await.expect(200)
    }

    pub async fn user(&self, email: &str) -> Value {
        self.get(&format!("/Users/{}", self.id(email))).await
    }

    /// Patches a user.
    pub async fn patch(&self, email: &str, body: Value) -> Reply {
        self.call("PATCH", &format!("/Users/{}", self.id(email)), body)
            .await
    }

    pub async fn delete(&self, email: &str) -> Reply {
        self.call("DELETE", &format!("/Users/{}", self.id(email)), Value::Null)
            .await
    }

    /// Patches a team or, in the user-group model, a user group.
    pub async fn patch_group(&self, name: &str, operations: Value) -> Reply {
        let id = self.group_id(name);
        self.call("PATCH", &format!("/Groups/{id}"), patch(operations))
            .await
    }

    /// Looks into the organization; it must not be broken whenever a test looks.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let world = self.miro.sandbox.state().world.read();
        assert_eq!(world.broken_promise(), None);
        look(&world)
    }

    pub fn key(&self, email: &str) -> UserKey {
        self.world(|world| world.find_user_by_email(email)).unwrap()
    }

    pub fn id(&self, email: &str) -> String {
        let key = self.key(email);
        self.world(|world| world.user(key).id.to_string())
    }

    /// The id of a team, or of a user group when there is no team of the name.
    pub fn group_id(&self, name: &str) -> String {
        self.world(|world| {
            let team = world
                .teams_after(0)
                .map(|key| world.team(key))
                .find(|team| team.name == name);
            let group = world
                .find_group_by_name(name)
                .map(|key| world.group(key).id);
            team.map(|team| team.id).or(group).unwrap().to_string()
        })
    }

    /// Addresses of the people in a team or user group, sorted.
    pub fn members(&self, name: &str) -> Vec<String> {
        let id: u64 = self.group_id(name).parse().unwrap();
        self.world(|world| {
            let keys: Vec<UserKey> = match (world.find_team(id), world.find_group(id)) {
                (Some(team), _) => world
                    .team(team)
                    .members()
                    .iter()
                    .map(|one| one.user)
                    .collect(),
                (None, group) => world.group(group.unwrap()).members().to_vec(),
            };
            let mut addresses: Vec<String> = keys
                .iter()
                .map(|key| world.user(*key).user_name.to_string())
                .collect();
            addresses.sort();
            addresses
        })
    }

    /// Names of boards by the address of their owner.
    pub fn boards(&self, email: &str) -> Vec<String> {
        let key = self.key(email);
        self.world(|world| {
            world
                .user(key)
                .boards()
                .iter()
                .map(|board| world.board(*board).name.to_string())
                .collect()
        })
    }

    /// Names of the events in the audit log since a number, with the kind of actor.
    pub fn events_since(&self, count: usize) -> Vec<String> {
        self.world(|world| {
            world.audit()[count..]
                .iter()
                .map(|event| event.kind.to_string())
                .collect()
        })
    }

    pub fn event_count(&self) -> usize {
        self.world(|world| world.audit().len())
    }

    pub fn gone(&self, email: &str) -> bool {
        self.world(|world| world.find_user_by_email(email).is_none())
    }
}
