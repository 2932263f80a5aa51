//! The file of rules as it is written.

use serde::Deserialize;
use toml::Spanned;

use super::Generation;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) version: String,
    pub(super) default: Option<Table>,
    #[serde(default, rename = "rule")]
    pub(super) rules: Vec<Spanned<Table>>,
}

/// One rule, or the defaults of all. What it does not say is as in the defaults.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "match")]
    pub(super) pattern: Option<Spanned<String>>,
    pub(super) scope: Option<Spanned<String>>,
    pub(super) level: Option<Spanned<i64>>,
    pub(super) class: Option<Spanned<String>>,
    pub(super) residency: Option<Spanned<String>>,
    pub(super) subjects: Option<Spanned<Vec<String>>>,
    pub(super) start: Option<Spanned<String>>,
    pub(super) compress: Option<bool>,
    pub(super) generation: Option<Generation>,
}
