//! What a policy says where it says nothing: three levels of approval and two witnesses for medical data.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::duration::Seconds;
use super::super::officer::Role;
use super::{Alarms, BreakGlassRules, HoldRules};

pub(super) fn text(effective: Date) -> String {
    let review_by = effective.saturating_add(1.year());
    format!(
        r#"version = 1
title = "Default"
effective = {effective}
review_by = {review_by}

[level.default]
wait = "7d"
"#
    )
}

pub(super) fn applicant() -> Vec<Role> {
    vec![Role::DataAdministrator]
}

pub(super) fn approvals() -> Vec<Vec<Role>> {
    vec![vec![Role::DepartmentHead], vec![Role::Legal, Role::Security]]
}

pub(super) fn executor() -> Vec<Role> {
    vec![Role::Executor]
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn witnesses() -> u32 {
    2
}

pub(super) fn wipe() -> String {
    "zero".to_owned()
}

pub(super) fn changes() -> u32 {
    2
}

pub(super) fn statement_age() -> Seconds {
    Seconds::days(30)
}

pub(super) fn approve_within() -> Seconds {
    Seconds::days(180)
}

impl Default for Alarms {
    fn default() -> Self {
        Self { opened_per_hour: 10_000 }
    }
}

impl Default for HoldRules {
    fn default() -> Self {
        let place = vec![Role::Legal, Role::Security];
        Self { place, release: 2, longest_review: Seconds::days(366) }
    }
}

impl Default for BreakGlassRules {
    fn default() -> Self {
        Self {
            roles: vec![Role::DepartmentHead, Role::Security, Role::DataAdministrator],
            longest: Seconds::hours(24),
            justify_within: Seconds::hours(72),
        }
    }
}
