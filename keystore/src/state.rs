//! The states of a key and the moves between them (SP 800-57 part 1 rev. 5 §7, KMIP's names).

use std::fmt;
use std::str::FromStr;

/// The state of a data key. *Held* is not a state but a flag beside it: see [`KeyInfo::held`](crate::KeyInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum KeyState {
    /// Made, not yet to be used.
    PreActivation = 1,
    /// Seals and opens.
    Active = 2,
    /// Neither seals nor opens until resumed.
    Suspended = 3,
    /// Opens what was sealed, seals nothing new.
    Deactivated = 4,
    /// Known or feared to be known to others: opens only when the caller says that it knows.
    Compromised = 5,
    /// Approved for destruction and waiting: unusable, can still be cancelled.
    PendingDestruction = 6,
    /// Gone. Only a tombstone is left.
    Destroyed = 7,
    /// Gone, and it had been compromised before.
    DestroyedCompromised = 8,
}

impl KeyState {
    /// Every state, in the order of a key's life.
    pub const ALL: [Self; 8] = [
        Self::PreActivation,
        Self::Active,
        Self::Suspended,
        Self::Deactivated,
        Self::Compromised,
        Self::PendingDestruction,
        Self::Destroyed,
        Self::DestroyedCompromised,
    ];

    /// The name used in `--json` and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreActivation => "pre-activation",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Compromised => "compromised",
            Self::PendingDestruction => "pending-destruction",
            Self::Destroyed => "destroyed",
            Self::DestroyedCompromised => "destroyed-compromised",
        }
    }

    /// Whether the key itself is gone.
    pub fn is_destroyed(self) -> bool {
        matches!(self, Self::Destroyed | Self::DestroyedCompromised)
    }

    /// Whether a key may move from this state to `next` without an approval
    /// (SP 800-57 part 1 §7, figure 3). Destroying is never such a move: it needs a
    /// [`Clearance`](crate::Clearance).
    pub fn may_become(self, next: Self) -> bool {
        use KeyState::{Active, Compromised, Deactivated, PreActivation, Suspended};
        matches!(
            (self, next),
            (PreActivation, Active | Suspended | Compromised)
                | (Active, Suspended | Deactivated | Compromised)
                | (Suspended, Active | Deactivated | Compromised)
                | (Deactivated, Compromised)
        )
    }

    /// Whether a key in this state can be made pending destruction, by an approved request.
    pub(crate) fn may_be_pending(self) -> bool {
        !self.is_destroyed() && self != Self::PendingDestruction
    }

    /// What this state becomes when the key is destroyed.
    pub(crate) fn when_destroyed(self) -> Self {
        match self {
            Self::Compromised | Self::DestroyedCompromised => Self::DestroyedCompromised,
            _ => Self::Destroyed,
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == byte)
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No state has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a key state")]
pub struct NotAKeyState;

impl FromStr for KeyState {
    type Err = NotAKeyState;

    fn from_str(name: &str) -> Result<Self, NotAKeyState> {
        Self::ALL.into_iter().find(|state| state.name() == name).ok_or(NotAKeyState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_destruction_and_nothing_enters_it_by_a_plain_move() {
        for from in KeyState::ALL {
            for to in KeyState::ALL {
                if from.is_destroyed() || to.is_destroyed() || to == KeyState::PendingDestruction {
                    assert!(!from.may_become(to), "{from} -> {to}");
                }
            }
            assert_eq!(KeyState::from_byte(from as u8), Some(from));
            assert_eq!(from.name().parse(), Ok(from));
        }
    }
}
