//! Whether what was read may become the inventory. Pure.

use usher_model::{Completeness, Distrust, Sources};

/// How many of each thing there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Accounts of every kind.
    pub accounts: u64,
    /// Teams.
    pub teams: u64,
    /// Grants of every kind.
    pub grants: u64,
}

/// A repeated id in one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// The list, in words.
    pub part: String,
    /// The first id that came again.
    pub first: String,
    /// How many came again.
    pub times: u64,
}

/// How much a list said it has, and how much came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its `totalResults`.
    pub total: u64,
    /// What its pages held.
    pub read: u64,
}

/// What a verdict is made from.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Lists that did not end, with the reason.
    pub unread: Vec<(String, String)>,
    /// Lists in which an id came twice.
    pub repeats: Vec<Repeats>,
    /// SCIM's users, where SCIM was read.
    pub scim_users: Option<Listing>,
    /// SCIM's groups, where they were read.
    pub scim_groups: Option<Listing>,
    /// Members and company admins that REST's pages held, where REST was read.
    pub rest_internal: Option<u64>,
    /// What was read now.
    pub now: Counts,
    /// What the believed inventory holds, restricted to what this synchronization can see.
    pub before: Option<Counts>,
}

/// The largest share by which an inventory may shrink from one synchronization to the next, in per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ShrinkLimit(u8);

impl ShrinkLimit {
    /// A limit between 0 (nothing may vanish) and 100 (anything may).
    pub fn from_percent(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// The limit in per cent.
    pub fn percent(self) -> u8 {
        self.0
    }

    pub(crate) fn is_exceeded(self, before: u64, now: u64) -> bool {
        let lost = u128::from(before.saturating_sub(now));
        lost * 100 > u128::from(before) * u128::from(self.0)
    }
}

impl Default for ShrinkLimit {
    /// 20 %.
    fn default() -> Self {
        Self(20)
    }
}

/// Judges a snapshot. An empty or halved read is never believed, whatever its lists say.
pub fn judge(evidence: &Evidence, sources: Sources, limit: ShrinkLimit) -> Completeness {
    let mut reasons = Vec::new();
    for (part, why) in &evidence.unread {
        reasons.push(Distrust::Unread {
            part: part.clone(),
            why: why.clone(),
        });
    }
    for repeat in &evidence.repeats {
        reasons.push(Distrust::RepeatedId {
            part: repeat.part.clone(),
            id: repeat.first.clone(),
            times: repeat.times,
        });
    }
    reasons.extend(disagreements(evidence));
    reasons.extend(shrinkage(evidence, limit));
    if !reasons.is_empty() {
        Completeness::Suspect { reasons }
    } else if sources.has_scim() && evidence.scim_users.is_some() {
        Completeness::Complete
    } else {
        Completeness::TotalUnverified
    }
}

fn disagreements(evidence: &Evidence) -> Vec<Distrust> {
    let members = evidence.scim_users.zip(evidence.rest_internal);
    let compared = [
        ("users in SCIM's own pages", evidence.scim_users),
        ("groups in SCIM's own pages", evidence.scim_groups),
        (
            "members and company admins",
            members.map(|(users, read)| Listing { read, ..users }),
        ),
    ];
    compared
        .into_iter()
        .filter_map(|(part, listing)| Some((part, listing?)))
        .filter(|(_, listing)| listing.read != listing.total)
        .map(|(part, listing)| Distrust::TotalsDisagree {
            part: part.to_owned(),
            expected: listing.total,
            read: listing.read,
        })
        .collect()
}

fn shrinkage(evidence: &Evidence, limit: ShrinkLimit) -> Vec<Distrust> {
    let now = evidence.now;
    if now.accounts == 0 {
        let before = evidence.before.map_or(0, |before| before.accounts);
        return vec![Distrust::Shrunk {
            what: "accounts".to_owned(),
            before,
            now: 0,
            limit_percent: limit.percent(),
        }];
    }
    let Some(before) = evidence.before else {
        return Vec::new();
    };
    [
        ("accounts", before.accounts, now.accounts),
        ("teams", before.teams, now.teams),
        ("grants", before.grants, now.grants),
    ]
    .into_iter()
    .filter(|(_, before, now)| limit.is_exceeded(*before, *now))
    .map(|(what, before, now)| Distrust::Shrunk {
        what: what.to_owned(),
        before,
        now,
        limit_percent: limit.percent(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn good() -> Evidence {
        Evidence {
            scim_users: Some(Listing {
                total: 90,
                read: 90,
            }),
            rest_internal: Some(90),
            now: Counts {
                accounts: 100,
                teams: 10,
                grants: 300,
            },
            before: Some(Counts {
                accounts: 100,
                teams: 10,
                grants: 300,
            }),
            ..Evidence::default()
        }
    }

    fn judge_it(evidence: &Evidence) -> Completeness {
        judge(evidence, Sources::RestAndScim, ShrinkLimit::default())
    }

    #[test]
    fn lists_that_end_and_totals_that_agree_are_complete() {
        assert_eq!(judge_it(&good()), Completeness::Complete);
    }

    #[test]
    fn without_a_total_to_compare_with_the_snapshot_says_so() {
        let evidence = Evidence {
            scim_users: None,
            ..good()
        };
        let verdict = judge(&evidence, Sources::Rest, ShrinkLimit::default());
        assert_eq!(verdict, Completeness::TotalUnverified);
    }

    #[test]
    fn a_list_that_did_not_end_is_suspect() {
        let evidence = Evidence {
            unread: vec![("members".into(), "HTTP 500".into())],
            ..good()
        };
        assert!(!judge_it(&evidence).is_believed());
    }

    #[test]
    fn a_repeated_id_is_suspect() {
        let repeats = Repeats {
            part: "members".into(),
            first: "42".into(),
            times: 1,
        };
        let evidence = Evidence {
            repeats: vec![repeats],
            ..good()
        };
        assert!(!judge_it(&evidence).is_believed());
    }

    #[test]
    fn totals_that_disagree_are_suspect() {
        let short = Some(Listing {
            total: 90,
            read: 89,
        });
        assert!(
            !judge_it(&Evidence {
                scim_users: short,
                ..good()
            })
            .is_believed()
        );
        assert!(
            !judge_it(&Evidence {
                scim_groups: short,
                ..good()
            })
            .is_believed()
        );
        assert!(
            !judge_it(&Evidence {
                rest_internal: Some(91),
                ..good()
            })
            .is_believed()
        );
    }

    #[test]
    fn an_empty_first_read_is_suspect() {
        let evidence = Evidence {
            now: Counts::default(),
            before: None,
            ..Evidence::default()
        };
        assert!(!judge(&evidence, Sources::Rest, ShrinkLimit::default()).is_believed());
    }

    #[test]
    fn exactly_the_limit_may_vanish_and_not_one_more() {
        let at = |accounts| Evidence {
            now: Counts {
                accounts,
                ..good().now
            },
            ..good()
        };
        assert!(judge_it(&at(80)).is_believed());
        assert!(!judge_it(&at(79)).is_believed());
    }

    proptest! {
        #[test]
        fn growth_is_never_suspect(before in 1_u64..1_000_000, more in 0_u64..1_000_000, limit in 0_u8..=100) {
            let counts = |accounts| Counts { accounts, teams: accounts, grants: accounts };
            let evidence = Evidence { now: counts(before + more), before: Some(counts(before)), ..Evidence::default() };
            let limit = ShrinkLimit::from_percent(limit).unwrap();
            prop_assert!(judge(&evidence, Sources::Rest, limit).is_believed());
        }

        #[test]
        fn a_halved_read_is_never_believed_below_a_limit_of_half(before in 2_u64..1_000_000, limit in 0_u8..50) {
            let counts = |accounts| Counts { accounts, teams: 1, grants: accounts };
            let evidence = Evidence { now: counts(before / 2), before: Some(counts(before)), ..Evidence::default() };
            let limit = ShrinkLimit::from_percent(limit).unwrap();
            prop_assert!(!judge(&evidence, Sources::Rest, limit).is_believed());
        }
    }
}
