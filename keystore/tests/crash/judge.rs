//! What a store looks like, and whether that is right after a crash: as before the act or as after it, whole,
//! and as after it when that was reported.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sealkeep_keystore::{
    Error, KeyFilter, KeyId, KeyState, KeyStore, Location, RestoreOptions, Share, Unlock,
};

use crate::acts::{Act, hex};
use crate::common::WAIT;
use crate::ground::{Field, Ground};
use crate::strace;

/// All that a caller can see of a store and that does not depend on the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    keys: BTreeMap<KeyId, (String, u32, KeyState, bool, bool)>,
    scopes: Vec<(KeyId, Option<String>, bool, u32, bool)>,
    /// The key file that opens it.
    key_file: usize,
    /// Whether the shares that were handed out first still open it.
    first_shares: bool,
    copies: Vec<Location>,
}

/// What an act may leave behind.
pub(crate) struct Judge<'a> {
    ground: &'a Ground,
    act: Act,
    /// `None` where there is no store before the act.
    before: Option<Seen>,
    after: Seen,
    epoch_before: u64,
    new_epoch: bool,
}

impl<'a> Judge<'a> {
    /// Does the act once without a crash, to know both ends.
    pub(crate) fn new(ground: &'a Ground, act: Act) -> Self {
        ground.reset();
        let field = ground.field();
        let (before, epoch_before) = match act.makes_a_store() {
            true => (None, 0),
            false => {
                let (seen, epoch) = look(ground, &field.main()).expect("the prepared store");
                (Some(seen), epoch)
            }
        };
        ground.reset();
        let ended = strace::leave(act, &field);
        assert!(!ended.killed && ended.reports.last().is_some_and(|last| last == "done"));
        let (after, epoch) = look(ground, &result(act, &field)).expect("the store after the act");
        Self { ground, act, before, after, epoch_before, new_epoch: epoch > epoch_before }
    }

    /// Judges the field as a crash has left it. Plays on it; put it back afterwards.
    ///
    /// # Panics
    /// When something is not as it must be; `point` says where the crash was.
    pub(crate) fn judge(&self, reports: &[String], point: &str) {
        let point = format!("{:?}, {point}, reported {reports:?}", self.act);
        if self.act.copied() && self.act != Act::Restore {
            self.ground.keep("crashed");
            self.judge_copy(reports, &point);
            self.ground.put_back("crashed");
        }
        if self.act.makes_a_store() {
            self.judge_new_store(reports, &point);
        } else {
            self.judge_main(reports, &point);
        }
    }

    fn judge_main(&self, reports: &[String], point: &str) {
        let field = self.ground.field();
        let place = field.main();
        let (seen, epoch) = look(self.ground, &place)
            .unwrap_or_else(|error| panic!("{point}: no opening: {error}"));
        let done = reports.iter().any(|line| line == "done");
        self.compare(&seen, done || !reported_keys(reports).is_empty(), point);
        assert!(!done || !self.new_epoch || epoch > self.epoch_before, "{point}: an old epoch");
        self.check(&place, seen.key_file, point);
        self.check_reports(&place, reports, point);

        // What was interrupted does not stand in the way of the next one.
        let again = self.act.run(&field, 1, &mut |_| {});
        again.unwrap_or_else(|error| panic!("{point}: the second time: {error}"));
        let key_file = if self.act == Act::SetCustody { 1 } else { 0 };
        self.check(&place, key_file, point);
        if self.act.copied() {
            self.check_copies(point);
        }
    }

    /// A restore and an init: what is there is a whole store, or none.
    fn judge_new_store(&self, reports: &[String], point: &str) {
        let field = self.ground.field();
        let place = field.empty();
        match look(self.ground, &place) {
            Ok((seen, _)) => {
                self.compare(&seen, true, point);
                self.check(&place, 0, point);
            }
            Err(Error::NotAStore(_)) => {
                assert!(reports.is_empty(), "{point}: it is not there");
                let again = self.act.run(&field, 1, &mut |_| {});
                again.unwrap_or_else(|error| panic!("{point}: the second time: {error}"));
                self.check(&place, 0, point);
            }
            Err(error) => panic!("{point}: neither a store nor none: {error}"),
        }
    }

    /// The copy alone, the main store being lost.
    fn judge_copy(&self, reports: &[String], point: &str) {
        let field = self.ground.field();
        std::fs::remove_dir_all(field.main().dir).expect("removed");
        let key_file = field.key_file(0);
        let restored = KeyStore::restore(
            &field.copy(),
            &field.empty(),
            &Unlock::KeyFile(&key_file),
            &RestoreOptions::default(),
            WAIT,
        );
        if self.act == Act::RemoveCopy {
            // It is being given up, and its cell erased.
            return;
        }
        if let Err(error) = restored {
            panic!("{point}: the copy alone is not restored: {error}");
        }
        drop(restored);
        let (seen, _) = look(self.ground, &field.empty()).expect("the restored store");
        let through = reports.iter().any(|line| line == "done" || line == "synced");
        self.compare(&seen, through, &format!("{point}: restored from the copy"));
        self.check(&field.empty(), 0, point);
        if through {
            self.check_reports(&field.empty(), reports, point);
        }
    }

    fn compare(&self, seen: &Seen, through: bool, point: &str) {
        if *seen == self.after {
            return;
        }
        assert!(
            !through,
            "{point}: a reported result is undone: {}",
            differences(&self.after, seen)
        );
        let before = self.before.as_ref();
        assert!(
            before == Some(seen),
            "{point}: neither as before nor as after: {} / {}",
            before.map_or_else(String::new, |before| differences(before, seen)),
            differences(&self.after, seen)
        );
    }

    fn check(&self, place: &Location, key_file: usize, point: &str) {
        let key_file = self.ground.field().key_file(key_file);
        let report = KeyStore::check(place, Some(&Unlock::KeyFile(&key_file)), WAIT)
            .unwrap_or_else(|error| panic!("{point}: no check: {error}"));
        assert!(report.opened && report.problems.is_empty(), "{point}: {:?}", report.problems);
    }

    /// Keys that were handed out open and are the same, shares that were handed out work.
    fn check_reports(&self, place: &Location, reports: &[String], point: &str) {
        let (mut store, _) = self.ground.field().open(place).expect("opened just before");
        for (id, secret) in reported_keys(reports) {
            let opened = store
                .open_key(&id)
                .unwrap_or_else(|error| panic!("{point}: a reported key does not open: {error}"));
            assert_eq!(hex(opened.secret.expose()), secret, "{point}: another key");
        }
        drop(store);
        let shares: Vec<Share> = reports
            .iter()
            .filter_map(|line| line.strip_prefix("share "))
            .map(|text| Share::parse(text).expect("a share"))
            .collect();
        if shares.len() > 1 {
            KeyStore::open(place, &Unlock::Shares(&shares), WAIT)
                .unwrap_or_else(|error| panic!("{point}: reported shares do not open: {error}"));
        }
    }

    /// After the next act every registered copy is whole and settled.
    fn check_copies(&self, point: &str) {
        let (mut store, _) = self.ground.field().open(&self.ground.field().main()).expect("opens");
        store.sync_live_copies().unwrap_or_else(|error| panic!("{point}: no sync: {error}"));
        for copy in store.copies().expect("listed") {
            let check = KeyStore::check_copy(&copy.copy.location).expect("checked");
            assert!(
                copy.current && check.cell_fits && !check.unsettled && !check.intent,
                "{point}: the copy: {check:?}"
            );
            assert_eq!(check.torn, 0, "{point}: the copy: {check:?}");
        }
    }
}

/// Where an act's result lies.
fn result(act: Act, field: &Field) -> Location {
    if act.makes_a_store() { field.empty() } else { field.main() }
}

fn look(ground: &Ground, place: &Location) -> Result<(Seen, u64), Error> {
    let field = ground.field();
    let (mut store, key_file) = field.open(place)?;
    let mut keys = BTreeMap::new();
    store.keys(&KeyFilter::default(), |key| {
        keys.insert(key.id, (key.scope, key.slot, key.state, key.held, false));
        ControlFlow::Continue(())
    })?;
    // Opening takes longer than listing: the ends of the pages will do, where the acts are at work.
    let at_an_end = |slot: u32| !(8..=250).contains(&slot);
    for (id, (_, slot, state, held, opens)) in &mut keys {
        if !at_an_end(*slot) {
            continue;
        }
        match store.open_key(id) {
            Ok(opened) => {
                let prepared = ground.keys.iter().find(|(other, _)| other == id);
                assert!(prepared.is_none_or(|(_, secret)| opened.secret.expose() == secret));
                *opens = true;
            }
            Err(Error::Held(_)) => assert!(*held),
            Err(Error::Destroyed { .. }) => assert!(state.is_destroyed()),
            Err(Error::NotUsable { .. }) => assert_eq!(*state, KeyState::Suspended),
            Err(error) => return Err(error),
        }
    }
    let scopes = store.scopes()?.into_iter();
    let scopes = scopes
        .map(|scope| (scope.id, scope.name, scope.held, scope.keys, scope.tombstone.is_some()))
        .collect();
    let status = store.status()?;
    let copies = status.copies.into_iter().map(|status| status.copy.location).collect();
    drop(store);
    let first_shares = KeyStore::drill_shares(place, &ground.shares[1..], WAIT).is_ok();
    Ok((Seen { keys, scopes, key_file, first_shares, copies }, status.peek.epoch))
}

fn reported_keys(reports: &[String]) -> Vec<(KeyId, String)> {
    let mut keys = Vec::new();
    for line in reports.iter().filter_map(|line| line.strip_prefix("keys ")) {
        let words: Vec<&str> = line.split(' ').collect();
        for pair in words.chunks(2) {
            keys.push((pair[0].parse().expect("a key id"), pair[1].to_owned()));
        }
    }
    keys
}

/// What differs, without the hundreds of keys that do not.
fn differences(expected: &Seen, seen: &Seen) -> String {
    let mut lines = Vec::new();
    let ids: std::collections::BTreeSet<_> = expected.keys.keys().chain(seen.keys.keys()).collect();
    for id in ids {
        let (a, b) = (expected.keys.get(id), seen.keys.get(id));
        if a != b {
            lines.push(format!("key {id}: {a:?} expected, {b:?} seen"));
        }
    }
    let rest = |seen: &Seen| {
        format!("{:?}", (&seen.scopes, seen.key_file, seen.first_shares, &seen.copies))
    };
    if rest(expected) != rest(seen) {
        lines.push(format!("{} expected, {} seen", rest(expected), rest(seen)));
    }
    lines.join("; ")
}
