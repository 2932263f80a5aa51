use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::calendar::begins;

fn at(time: i64) -> Candidate {
    Candidate {
        time,
        complete: true,
        host: "h".to_owned(),
        sources: vec!["/a".to_owned()],
        tags: Vec::new(),
    }
}

/// One snapshot at 2:00 of each day.
fn nights(count: i64) -> Vec<Candidate> {
    (0..count).map(|day| at(begins(date(2024, 1, 1)) + 7_200 + day * 86_400)).collect()
}

fn kept(candidates: &[Candidate], policy: &Policy) -> Vec<usize> {
    let groups = plan(candidates, policy, GroupBy::default());
    groups.iter().flat_map(|group| &group.kept).map(|kept| kept.number).collect()
}

#[test]
fn each_rule_by_itself() {
    let year = nights(400); // 2024-01-01 to 2025-02-03
    let none = Policy::default();
    for (policy, expected) in [
        (Policy { last: 3, ..none.clone() }, vec![399, 398, 397]),
        (Policy { daily: 2, ..none.clone() }, vec![399, 398]),
        // Monday 3 February, then the Sundays 2 February and 26 January.
        (Policy { weekly: 3, ..none.clone() }, vec![399, 398, 391]),
        (Policy { monthly: 3, ..none.clone() }, vec![399, 396, 365]),
        // The oldest counts for the year that is not there.
        (Policy { yearly: 3, ..none.clone() }, vec![399, 365, 0]),
        (Policy { within: Some("2d".parse().unwrap()), ..none.clone() }, vec![399, 398, 397]),
    ] {
        assert_eq!(kept(&year, &policy), expected, "{policy:?}");
    }
    let hours: Vec<Candidate> = (0..10).map(|half| at(1_800 * half)).collect();
    assert_eq!(kept(&hours, &Policy { hourly: 3, ..none }), [9, 7, 5]);
}

#[test]
fn days_are_those_of_the_zone() {
    // 23:00, 1:00 and 7:00 at UTC+8: two days there, and other ones in UTC.
    let midnight = begins(date(2024, 6, 1));
    let hours = [at(midnight - 3_600), at(midnight + 3_600), at(midnight + 7 * 3_600)];
    let here = Policy { daily: 9, ..Policy::default() };
    assert_eq!(kept(&hours, &here), [2, 0]);
    let hours = [hours[1].clone(), hours[2].clone(), at(midnight + 9 * 3_600)];
    assert_eq!(kept(&hours, &Policy { zone: Offset::UTC, ..here }), [2, 1, 0]);
}

#[test]
fn reasons_are_all_named() {
    let mut candidates = nights(2);
    candidates[0].tags = vec!["audit".to_owned()];
    let policy = Policy { last: 1, daily: 1, tags: vec!["audit".to_owned()], ..Policy::default() };
    let groups = plan(&candidates, &policy, GroupBy::default());
    assert_eq!(
        groups[0].kept,
        [
            Kept { number: 1, reasons: vec![Reason::Newest, Reason::Last, Reason::Daily] },
            Kept { number: 0, reasons: vec![Reason::Tag("audit".to_owned())] },
        ]
    );
}

#[test]
fn groups_are_by_host_and_sources() {
    let mut candidates = nights(4);
    candidates[1].host = "other".to_owned();
    candidates[2].sources = vec!["/b".to_owned(), "/a".to_owned()];
    candidates[3].sources = vec!["/a".to_owned(), "/b".to_owned()];
    let policy = Policy { last: 1, ..Policy::default() };
    let groups = plan(&candidates, &policy, GroupBy::default());
    let keys: Vec<_> = groups
        .iter()
        .map(|group| (group.key.host.as_deref(), group.kept[0].number, group.forgotten.len()))
        .collect();
    assert_eq!(keys, [(Some("h"), 0, 0), (Some("h"), 3, 1), (Some("other"), 1, 0)]);
    let all = GroupBy { host: false, sources: false, tags: false };
    assert_eq!(plan(&candidates, &policy, all).len(), 1);
    let tags = GroupBy { tags: true, ..all };
    candidates[0].tags = vec!["x".to_owned()];
    assert_eq!(plan(&candidates, &policy, tags).len(), 2);
}

#[test]
fn what_was_not_finished_goes_once_a_later_one_was() {
    let mut candidates = nights(4);
    candidates[1].complete = false;
    candidates[3].complete = false;
    let policy = Policy { last: 9, ..Policy::default() };
    let groups = plan(&candidates, &policy, GroupBy::default());
    assert_eq!(groups[0].forgotten, [1]);
    assert_eq!(groups[0].kept[0], Kept { number: 3, reasons: vec![Reason::Unfinished] });
    // It takes the place of no finished one.
    let policy = Policy { last: 1, ..Policy::default() };
    assert_eq!(kept(&candidates, &policy), [3, 2]);
}

#[test]
fn a_group_is_emptied_only_if_that_was_asked_for() {
    let candidates = nights(3);
    let policy = Policy { tags: vec!["never".to_owned()], ..Policy::default() };
    assert_eq!(kept(&candidates, &policy), [2]);
    assert_eq!(kept(&candidates, &Policy { may_empty: true, ..policy }), [0_usize; 0]);
    assert_eq!(kept(&candidates, &Policy { may_empty: true, ..Policy::default() }), [2, 1, 0]);
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let tags = prop::collection::vec(prop::sample::select(vec!["x", "y"]), 0..2);
    let one = (0_i64..100_000_000, any::<bool>(), 0..2_u8, tags);
    let candidate = one.prop_map(|(time, complete, host, tags)| Candidate {
        complete,
        host: host.to_string(),
        tags: tags.into_iter().map(str::to_owned).collect(),
        ..at(time)
    });
    prop::collection::vec(candidate, 0..60)
}

fn policies() -> impl Strategy<Value = Policy> {
    let within = prop::option::of(prop::sample::select(vec!["1y", "3m", "20d", "7h"]));
    let tags = prop::collection::vec(prop::sample::select(vec!["x", "z"]), 0..2);
    ([0_u32..4, 0..4, 0..4, 0..4, 0..4, 0..4], within, tags, any::<bool>()).prop_map(
        |([last, hourly, daily, weekly, monthly, yearly], within, tags, may_empty)| Policy {
            last,
            hourly,
            daily,
            weekly,
            monthly,
            yearly,
            within: within.map(|within| within.parse().unwrap()),
            tags: tags.into_iter().map(str::to_owned).collect(),
            may_empty,
            zone: Offset::constant(8),
        },
    )
}

/// A policy with the rules of both.
fn both(one: &Policy, other: &Policy) -> Policy {
    let mut tags = one.tags.clone();
    tags.extend(other.tags.clone());
    Policy {
        last: one.last.max(other.last),
        hourly: one.hourly.max(other.hourly),
        daily: one.daily.max(other.daily),
        weekly: one.weekly.max(other.weekly),
        monthly: one.monthly.max(other.monthly),
        yearly: one.yearly.max(other.yearly),
        within: one.within.or(other.within),
        tags,
        may_empty: one.may_empty,
        zone: one.zone,
    }
}

proptest! {
    #[test]
    fn every_snapshot_is_decided_once(candidates in candidates(), policy in policies()) {
        let groups = plan(&candidates, &policy, GroupBy::default());
        let mut seen: Vec<usize> = Vec::new();
        for group in &groups {
            seen.extend(group.kept.iter().map(|kept| kept.number));
            seen.extend(&group.forgotten);
            prop_assert!(group.kept.iter().all(|kept| !kept.reasons.is_empty()));
            let finished = |number: &usize| candidates[*number].complete;
            if !policy.may_empty && group.forgotten.iter().any(finished) {
                prop_assert!(group.kept.iter().any(|kept| finished(&kept.number)));
            }
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..candidates.len()).collect::<Vec<_>>());
    }

    #[test]
    fn more_rules_never_keep_fewer(candidates in candidates(), one in policies(), other in policies()) {
        prop_assume!(!one.is_empty());
        let fewer = kept(&candidates, &one);
        let more = kept(&candidates, &both(&one, &other));
        prop_assert!(fewer.iter().all(|number| more.contains(number)), "{:?} {:?}", fewer, more);
    }

    #[test]
    fn what_was_kept_is_kept_again(candidates in candidates(), policy in policies()) {
        let first = kept(&candidates, &policy);
        let left: Vec<Candidate> = first.iter().map(|number| candidates[*number].clone()).collect();
        prop_assert_eq!(kept(&left, &policy).len(), left.len());
    }
}
