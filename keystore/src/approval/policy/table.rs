//! The policy file as it is written.

use serde::Deserialize;
use toml::value::Datetime;

use super::super::duration::Seconds;
use super::{Access, Alarms, BreakGlassRules, HoldRules, Level, default};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) version: u32,
    pub(super) title: String,
    pub(super) effective: Datetime,
    pub(super) review_by: Datetime,
    #[serde(default = "default::changes")]
    pub(super) changes: u32,
    #[serde(default = "default::statement_age")]
    pub(super) statement_age: Seconds,
    #[serde(default = "default::approve_within")]
    pub(super) approve_within: Seconds,
    #[serde(default)]
    pub(super) alarms: Alarms,
    #[serde(default)]
    pub(super) access: Access,
    #[serde(default)]
    pub(super) hold: HoldRules,
    #[serde(default)]
    pub(super) break_glass: BreakGlassRules,
    pub(super) level: Levels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case, reason = "the names in the file")]
pub(super) struct Levels {
    pub(super) default: Level,
    pub(super) L1: Option<Level>,
    pub(super) L2: Option<Level>,
    pub(super) L3: Option<Level>,
    pub(super) L4: Option<Level>,
    pub(super) L5: Option<Level>,
}
