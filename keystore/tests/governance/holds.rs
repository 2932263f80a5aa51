//! Holds: whom they reach, when they end, and when they come too late.

use std::fs;
use std::time::Duration;

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Digest;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::register::Refusal;
use sealkeep_keystore::approval::statement::{Hold, HoldReason, Release};
use sealkeep_keystore::{Error, KeyId, KeyStore, OnFailure, Ran};

use super::Office;
use super::common::{WAIT, make, opens};

impl Office {
    fn hold(&mut self, targets: &[KeyId]) -> Result<Digest, Error> {
        let hold = Hold {
            targets: targets.to_vec(),
            reason: HoldReason::StatutoryRetention,
            basis: "archives".try_into().expect("short"),
            review: self.now + 1000,
        };
        let statement = self.cast.sign(self.now, &["zhang"], hold);
        self.store.submit(&statement, None).map(|accepted| accepted.digest)
    }

    fn release(&mut self, hold: Digest) {
        let release = Release { hold, opinion: "over".try_into().expect("short") };
        self.say(&["zhang", "liu"], release, None).expect("released");
    }

    fn is_held(&mut self, key: &(KeyId, [u8; 32])) -> bool {
        matches!(self.store.open_key(&key.0), Err(Error::Held(_)))
    }
}

#[test]
fn a_hold_that_is_released_frees_what_was_born_under_it() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let mut one = |scope: &str| make(&mut office.store, scope, 1).remove(0);
    let (in_scope, alone, free) = (one("patient/43"), one("ward"), one("ward"));
    let scope = office.store.scope_id("patient/43").expect("there");
    let of_scope = office.hold(&[scope]).expect("held");
    let of_key = office.hold(&[alone.0]).expect("held");
    let size = office.store.ledger_status().expect("readable").size;
    let mut one = |scope: &str| make(&mut office.store, scope, 1).remove(0);
    let (inside, moved, heir, freed) = (one("patient/43"), one("ward"), one("ward"), one("ward"));
    let pairs = [(&in_scope, &inside), (&in_scope, &moved), (&alone, &heir), (&free, &freed)];
    let pairs = pairs.map(|(old, new)| (old.0, new.0));
    office.store.inherit_holds(&pairs).expect("inherited");
    let grandchild = make(&mut office.store, "ward", 1).remove(0);
    office.store.inherit_holds(&[(heir.0, grandchild.0)]).expect("inherited");
    assert!(office.store.ledger_status().expect("readable").size > size);
    office.reopen();
    let register = office.store.register().expect("readable");
    let heirs = |hold: Digest| {
        let mut found = register.standing_holds().filter(|record| record.digest == hold);
        found.next().expect("stands").heirs.clone()
    };
    assert_eq!(heirs(of_scope), [moved.0], "its scope holds the other");
    assert_eq!(heirs(of_key), [heir.0, grandchild.0]);
    assert!([&inside, &moved, &heir, &grandchild].into_iter().all(|key| office.is_held(key)));
    assert!(opens(&mut office.store, &freed), "nothing held the one before");

    office.release(of_scope);
    assert!(opens(&mut office.store, &inside) && opens(&mut office.store, &moved));
    assert!(office.is_held(&heir) && office.is_held(&grandchild));
    office.release(of_key);
    assert!(opens(&mut office.store, &heir) && opens(&mut office.store, &alone));
    let asked = office.ask("1", &[moved.0, heir.0, grandchild.0], &[]).expect("accepted");
    office.approve(&asked).expect("approved");
    office.pass(5);
    office.execute(&asked).expect("executed");
    assert!(!opens(&mut office.store, &heir) && !opens(&mut office.store, &grandchild));
    let place = office.fixture.place();
    let check = KeyStore::check(&place, Some(&office.fixture.unlock()), WAIT).expect("checked");
    assert_eq!(check.problems, []);
}

#[test]
fn what_was_announced_is_finished() {
    let mut office = Office::new(Suite::Sm4Gcm);
    let keys = make(&mut office.store, "a", 3);
    let scope = office.store.scope_id("a").expect("there");
    let (copy, away) = (office.fixture.at("copy"), office.fixture.at("away"));
    let timeout = Duration::from_secs(1);
    office.store.add_copy(&copy, true, OnFailure::Refuse, timeout).expect("registered");
    let asked = office.ask("1", &[keys[0].0, keys[1].0], &[]).expect("accepted");
    office.approve(&asked).expect("approved");
    office.pass(5);
    fs::rename(&copy.dir, &away.dir).expect("taken away");
    office.say(&["sun"], Cast::execute(asked.digest, asked.root), Some(&asked)).expect("ordered");
    let refused = office.store.execute(asked.digest, &asked.lines);
    assert!(matches!(refused, Err(Error::CopyUnreachable { .. })), "{refused:?}");

    // It was announced: whatever comes now comes too late, and nobody is told that it helps.
    office.store.set_level("a", 5).expect("set");
    for late in [&[keys[1].0][..], &[scope], &[keys[2].0, keys[0].0]] {
        let refused = office.hold(late);
        assert!(matches!(refused, Err(Error::Refused(Refusal::Begun(_)))), "{refused:?}");
    }
    office.hold(&[keys[2].0]).expect("it is not listed");
    fs::rename(&away.dir, &copy.dir).expect("brought back");
    office.store.execute(asked.digest, &asked.lines).expect("destroyed").expect("now");
    assert!(!opens(&mut office.store, &keys[0]) && !opens(&mut office.store, &keys[1]));
    office.hold(&[scope]).expect("held, with what is left in it");
    let record = office.store.record_execution(asked.digest, &asked.lines, Ran::default());
    office.store.finish_execution(&record.expect("recorded")).expect("finished");
}
