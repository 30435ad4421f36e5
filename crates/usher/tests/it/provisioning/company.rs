//! A company with a directory in a file, and the Miro organization it is to be kept in step with.

use serde_json::Value;
use usher_sandbox::SandboxSettings;

use crate::support::{Home, Miro, Ran, small};

/// Who works there. Ada, Bob, Carol and Eve have accounts in Miro already; Frank and Gina have none.
pub const PEOPLE: &str = "\
email,first name,last name,department,employee number,groups,status
ada@example.org,Ada,Lovelace,Engines,1,Staff,active
bob@example.org,Bob,Babbage,Engines,2,Staff;Design,active
carol@example.org,Carol,Shaw,Games,3,Staff;Design,active
eve@example.org,Eve,Moneypenny,Office,5,Staff,active
frank@example.org,Frank,Herbert,Library,6,Staff;Design,active
gina@example.org,Gina,Lollobrigida,Stage,7,Film,active
";

pub struct Company {
    pub miro: Miro,
    pub home: Home,
}

impl Company {
    /// The organization is read, the directory is read, and the connector is active and on. Nobody is assigned yet.
    pub fn new() -> Self {
        Self::beside(small())
    }

    pub fn beside(settings: SandboxSettings) -> Self {
        let company = Self::unconnected(settings);
        company.run(&["connector", "activate"]);
        company.run(&["connector", "on"]);
        company
    }

    /// As [`Self::new`], but the connector was never activated.
    pub fn unconnected(settings: SandboxSettings) -> Self {
        let miro = Miro::start(settings);
        let home = Home::beside(&miro);
        let company = Self { miro, home };
        company.run(&["sync"]);
        company.home.write("people.csv", PEOPLE);
        company.run(&["people", "source", "add", "csv", "hr", "people.csv"]);
        company.read_people();
        company
    }

    /// Everybody in the directory is in scope.
    pub fn of_everyone() -> Self {
        let company = Self::new();
        company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
        company
    }

    /// Runs a command that must succeed.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.home.run(arguments).expect(0)
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        self.home.json(arguments)
    }

    /// The file changes, and is read again.
    pub fn now_says(&self, people: &str) {
        self.home.write("people.csv", people);
        self.read_people();
    }

    pub fn read_people(&self) {
        self.run(&["people", "source", "read", "hr"]);
    }

    /// Plans, approves if need be, and applies; every change must succeed.
    pub fn provision(&self) -> Ran {
        self.plan();
        self.run(&["apply", "--yes"])
    }

    /// Plans, and approves if need be.
    pub fn plan(&self) -> Value {
        let plan = self.json(&["plan"]);
        if plan["state"] == "held" {
            self.run(&["plan", "approve", "latest", "--reason", "as meant"]);
        }
        plan
    }
}

/// The people's file without the row of `email`.
#[expect(clippy::format_collect, reason = "a few lines of a table")]
pub fn without(email: &str) -> String {
    let rows = PEOPLE.lines().filter(|row| !row.starts_with(email));
    rows.map(|row| format!("{row}\n")).collect()
}

/// The kinds of a plan's changes that are about `label`.
pub fn kinds_for(plan: &Value, label: &str) -> Vec<String> {
    let changes = plan["plan"]["changes"].as_array().unwrap().iter();
    changes
        .filter(|change| change["label"] == label)
        .map(|change| change["action"]["do"].as_str().unwrap().to_owned())
        .collect()
}
