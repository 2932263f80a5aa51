//! The root cell: a small file of fixed size that holds the root page's key and can be erased in place.
//!
//! Two slots. A new root goes to the free slot; the old slot is overwritten only after the new one was opened
//! from disk. The layout is in `docs/spec/keystore.md`, "Root cell".

mod file;
mod slot;

pub(crate) use file::CellFile;
pub use file::ReadBack;
#[cfg(feature = "fuzzing")]
pub(crate) use slot::parse_clear;
pub(crate) use slot::{Slot, SlotIdentity};

use crate::custody::{Custodian, Custody};
use crate::error::{Error, Result};
use sealkeep_crypto::Secret;

/// What stands in a slot.
pub(crate) enum SlotState {
    /// All zero.
    Erased,
    /// A whole slot.
    Valid(Box<Slot>),
    /// Neither: a write or an erasure that was cut short.
    Torn,
}

impl SlotState {
    /// The store whose root stands here.
    pub(crate) fn owner(&self) -> Option<&[u8; 16]> {
        match self {
            Self::Valid(slot) => Some(&slot.identity.store),
            Self::Erased | Self::Torn => None,
        }
    }

    fn holds(&self, epoch: u64, generation: u64) -> bool {
        matches!(self, Self::Valid(slot) if (slot.identity.epoch, slot.identity.generation) == (epoch, generation))
    }
}

/// The slot that the database names, and the other one.
pub(crate) struct Selected {
    pub(crate) index: usize,
    pub(crate) slot: Slot,
    /// The other slot still holds something that must be erased.
    pub(crate) unsettled: bool,
}

/// Picks the slot that holds `epoch` and `generation`.
pub(crate) fn select(
    cell: &CellFile,
    store: &[u8; 16],
    epoch: u64,
    generation: u64,
) -> Result<Selected> {
    let mut slots = cell.read()?;
    let newest = slots
        .iter()
        .filter_map(|state| match state {
            SlotState::Valid(slot) => Some((slot.identity.epoch, slot.identity.store)),
            _ => None,
        })
        .max();
    if newest.is_some_and(|(_, owner)| owner != *store) {
        return Err(Error::ForeignCell(cell.path().to_owned()));
    }
    let Some(index) = slots.iter().position(|state| state.holds(epoch, generation)) else {
        return Err(match newest {
            Some((cell, _)) if cell > epoch => Error::DatabaseRolledBack { database: epoch, cell },
            _ => Error::CellRolledBack(epoch),
        });
    };
    let unsettled = !matches!(slots[1 - index], SlotState::Erased);
    let SlotState::Valid(slot) = std::mem::replace(&mut slots[index], SlotState::Erased) else {
        unreachable!("the slot was just seen to hold the epoch");
    };
    Ok(Selected { index, slot: *slot, unsettled })
}

/// Writes a new slot beside the current one, for every custody of the store, under a fresh cell key.
pub(crate) fn write_beside(
    cell: &CellFile,
    current: usize,
    identity: &SlotIdentity,
    custodies: &[Custody],
    root_key: &Secret<32>,
) -> Result<()> {
    let bytes = Slot::make(identity, custodies, root_key)?;
    cell.write(1 - current, &bytes)
}

/// Opens the slot with a custody.
pub(crate) fn open(slot: &Slot, custodian: &Custodian) -> Result<Secret<32>> {
    slot.open(custodian).ok_or(Error::WrongCustody)
}
