//! The replay: the rules that the key store enforces, applied once more to what officers signed, in the order of the ledger.

use std::collections::BTreeMap;

use sealkeep_keystore::approval::register::{
    Entered, OfficerRecord, Register, RequestRecord, RequestState, Touched, What,
};
use sealkeep_keystore::approval::{
    Officer, OfficerId, OfficerKey, OfficerState, Person, Said, Statement,
};

use super::ground::Ground;
use super::inventory::List;
use crate::destruction::certificate::bundle::{Bundle, Entry};
use crate::destruction::certificate::dossier::Act;

/// What the replay came to.
pub(super) struct Replayed {
    register: Register,
    /// Officers who were active, by the number of the entry after which that was so.
    active: BTreeMap<u64, Vec<(OfficerId, Signer)>>,
    /// What was said about the request.
    pub(super) acts: Vec<Act>,
}

/// Whose signature an officer's is.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) person: Person,
    pub(super) key: OfficerKey,
}

/// Replays all entries.
pub(super) fn replay(bundle: &Bundle, ground: &Ground, list: &List) -> Result<Replayed, String> {
    let mut inventories = Touched::default();
    inventories.insert(ground.request, &list.items);
    let mut replayed = Replayed {
        register: Register::new(ground.store, ground.suite),
        active: BTreeMap::new(),
        acts: Vec::new(),
    };
    for entry in &bundle.entries {
        let entered = read(entry, ground)?;
        let register = &mut replayed.register;
        register
            .apply(&entered, &inventories)
            .map_err(|refusal| format!("entry {}: {refusal}", entry.index))?;
        if let What::Statement(statement) = &entered.what {
            replayed.note(statement, &entered, ground);
        }
    }
    Ok(replayed)
}

fn read(entry: &Entry, ground: &Ground) -> Result<Entered, String> {
    let failed = |why: &str| format!("entry {}: {why}", entry.index);
    Entered::read(ground.suite, entry.index, &entry.body.0)
        .map_err(|error| failed(&error.to_string()))?
        .ok_or_else(|| failed("nothing follows from it, so it should not be here"))
}

impl Replayed {
    /// That it began with the genesis that the certificate names, and with the store's key.
    pub(super) fn check_store(&self, ground: &Ground) -> Result<(), String> {
        if self.register.genesis() != Some(ground.genesis) {
            return Err("the genesis statement is another one".to_owned());
        }
        if self.register.store_key() != Some(&ground.key) {
            return Err("the genesis statement names another key of the store".to_owned());
        }
        Ok(())
    }

    /// The request, if everything that the policy asks for has been done.
    pub(super) fn request_done(
        &self,
        bundle: &Bundle,
        ground: &Ground,
    ) -> Result<&RequestRecord, String> {
        let record = self.register.request(&ground.request).ok_or("there is no such request")?;
        if record.state != RequestState::Done {
            return Err(format!("its state is {}", record.state.name()));
        }
        if record.request.number.as_str() != bundle.number {
            return Err("its number is another one".to_owned());
        }
        Ok(record)
    }

    /// Officers who were active when the ledger had `size` entries, but for those whose keys were in other hands.
    pub(super) fn active_at(&self, size: u64) -> impl Iterator<Item = &(OfficerId, Signer)> {
        let then = self.active.range(..size).next_back();
        then.into_iter()
            .flat_map(|(_, officers)| officers)
            .filter(|(id, _)| !self.is_compromised(id))
    }

    fn is_compromised(&self, id: &OfficerId) -> bool {
        let record = self.register.officer(id);
        record.is_none_or(|record| {
            matches!(record.state, OfficerState::Revoked { compromised: true, .. })
        })
    }

    /// Notes what was said about the request, and who is active if that may have changed.
    fn note(&mut self, statement: &Statement, entered: &Entered, ground: &Ground) {
        if let Some((step, opinion)) = about(statement, ground) {
            let officers = statement.by.iter().filter_map(|id| self.register.officer(id));
            let acts = officers.map(|record| act(statement, step, opinion, record, entered));
            self.acts.extend(acts);
        } else {
            let active = self.register.officers().filter(|record| record.is_active());
            let active =
                active.map(|record| (record.officer.id.clone(), Signer::of(&record.officer)));
            self.active.insert(entered.index, active.collect());
        }
    }
}

impl Signer {
    fn of(officer: &Officer) -> Self {
        Self { person: officer.person.clone(), key: officer.key.clone() }
    }
}

/// Of a statement about the request: the step, and what the officer had to say.
fn about<'s>(statement: &'s Statement, ground: &Ground) -> Option<(Option<u32>, &'s str)> {
    let (request, step, opinion) = match &statement.said {
        Said::Request(request) => (statement.digest, None, request.reason.as_str()),
        Said::Approve(said) => (said.request, Some(said.step), said.opinion.as_str()),
        Said::Reject(said) => (said.request, None, said.opinion.as_str()),
        Said::Withdraw(said) => (said.request, None, said.opinion.as_str()),
        Said::Cancel(said) => (said.request, None, said.opinion.as_str()),
        Said::Resume(said) => (said.request, None, said.opinion.as_str()),
        Said::Execute(said) => (said.request, None, ""),
        Said::Witness(said) => (said.request, None, said.opinion.as_str()),
        Said::Inspect(said) => (said.request, None, ""),
        _ => return None,
    };
    (request == ground.request).then_some((step, opinion))
}

fn act(
    statement: &Statement,
    step: Option<u32>,
    opinion: &str,
    record: &OfficerRecord,
    entered: &Entered,
) -> Act {
    let officer = &record.officer;
    Act {
        kind: statement.said.kind().to_owned(),
        step,
        officer: officer.id.to_string(),
        name: officer.name.to_string(),
        person: officer.person.to_string(),
        roles: officer.roles.iter().map(ToString::to_string).collect(),
        opinion: opinion.to_owned(),
        time: entered.time,
        digest: statement.digest.to_string(),
    }
}
