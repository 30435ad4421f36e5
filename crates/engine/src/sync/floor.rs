//! The fewest requests with which the same data could have been read. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Miro's largest page in REST lists.
const REST_PAGE: u64 = 100;

/// What has to be read, as counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Organization members of every kind; `None` when REST was not read.
    pub members: Option<u64>,
    /// How many teams there are.
    pub teams: u64,
    /// Pages that the member lists of all teams take: at least one per team.
    pub team_member_pages: u64,
    /// Users in SCIM, and the page size; `None` when SCIM was not read.
    pub scim_users: Option<(u64, u64)>,
    /// Further reads that were asked for, by name.
    pub optional: BTreeMap<String, u64>,
}

impl Workload {
    /// Counts the pages of one team's member list.
    pub fn add_team(&mut self, members: u64) {
        self.teams += 1;
        self.team_member_pages += pages(members, REST_PAGE);
    }

    /// The floor: token 1 + organization 1 + pages of members, teams and each team's members, + pages of
    /// SCIM users, + the optional reads.
    pub fn floor(&self) -> u64 {
        let rest = self.members.map_or(0, |members| {
            2 + pages(members, REST_PAGE) + pages(self.teams, REST_PAGE) + self.team_member_pages
        });
        let scim = self
            .scim_users
            .map_or(0, |(users, page)| pages(users, page));
        rest + scim + self.optional.values().sum::<u64>()
    }
}

/// Pages of a list; an empty list still takes one request.
fn pages(items: u64, per_page: u64) -> u64 {
    items.div_ceil(per_page.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_counts_one_request_per_page_and_one_per_empty_team() {
        let mut work = Workload {
            members: Some(1000),
            ..Workload::default()
        };
        for members in [0, 1, 100, 101] {
            work.add_team(members);
        }
        assert_eq!(work.floor(), 2 + 10 + 1 + (1 + 1 + 1 + 2));
    }

    #[test]
    fn names_and_optional_reads_are_counted_on_top() {
        let mut work = Workload {
            members: Some(100),
            scim_users: Some((250, 100)),
            ..Workload::default()
        };
        work.optional.insert("audit log pages".into(), 4);
        assert_eq!(work.floor(), 2 + 1 + 1 + 3 + 4);
    }

    #[test]
    fn scim_alone_needs_its_user_pages_only() {
        let work = Workload {
            scim_users: Some((100, 100)),
            ..Workload::default()
        };
        assert_eq!(work.floor(), 1);
    }
}
