//! What time it is, and what opens in an emergency.

use std::ops::ControlFlow;

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::register::Refusal;
use sealkeep_keystore::approval::statement::{BreakGlass, Clock};
use sealkeep_keystore::approval::{Digest, Text};
use sealkeep_keystore::ledger::{Access, Event};
use sealkeep_keystore::{Error, KeyId, KeyState};

use super::Office;
use super::common::{make, opens};

impl Office {
    fn break_glass(&mut self, scopes: &[KeyId], seconds: u64) -> Digest {
        let reason = "emergency".try_into().expect("short");
        let grant = BreakGlass { scopes: scopes.to_vec(), reason, until: self.now + seconds };
        let statement = self.cast.sign(self.now, &["li"], grant);
        self.store.submit(&statement, None).expect("broken").digest
    }

    fn accesses(&mut self) -> Vec<Access> {
        let mut found = Vec::new();
        let read = self.store.ledger_entries(0..u64::MAX, |entry| {
            if let Event::Access(access) = entry.parse().expect("an entry").event {
                found.push(access);
            }
            ControlFlow::Continue(())
        });
        read.expect("readable");
        found
    }
}

#[test]
fn a_clock_that_was_set_stops_executions_until_two_say_that_it_is_right() {
    for forward in [true, false] {
        let mut office = Office::new(Suite::Aes256Gcm);
        let keys = make(&mut office.store, "a", 1);
        let asked = office.ask("1", &[keys[0].0], &[]).expect("accepted");
        office.approve(&asked).expect("approved");
        office.pass(86_400);
        let wall = if forward { office.now + 86_400 } else { office.now - 43_200 };
        office.store.set_clock_for_test(wall, (office.now - office.began) * 1000);
        let time = wall.max(office.now - 86_400);
        let order = Cast::execute(asked.digest, asked.root);
        let order = |office: &mut Office| {
            let order = office.cast.sign(time, &["sun"], order.clone());
            office.store.submit(&order, Some(&asked.lines)).map(drop)
        };
        let refused = order(&mut office);
        // The last entry before was a day ago: set back by half of it, only the boot clock tells.
        assert!(matches!(refused, Err(Error::Refused(Refusal::Clock))), "{refused:?}");
        let alarmed = office.store.ledger_status().expect("readable").size;
        let refused = order(&mut office);
        assert!(matches!(refused, Err(Error::Refused(Refusal::Clock))), "{refused:?}");
        let again = office.store.ledger_status().expect("readable").size;
        assert_eq!(again, alarmed, "one alarm, and it stands");
        let right = office.cast.sign(time, &["chen", "zhao"], Clock { opinion: Text::default() });
        office.store.submit(&right, None).expect("signed after the alarm");
        order(&mut office).expect("ordered");
        office.store.execute(asked.digest, &asked.lines).expect("destroyed");
        assert!(!opens(&mut office.store, &keys[0]));
    }
}

#[test]
fn setting_the_clock_back_keeps_no_glass_broken() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let keys = make(&mut office.store, "a", 1);
    office.store.set_state(&[keys[0].0], KeyState::Suspended).expect("set");
    office.break_glass(&[], 3600);
    assert!(opens(&mut office.store, &keys[0]));
    let boot = (office.now - office.began) * 1000;
    office.store.set_clock_for_test(office.now + 1800, boot + 1_800_000);
    assert!(opens(&mut office.store, &keys[0]));
    office.store.set_clock_for_test(office.now - 7200, boot + 1_801_000);
    assert!(office.store.open_key(&keys[0].0).is_err(), "the clock was set back");
    office.store.set_clock_for_test(office.now + 1801, boot + 1_802_000);
    assert!(office.store.open_key(&keys[0].0).is_err(), "it stays whole");
    office.now += 1801;
    office.break_glass(&[], 60);
    assert!(opens(&mut office.store, &keys[0]), "somebody breaks it anew");
}

#[test]
fn broken_glass_opens_nothing_that_is_to_be_destroyed_and_each_has_its_entry() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let mut key = |scope: &str| make(&mut office.store, scope, 1).remove(0);
    let (a, b, plain) = (key("a"), key("b"), key("c"));
    let (dead, pending) = (key("d"), key("d"));
    let scope = |office: &mut Office, name: &str| office.store.scope_id(name).expect("there");
    let gone = office.ask("1", &[dead.0], &[]).expect("accepted");
    office.approve(&gone).expect("approved");
    office.pass(5);
    office.execute(&gone).expect("executed");
    let waits = office.ask("2", &[pending.0], &[]).expect("accepted");
    office.approve(&waits).expect("approved");
    office.store.set_state(&[a.0, b.0], KeyState::Suspended).expect("set");
    let scopes = ["a", "b", "c"].map(|name| scope(&mut office, name));
    let of_a = office.break_glass(&scopes[..1], 60);
    let of_all = office.break_glass(&[], 60);
    let wanted = [a.0, plain.0, b.0, dead.0, pending.0];
    let opened = office.store.open_keys(&wanted).expect("recorded");
    assert!(opened[..3].iter().all(Result::is_ok));
    assert!(matches!(opened[3], Err(Error::Destroyed { .. })));
    let state = KeyState::PendingDestruction;
    assert!(matches!(&opened[4], Err(Error::NotUsable { state: found, .. }) if *found == state));

    let entries = office.accesses();
    let under = |grant: Option<Digest>| {
        let grant = grant.map(|digest| digest.0);
        let one = entries.iter().rev().find(|one| one.grant == grant && !one.keys.is_empty());
        one.map(|one| (one.keys.clone(), one.scopes.clone()))
    };
    let normal = under(None).expect("an entry");
    assert_eq!(normal, (vec![plain.0], vec![scopes[2]]), "no grant was needed");
    let (mut keys, mut found) = (Vec::new(), Vec::new());
    for grant in [of_a, of_all] {
        let Some((some, of)) = under(Some(grant)) else { continue };
        keys.extend(some);
        found.extend(of);
    }
    keys.sort_unstable();
    found.sort_unstable();
    let sorted = |mut ids: Vec<KeyId>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!((keys, found), (sorted(vec![a.0, b.0]), sorted(scopes[..2].to_vec())));
}
