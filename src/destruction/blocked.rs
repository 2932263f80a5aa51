//! What must be kept, though somebody wants to have it destroyed.

use jiff::civil::Date;
use sealkeep_keystore::{KeyId, KeyState};

use super::choice::Options;
use super::lineage::Lineage;

/// Something that may not be destroyed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Its key, or the id of its scope.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Why,
}

/// Why something may not be destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It, or its scope, is on hold.
    Held,
    /// Another request is about to destroy it.
    Pending,
    /// It must be kept until the end of this day. Whatever is the reason for a destruction, a minimum is not cut short.
    Retention {
        /// The last day.
        last_day: Date,
        /// The class of its record.
        class: String,
        /// The law that says so.
        basis: String,
    },
    /// It belongs to a vault, and nothing that was read tells how long it must be kept.
    Unclassified,
}

/// What keeps an object by the policy of retention.
pub(super) fn by_retention(options: &Options, class: &str, lineage: &Lineage) -> Option<Why> {
    let policy = &options.retention;
    let period = policy.period(class, lineage.level, lineage.start)?;
    (!period.is_due(options.today)).then(|| Why::Retention {
        last_day: period.last_day,
        class: class.to_owned(),
        basis: policy.class(class, lineage.level).map_or_else(String::new, |one| one.basis.clone()),
    })
}

/// What keeps a key by its state.
pub(super) fn by_state(state: KeyState, held: bool) -> Option<Why> {
    match state {
        _ if held => Some(Why::Held),
        KeyState::PendingDestruction => Some(Why::Pending),
        _ => None,
    }
}
