//! One copy or medium.

use serde::{Deserialize, Serialize};

use crate::vault::copy::{CopyCheck, SyncReport};

/// A copy of the vault, or a removable medium with data in it, as the register has it. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    /// Eight hexadecimal digits, given by [`Register::add`](super::Register::add).
    pub id: String,
    /// Whether it holds a copy of the vault, which is to be brought up to date and checked.
    pub copy: bool,
    /// What it is.
    pub kind: MediumKind,
    /// Path or address, as the machine that syncs it has it. May be empty for a medium that lies in a safe.
    pub place: String,
    /// Serial number or label.
    pub serial: Option<String>,
    /// GB/T 39725 level of what it holds at most, 1 to 5; 0 if not classified.
    pub level: u8,
    /// Building, room, safe.
    pub location: Option<String>,
    /// Who answers for it.
    pub custodian: Option<String>,
    /// In which country or region its data lies.
    pub residency: Option<String>,
    /// What became of it.
    pub state: MediumState,
    /// When it was added.
    pub added: u64,
    /// The last time that it was brought up to date.
    pub last_sync: Option<Sync>,
    /// The last time that all of it was read and compared.
    pub last_check: Option<Check>,
    /// The last time that somebody saw that it is where it should be.
    pub last_audit: Option<Audit>,
    /// It is to be brought up to date at least each so many days; 0: whenever somebody does it.
    pub sync_days: u32,
    /// It is to be checked at least each so many days; 0 never.
    pub check_days: u32,
    /// It is to be audited at least each so many days; 0 never.
    pub audit_days: u32,
}

impl Medium {
    /// A copy at this place, in use, to be synced within 2 days, checked within 7 and audited within 365.
    #[must_use]
    pub fn copy(kind: MediumKind, place: impl Into<String>, now: u64) -> Self {
        Self {
            id: String::new(),
            copy: true,
            kind,
            place: place.into(),
            serial: None,
            level: 0,
            location: None,
            custodian: None,
            residency: None,
            state: MediumState::InUse,
            added: now,
            last_sync: None,
            last_check: None,
            last_audit: None,
            sync_days: 2,
            check_days: 7,
            audit_days: 365,
        }
    }

    /// A medium that is no copy of the vault: only to be audited, within 365 days.
    #[must_use]
    pub fn other(kind: MediumKind, now: u64) -> Self {
        let copy = Self::copy(kind, "", now);
        Self { copy: false, sync_days: 0, check_days: 0, ..copy }
    }

    /// Notes that it was brought up to date.
    pub fn synced(&mut self, report: &SyncReport, now: u64) {
        self.last_sync =
            Some(Sync { time: now, head: report.head, whole: report.damaged.is_empty() });
    }

    /// Notes that it was checked.
    pub fn checked(&mut self, check: &CopyCheck, now: u64) {
        self.last_check = Some(Check {
            time: now,
            head: check.head.map(|(sequence, _)| sequence),
            missing: check.missing.len() as u64,
            rotten: check.rotten.len() as u64,
            stray: check.stray.len() as u64,
        });
    }

    /// The head that the copy had after its last sync.
    #[must_use]
    pub fn head(&self) -> Option<u64> {
        self.last_sync.map(|sync| sync.head)
    }
}

/// What holds the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MediumKind {
    /// A disk, fixed or removable.
    Disk,
    /// Storage behind a network.
    Nas,
    /// Magnetic tape.
    Tape,
    /// An object store.
    Object,
}

/// What became of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MediumState {
    /// It is used.
    InUse,
    /// It is kept and not used any more; its data is still on it.
    Retired,
    /// It was destroyed, or its data was.
    Destroyed,
    /// Nobody knows where it is.
    Lost,
}

/// A sync that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// When.
    pub time: u64,
    /// The number of the head that the copy has since.
    pub head: u64,
    /// Whether the vault itself had everything that the copy was to get.
    pub whole: bool,
}

/// A check that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub time: u64,
    /// The number of the head that it was compared with.
    pub head: Option<u64>,
    /// Number of files that were not there.
    pub missing: u64,
    /// Number of faults in files.
    pub rotten: u64,
    /// Number of files for which the head has no use.
    pub stray: u64,
}

impl Check {
    /// Whether everything was there and right.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.head.is_some() && self.missing == 0 && self.rotten == 0
    }
}

/// Somebody looked after a medium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// When.
    pub time: u64,
    /// Who.
    pub by: String,
    /// Whether it was where it should be.
    pub found: bool,
    /// What is to be remarked.
    pub note: Option<String>,
}
