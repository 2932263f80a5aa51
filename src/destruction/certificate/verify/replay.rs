//! The replay: the rules that the key store enforces, applied once more to what officers signed, in the order of the ledger.

use std::collections::{BTreeMap, HashSet};

use sealkeep_keystore::approval::register::{
    Entered, Excerpt, OfficerRecord, Register, RequestRecord, RequestState, StoreEvent, Touched,
    What,
};
use sealkeep_keystore::approval::{
    Officer, OfficerId, OfficerKey, OfficerState, Person, Said, Statement,
};
use sealkeep_keystore::record::Qualification;

use super::ground::Ground;
use super::inventory::List;
use crate::destruction::certificate::bundle::{Bundle, Entry};
use crate::destruction::certificate::dossier::Act;

/// What the replay came to.
pub(super) struct Replayed {
    register: Register,
    /// Everybody who was ever active.
    signers: BTreeMap<OfficerId, Signer>,
    /// What was said about the request.
    pub(super) acts: Vec<Act>,
    /// What a record of execution has from the ledger.
    pub(super) noted: Noted,
}

/// Times of the ledger, and what was true at one of them.
#[derive(Default)]
pub(super) struct Noted {
    first: Option<u64>,
    last: u64,
    /// When the store began to execute.
    pub(super) begun: u64,
    /// When it entered the record of that.
    pub(super) finished: u64,
    /// The executor's qualification then.
    pub(super) qualification: Option<Qualification>,
}

/// Whose signature an officer's is.
pub(super) struct Signer {
    pub(super) person: Person,
    pub(super) key: OfficerKey,
    /// Numbers of the entries with which the officer became active and ceased to be, by turns.
    turns: Vec<u64>,
}

/// Replays all entries.
pub(super) fn replay(bundle: &Bundle, ground: &Ground, list: &List) -> Result<Replayed, String> {
    let mut inventories = Touched::default();
    inventories.insert(ground.request, &list.items);
    let mut replayed = Replayed {
        register: Register::new(ground.store, ground.suite),
        signers: BTreeMap::new(),
        acts: Vec::new(),
        noted: Noted::default(),
    };
    let entries = bundle.entries.iter().map(|entry| read(entry, ground));
    let entries: Vec<Entered> = entries.collect::<Result<_, _>>()?;
    no_others(&entries, ground, &inventories)?;
    for entered in &entries {
        let register = &mut replayed.register;
        register
            .apply(entered, &inventories)
            .map_err(|refusal| format!("entry {}: {refusal}", entered.index))?;
        match &entered.what {
            What::Statement(statement) => replayed.note(statement, entered, ground),
            What::Event(event) => replayed.note_event(event, entered.time),
            _ => {}
        }
        replayed.noted.first.get_or_insert(entered.time);
        replayed.noted.last = entered.time;
    }
    Ok(replayed)
}

/// All of it concerns the request: none was put among them that a replay does not need.
fn no_others(entries: &[Entered], ground: &Ground, inventories: &Touched) -> Result<(), String> {
    let mut excerpt = Excerpt::new(ground.request);
    entries.iter().for_each(|entered| excerpt.take(entered.clone(), inventories));
    let needed: HashSet<u64> = excerpt.entries.iter().map(|entered| entered.index).collect();
    match entries.iter().find(|entered| !needed.contains(&entered.index)) {
        Some(entered) => {
            Err(format!("entry {}: it has nothing to do with the request", entered.index))
        }
        None => Ok(()),
    }
}

fn read(entry: &Entry, ground: &Ground) -> Result<Entered, String> {
    let failed = |why: &str| format!("entry {}: {why}", entry.index);
    Entered::read(ground.suite, entry.index, &entry.body.0)
        .map_err(|error| failed(&error.to_string()))?
        .ok_or_else(|| failed("nothing follows from it, so it should not be here"))
}

impl Replayed {
    /// That it began with the genesis that the certificate names, and with the store's key; and that the store was there before, and
    /// issued the certificate after all of it.
    pub(super) fn check_store(&self, bundle: &Bundle, ground: &Ground) -> Result<(), String> {
        if self.register.genesis() != Some(ground.genesis) {
            return Err("the genesis statement is another one".to_owned());
        }
        if self.register.store_key() != Some(&ground.key) {
            return Err("the genesis statement names another key of the store".to_owned());
        }
        if self.noted.first.is_none_or(|first| bundle.store.created > first) {
            return Err("the store was made after its first entry".to_owned());
        }
        if bundle.issued < self.noted.last {
            return Err("it was issued before its last entry".to_owned());
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
    pub(super) fn active_at(&self, size: u64) -> impl Iterator<Item = (&OfficerId, &Signer)> {
        let signers = self.signers.iter();
        signers.filter(move |(id, signer)| signer.was_active(size) && !self.is_compromised(id))
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
            for id in concerned(&statement.said) {
                self.note_turn(id, entered.index);
            }
        }
    }

    /// Notes when something was done, and who was qualified for it.
    fn note_event(&mut self, event: &StoreEvent, time: u64) {
        match event {
            StoreEvent::DestroyBegun { .. } => self.noted.begun = time,
            StoreEvent::Finished { request, .. } => {
                let order = self.register.request(request).and_then(|record| record.order.as_ref());
                let officer = order.and_then(|order| self.register.officer(&order.officer));
                let paper = officer.and_then(|record| record.officer.qualification.as_ref());
                self.noted.finished = time;
                self.noted.qualification = paper.map(|paper| Qualification {
                    number: paper.number.to_string(),
                    until: paper.until,
                });
            }
            _ => {}
        }
    }

    /// Notes if an officer became active with an entry, or ceased to be.
    fn note_turn(&mut self, id: &OfficerId, index: u64) {
        let Some(record) = self.register.officer(id) else { return };
        let signer = self.signers.entry(id.clone()).or_insert_with(|| Signer::of(&record.officer));
        if record.is_active() != signer.is_active() {
            signer.turns.push(index);
        }
    }
}

impl Signer {
    fn of(officer: &Officer) -> Self {
        Self { person: officer.person.clone(), key: officer.key.clone(), turns: Vec::new() }
    }

    fn is_active(&self) -> bool {
        self.turns.len() % 2 == 1
    }

    /// Whether the officer was active when the ledger had `size` entries.
    fn was_active(&self, size: u64) -> bool {
        self.turns.partition_point(|turn| *turn < size) % 2 == 1
    }
}

/// Officers who may sign since this statement, or no longer.
fn concerned(said: &Said) -> Vec<&OfficerId> {
    match said {
        Said::Genesis(said) => said.officers.iter().map(|officer| &officer.id).collect(),
        Said::Enroll(said) => std::iter::once(&said.officer.id).chain(&said.replaces).collect(),
        Said::Reinstate(said) => vec![&said.officer],
        Said::Suspend(said) => vec![&said.officer],
        Said::Revoke(said) => vec![&said.officer],
        Said::Leaver(said) => vec![&said.officer],
        _ => Vec::new(),
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
        counts: false,
    }
}

#[cfg(test)]
mod tests {
    use sealkeep_crypto::Suite;
    use sealkeep_keystore::approval::cast::Cast;

    use super::*;

    #[test]
    fn an_officer_counts_from_the_entry_on_with_which_they_become_active() {
        let cast = Cast::new([5; 16], Suite::Sm4Gcm);
        let mut signer = Signer::of(cast.officer("wu"));
        assert!(!signer.is_active() && !signer.was_active(u64::MAX));
        signer.turns = vec![3, 7, 7, 9];
        let active: Vec<u64> = (0..12).filter(|size| signer.was_active(*size)).collect();
        assert_eq!(active, [4, 5, 6, 7, 8, 9]);
    }
}
