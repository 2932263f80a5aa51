//! What was tried at one place, and what came of it.

use std::collections::BTreeMap;

use sealkeep_keystore::record::{Others, Place};

use super::DESTROYED;
use crate::keys::{OpenedKey, Unavailable};

/// Counts of one place. The default is a place that could not be reached.
#[derive(Default)]
pub(super) struct Counts {
    reachable: bool,
    items: u64,
    opened: u64,
    refused: BTreeMap<String, u64>,
    others: (u64, u64),
}

impl Counts {
    /// Nothing tried yet.
    pub(super) fn reached() -> Self {
        Self { reachable: true, ..Self::default() }
    }

    /// Whether anything was tried.
    pub(super) fn is_any(&self) -> bool {
        self.items > 0
    }

    pub(super) fn opened(&mut self) {
        self.items += 1;
        self.opened += 1;
    }

    pub(super) fn refused(&mut self, reason: &str) {
        self.items += 1;
        if let Some(count) = self.refused.get_mut(reason) {
            *count += 1;
        } else {
            self.refused.insert(reason.to_owned(), 1);
        }
    }

    pub(super) fn key(&mut self, key: &OpenedKey) {
        match key {
            Ok(_) => self.opened(),
            Err(why) => self.refused(reason(why)),
        }
    }

    /// Something else, which must open.
    pub(super) fn other(&mut self, opened: bool) {
        self.others.0 += 1;
        self.others.1 += u64::from(opened);
    }

    pub(super) fn place(self, what: &str, id: &str, place: &str) -> Place {
        let (tried, opened) = self.others;
        Place {
            what: what.to_owned(),
            id: id.to_owned(),
            place: place.to_owned(),
            reachable: self.reachable,
            items: self.items,
            refused: self.refused,
            opened: self.opened,
            others: Others { tried, opened },
            residual_until: None,
        }
    }
}

fn reason(why: &Unavailable) -> &'static str {
    match why {
        Unavailable::Destroyed(_) => DESTROYED,
        Unavailable::Held => "held",
        Unavailable::Lost => "lost",
        Unavailable::Foreign => "foreign",
        Unavailable::Restricted => "restricted",
        Unavailable::NotUsable(state) => state.name(),
    }
}
