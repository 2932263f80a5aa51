//! What is overdue.

use super::medium::{Check, Medium, MediumState, Sync};

/// Something that should have been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The id of the copy or medium.
    pub id: String,
    /// What should have been done.
    pub what: What,
    /// Since when it is due, in Unix seconds.
    pub since: u64,
}

/// What is to be done with a copy or medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum What {
    /// To be brought up to date.
    Sync,
    /// To be read and compared.
    Check,
    /// To be healed: the last check found something missing or wrong.
    Repair,
    /// To be looked after.
    Audit,
    /// To be found: the last audit did not.
    Search,
}

pub(super) fn due(media: &[Medium], now: u64) -> Vec<Due> {
    let mut all: Vec<Due> = media
        .iter()
        .flat_map(|medium| {
            let since = dates(medium).into_iter().filter(|(_, since)| *since <= now);
            since.map(|(what, since)| Due { id: medium.id.clone(), what, since })
        })
        .collect();
    all.sort_by(|one, other| {
        (one.since, &one.id, one.what).cmp(&(other.since, &other.id, other.what))
    });
    all
}

/// When each thing becomes due.
fn dates(medium: &Medium) -> Vec<(What, u64)> {
    let mut dates = Vec::new();
    if medium.copy && medium.state == MediumState::InUse {
        // A copy that never was one is due at once.
        let synced = medium.last_sync.map(|Sync { time, .. }| time);
        let sync = synced.map_or(Some(medium.added), |time| after(time, medium.sync_days));
        dates.extend(sync.filter(|_| medium.sync_days > 0).map(|since| (What::Sync, since)));
        let checked = medium.last_check.map_or(medium.added, |Check { time, .. }| time);
        dates.extend(after(checked, medium.check_days).map(|since| (What::Check, since)));
        let bad = medium.last_check.filter(|check| !check.is_clean());
        dates.extend(bad.map(|check| (What::Repair, check.time)));
    }
    // What is retired still has its data on it.
    if matches!(medium.state, MediumState::InUse | MediumState::Retired) {
        let audited = medium.last_audit.as_ref().map_or(medium.added, |audit| audit.time);
        dates.extend(after(audited, medium.audit_days).map(|since| (What::Audit, since)));
        let absent = medium.last_audit.as_ref().filter(|audit| !audit.found);
        dates.extend(absent.map(|audit| (What::Search, audit.time)));
    }
    dates
}

fn after(time: u64, days: u32) -> Option<u64> {
    (days > 0).then(|| time.saturating_add(u64::from(days) * DAY))
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::super::medium::{Audit, MediumKind};
    use super::*;

    fn copy() -> Medium {
        Medium { id: "a".into(), ..Medium::copy(MediumKind::Disk, "/copy", 1_000) }
    }

    fn whats(medium: &Medium, now: u64) -> Vec<(What, u64)> {
        due(std::slice::from_ref(medium), now)
            .into_iter()
            .map(|due| (due.what, due.since))
            .collect()
    }

    #[test]
    fn a_copy_is_due_at_once_and_then_after_its_intervals() {
        let mut copy = copy();
        assert_eq!(whats(&copy, 1_000), [(What::Sync, 1_000)]);
        copy.last_sync = Some(Sync { time: 2_000, head: 1, whole: true });
        assert_eq!(whats(&copy, 2_000 + 2 * DAY - 1), []);
        assert_eq!(whats(&copy, 2_000 + 2 * DAY), [(What::Sync, 2_000 + 2 * DAY)]);
        let (sync, check, audit) = (2_000 + 2 * DAY, 1_000 + 7 * DAY, 1_000 + 365 * DAY);
        let all = [(What::Sync, sync), (What::Check, check), (What::Audit, audit)];
        assert_eq!(whats(&copy, audit), all);
        let never = Medium { sync_days: 0, check_days: 0, audit_days: 0, ..copy };
        assert_eq!(whats(&never, u64::MAX), []);
    }

    #[test]
    fn bad_news_stay_due_until_there_are_better() {
        let found = Check { time: 5_000, head: Some(1), missing: 0, rotten: 1, stray: 0 };
        let audit = Audit { time: 6_000, by: "Li".into(), found: false, note: None };
        let bad = Medium {
            last_sync: Some(Sync { time: 5_000, head: 1, whole: true }),
            last_check: Some(found),
            last_audit: Some(audit.clone()),
            ..copy()
        };
        assert_eq!(whats(&bad, 6_000), [(What::Repair, 5_000), (What::Search, 6_000)]);
        let better = Medium {
            last_check: Some(Check { rotten: 0, ..found }),
            last_audit: Some(Audit { found: true, ..audit }),
            ..bad
        };
        assert_eq!(whats(&better, 6_000), []);
    }

    #[test]
    fn what_is_retired_is_audited_and_what_is_gone_is_not() {
        let in_state = |state| Medium { state, ..copy() };
        let late = 1_000 + 400 * DAY;
        let audit = [(What::Audit, 1_000 + 365 * DAY)];
        assert_eq!(whats(&in_state(MediumState::Retired), late), audit);
        assert_eq!(whats(&in_state(MediumState::Destroyed), late), []);
        assert_eq!(whats(&in_state(MediumState::Lost), late), []);
        let medium = Medium { id: "b".into(), ..Medium::other(MediumKind::Tape, 1_000) };
        assert_eq!(whats(&medium, late), audit);
    }
}
