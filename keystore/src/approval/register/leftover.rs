//! What somebody still has a part in: what others have to look at when they leave.

use serde::Serialize;

use super::super::digest::Digest;
use super::super::officer::OfficerId;
use super::{Register, RequestRecord, RequestState, Signed};

/// What an officer still has a part in. What they know and have at home no register can tell: passphrases, recovery shares, media.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Open requests that they applied for; they end when the officer is no longer active.
    pub requests: Vec<Digest>,
    /// Open requests of which they approved a step; it is open again when the officer is no longer active.
    pub approvals: Vec<Digest>,
    /// Requests that they ordered to be executed, and that are not finished.
    pub orders: Vec<Digest>,
    /// Standing holds that they placed.
    pub holds: Vec<Digest>,
    /// Broken glass that they have not explained.
    pub grants: Vec<Digest>,
}

impl Leftover {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Register {
    /// What this officer still has a part in.
    #[must_use]
    pub fn leftover(&self, id: &OfficerId) -> Leftover {
        let Some(person) = self.officer(id).map(|record| &record.officer.person) else {
            return Leftover::default();
        };
        let theirs = |signed: &Signed| signed.person == *person;
        let requests = |is_meant: &dyn Fn(&RequestRecord) -> bool| {
            let meant = self.requests().filter(|record| is_meant(record));
            meant.map(|record| record.digest).collect()
        };
        let standing = self.holds().filter(|record| record.released.is_none());
        let unexplained = self.grants().filter(|record| record.justified.is_none());
        Leftover {
            requests: requests(&|record| record.is_open() && theirs(&record.applicant)),
            approvals: requests(&|record| {
                record.is_open() && record.approvals.iter().chain(&record.lapsed).any(theirs)
            }),
            orders: requests(&|record| {
                let going = record.is_open() || record.state == RequestState::Executing;
                going && record.order.as_ref().is_some_and(theirs)
            }),
            holds: standing.filter(|hold| theirs(&hold.by)).map(|hold| hold.digest).collect(),
            grants: unexplained.filter(|one| theirs(&one.by)).map(|one| one.digest).collect(),
        }
    }
}
