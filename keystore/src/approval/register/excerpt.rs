//! The part of a register that is about one request: what somebody needs who replays that request and no other.

use std::collections::HashSet;

use super::super::digest::Digest;
use super::super::statement::{Said, Statement};
use super::{Alarm, Entered, Inventories, Refusal, Register, StoreEvent, What};

/// Entries about officers and policy, about one request, and holds, alarms and doubts about the clock that concern it.
#[derive(Clone, Debug)]
pub struct Excerpt {
    request: Digest,
    holds: HashSet<Digest>,
    /// The entries, in order.
    pub entries: Vec<Entered>,
    /// The last entry in which something was destroyed for the request, or was about to be.
    pub destroyed: Option<u64>,
}

impl Excerpt {
    /// Nothing yet, for a request.
    #[must_use]
    pub fn new(request: Digest) -> Self {
        Self { request, holds: HashSet::new(), entries: Vec::new(), destroyed: None }
    }

    /// Takes the next entry, if it belongs here.
    pub fn take(&mut self, entered: Entered, inventories: &dyn Inventories) {
        let needed = self.needs(&entered, inventories);
        self.entries.extend(needed.then_some(entered));
    }

    /// Whether the next entry belongs here.
    pub fn needs(&mut self, entered: &Entered, inventories: &dyn Inventories) -> bool {
        match &entered.what {
            What::Statement(statement) => self.is_needed(statement, inventories),
            What::Event(event) => {
                let ours = event.request() == self.request;
                let begun =
                    matches!(event, StoreEvent::DestroyBegun { .. } | StoreEvent::Destroyed { .. });
                if ours && begun {
                    self.destroyed = Some(entered.index);
                }
                ours
            }
            What::Alarm(Alarm::PendingUse { requests, .. }) => requests.contains(&self.request),
            What::Alarm(Alarm::Clock) => true,
        }
    }

    /// The register that follows from these entries.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn replay(
        &self,
        mut register: Register,
        inventories: &dyn Inventories,
    ) -> Result<Register, Refusal> {
        for entered in &self.entries {
            register.apply(entered, inventories)?;
        }
        Ok(register)
    }

    fn is_needed(&mut self, statement: &Statement, inventories: &dyn Inventories) -> bool {
        let ours = self.request;
        match &statement.said {
            Said::Request(_) => statement.digest == ours,
            Said::Hold(hold) => {
                let touched = inventories.touches(&ours, &hold.targets);
                if touched {
                    self.holds.insert(statement.digest);
                }
                touched
            }
            Said::HoldReview(said) => self.holds.contains(&said.hold),
            Said::Release(said) => self.holds.contains(&said.hold),
            Said::Clock(_) => true,
            said => said.is_about_people() || said.about() == Some(ours),
        }
    }
}
