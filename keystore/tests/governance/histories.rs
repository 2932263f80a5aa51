//! Random histories: whatever is said and done, in whatever order, a key dies only after a complete set of statements.
//!
//! The judge here is naive on purpose: it keeps a list of what was accepted, and looks through it when a key is gone.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Digest;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::statement::{Hold, HoldReason, Reinstate, Release, Suspend};
use sealkeep_keystore::{Error, KeyId, KeyState, Ran};

use super::common::{make, opens};
use super::{Asked, Office, ids};

/// Something that somebody tries.
#[derive(Clone, Debug)]
enum Try {
    Ask {
        first: usize,
        count: usize,
    },
    Approve {
        request: usize,
        by: usize,
        step: u32,
        inventory: usize,
    },
    Reject {
        request: usize,
        by: usize,
    },
    Withdraw {
        request: usize,
        by: usize,
    },
    Cancel {
        request: usize,
        by: usize,
    },
    Resume {
        request: usize,
        by: usize,
    },
    Execute {
        request: usize,
        by: usize,
        list: usize,
    },
    GoOn {
        request: usize,
        list: usize,
    },
    Hold {
        key: usize,
        by: usize,
    },
    Release {
        hold: usize,
        by: (usize, usize),
    },
    Suspend {
        whom: usize,
    },
    Reinstate {
        whom: usize,
    },
    Open {
        key: usize,
    },
    SetState {
        key: usize,
        state: usize,
    },
    Pass {
        seconds: u64,
    },
    Reopen,
    /// What a request waits for, by whom it waits for.
    Next {
        request: usize,
    },
}

const PEOPLE: [&str; 10] =
    ["wang", "li", "zhang", "liu", "sun", "zhou", "wu", "zheng", "chen", "zhao"];
const KEYS: usize = 4;
const STATES: [KeyState; 3] = [KeyState::Active, KeyState::Suspended, KeyState::Compromised];

fn tries() -> impl Strategy<Value = Try> {
    let (request, by) = (0..3_usize, 0..PEOPLE.len());
    // Most tries are the right person's: otherwise no request would ever come to its end.
    let approver = prop_oneof![6 => 1..4_usize, 1 => 0..PEOPLE.len()];
    let executor = prop_oneof![6 => Just(4_usize), 1 => 0..PEOPLE.len()];
    prop_oneof![
        3 => (0..KEYS, 1..=2_usize).prop_map(|(first, count)| Try::Ask { first, count }),
        8 => (request.clone(), approver, 1..3_u32, request.clone()).prop_map(
            |(request, by, step, other)| {
                // Now and then over another list than the request's.
                let inventory = if other == 0 { (request + 1) % 3 } else { request };
                Try::Approve { request, by, step, inventory }
            }
        ),
        1 => (request.clone(), by.clone()).prop_map(|(request, by)| Try::Reject { request, by }),
        1 => (request.clone(), by.clone()).prop_map(|(request, by)| Try::Withdraw { request, by }),
        1 => (request.clone(), by.clone()).prop_map(|(request, by)| Try::Cancel { request, by }),
        2 => (request.clone(), 3..5_usize).prop_map(|(request, by)| Try::Resume { request, by }),
        8 => (request.clone(), executor, request.clone()).prop_map(|(request, by, other)| {
            let list = if other == 0 { (request + 1) % 3 } else { request };
            Try::Execute { request, by, list }
        }),
        3 => (request.clone(), request).prop_map(|(request, list)| Try::GoOn { request, list }),
        1 => (0..KEYS, 2..4_usize).prop_map(|(key, by)| Try::Hold { key, by }),
        1 => (0..2_usize, (2..4_usize, 2..4_usize)).prop_map(|(hold, by)| Try::Release { hold, by }),
        1 => (0..5_usize).prop_map(|whom| Try::Suspend { whom }),
        1 => (0..5_usize).prop_map(|whom| Try::Reinstate { whom }),
        1 => (0..KEYS).prop_map(|key| Try::Open { key }),
        1 => (0..KEYS, 0..3_usize).prop_map(|(key, state)| Try::SetState { key, state }),
        5 => (0..4_u64).prop_map(|seconds| Try::Pass { seconds }),
        1 => Just(Try::Reopen),
        14 => (0..3_usize).prop_map(|request| Try::Next { request }),
    ]
}

/// What was accepted, as far as the judge cares.
#[derive(Clone, Debug)]
enum Noted {
    Asked { request: usize, at: u64 },
    Approved { request: usize, by: &'static str, step: u32, at: u64 },
    Ended { request: usize },
    Ordered { request: usize, by: &'static str, at: u64 },
    Suspended { whom: &'static str },
    Held { key: usize, hold: Digest },
    Released { hold: Digest },
}

struct Play {
    office: Office,
    keys: Vec<(KeyId, [u8; 32])>,
    asked: Vec<(Asked, Vec<usize>)>,
    noted: Vec<Noted>,
    gone: [bool; KEYS],
}

impl Play {
    fn new() -> Self {
        let mut office = Office::new(Suite::Aes256Gcm);
        let keys = make(&mut office.store, "a", KEYS);
        Self { office, keys, asked: Vec::new(), noted: Vec::new(), gone: [false; KEYS] }
    }

    fn go(&mut self, one: &Try) {
        let office = &mut self.office;
        match *one {
            Try::Ask { first, count } => {
                let listed: Vec<usize> = (first..(first + count).min(KEYS)).collect();
                if self.asked.len() == 3 || listed.iter().any(|&key| self.gone[key]) {
                    return;
                }
                let wanted: Vec<_> = listed.iter().map(|&key| self.keys[key]).collect();
                let number = format!("{}", self.asked.len());
                if let Ok(asked) = office.ask(&number, &ids(&wanted), &[]) {
                    self.noted.push(Noted::Asked { request: self.asked.len(), at: office.now });
                    self.asked.push((asked, listed));
                }
            }
            Try::Approve { request, by, step, inventory } => {
                let (Some((asked, _)), Some((other, _))) =
                    (self.asked.get(request), self.asked.get(inventory))
                else {
                    return;
                };
                let said = Cast::approve(asked.digest, other.root, step);
                if office.say(&[PEOPLE[by]], said, Some(asked)).is_ok() {
                    let (by, at) = (PEOPLE[by], office.now);
                    assert_eq!(request, inventory, "over another list");
                    self.noted.push(Noted::Approved { request, by, step, at });
                }
            }
            Try::Reject { request, by } => {
                self.end(request, by, |asked| Cast::reject(asked.digest, asked.root))
            }
            Try::Withdraw { request, by } => {
                self.end(request, by, |asked| Cast::withdraw(asked.digest));
            }
            Try::Cancel { request, by } => {
                self.end(request, by, |asked| Cast::cancel(asked.digest));
            }
            Try::Resume { request, by } => {
                let Some((asked, _)) = self.asked.get(request) else { return };
                let _ = office.say(&[PEOPLE[by]], Cast::resume(asked.digest), None);
            }
            Try::Execute { request, by, list } => {
                let (Some((asked, _)), Some((other, _))) =
                    (self.asked.get(request), self.asked.get(list))
                else {
                    return;
                };
                let said = Cast::execute(asked.digest, asked.root);
                if office.say(&[PEOPLE[by]], said, Some(other)).is_ok() {
                    let (by, at) = (PEOPLE[by], office.now);
                    self.noted.push(Noted::Ordered { request, by, at });
                    self.go(&Try::GoOn { request, list });
                }
            }
            Try::GoOn { request, list } => {
                let (Some((asked, _)), Some((other, _))) =
                    (self.asked.get(request), self.asked.get(list))
                else {
                    return;
                };
                let store = &mut office.store;
                let _ = store.execute(asked.digest, &other.lines);
                if let Ok(record) =
                    store.record_execution(asked.digest, &other.lines, Ran::default())
                {
                    store.finish_execution(&record).expect("what was just recorded");
                }
            }
            Try::Hold { key, by } => {
                let hold = Hold {
                    targets: vec![self.keys[key].0],
                    reason: HoldReason::Other,
                    basis: "b".try_into().expect("short"),
                    review: office.now + 1000,
                };
                let statement = office.cast.sign(office.now, &[PEOPLE[by]], hold);
                if let Ok(accepted) = office.store.submit(&statement, None) {
                    self.noted.push(Noted::Held { key, hold: accepted.digest });
                }
            }
            Try::Release { hold, by } => {
                let holds = self.noted.iter().filter_map(|one| match one {
                    Noted::Held { hold, .. } => Some(*hold),
                    _ => None,
                });
                let Some(hold) = holds.collect::<Vec<_>>().get(hold).copied() else { return };
                let by = [PEOPLE[by.0], PEOPLE[by.1]];
                let by = if by[0] == by[1] { &by[..1] } else { &by[..] };
                let said = Release { hold, opinion: "o".try_into().expect("short") };
                if office.say(by, said, None).is_ok() {
                    assert_eq!(by.len(), 2, "released by one");
                    self.noted.push(Noted::Released { hold });
                }
            }
            Try::Suspend { whom } => {
                let officer = Cast::id(PEOPLE[whom]);
                let said = Suspend { officer, reason: "r".try_into().expect("short") };
                if office.say(&["chen"], said, None).is_ok() {
                    self.noted.push(Noted::Suspended { whom: PEOPLE[whom] });
                }
            }
            Try::Reinstate { whom } => {
                let said = Reinstate { officer: Cast::id(PEOPLE[whom]) };
                let _ = office.say(&["chen", "zhao"], said, None);
            }
            Try::Open { key } => drop(office.store.open_key(&self.keys[key].0)),
            Try::SetState { key, state } => {
                let _ = office.store.set_state(&[self.keys[key].0], STATES[state]);
            }
            Try::Pass { seconds } => office.pass(seconds),
            Try::Reopen => office.reopen(),
            Try::Next { request } => {
                let Some((asked, _)) = self.asked.get(request) else { return };
                let register = office.store.register().expect("readable");
                let record = register.request(&asked.digest).expect("accepted");
                let next = record.next_step();
                let (step, inventory) = (next.unwrap_or(1), request);
                match next {
                    Some(1) => self.go(&Try::Approve { request, by: 1, step, inventory }),
                    Some(_) => self.go(&Try::Approve { request, by: 2, step, inventory }),
                    None => {
                        self.go(&Try::Pass { seconds: 2 });
                        self.go(&Try::Execute { request, by: 4, list: request });
                    }
                }
            }
        }
    }

    fn end(
        &mut self,
        request: usize,
        by: usize,
        said: impl FnOnce(&Asked) -> sealkeep_keystore::approval::Said,
    ) {
        let Some((asked, _)) = self.asked.get(request) else { return };
        if self.office.say(&[PEOPLE[by]], said(asked), Some(asked)).is_ok() {
            self.noted.push(Noted::Ended { request });
        }
    }

    /// Every key that is gone since the last look must have died by the rules.
    fn judge(&mut self) {
        for key in 0..KEYS {
            let destroyed = matches!(
                self.office.store.facts(&[self.keys[key].0]).expect("readable")[0],
                Err(Error::Destroyed { .. })
            );
            assert!(destroyed || !self.gone[key], "a destroyed key came back");
            if destroyed && !self.gone[key] {
                self.gone[key] = true;
                let listed = self.asked.iter().enumerate();
                let by_the_rules = listed
                    .filter(|(_, (_, keys))| keys.contains(&key))
                    .any(|(request, _)| self.is_complete(request, key));
                assert!(by_the_rules, "key {key} died without its papers: {:?}", self.noted);
            }
        }
    }

    /// Whether the last order for a request was given after both steps, by different persons who were not suspended since, none
    /// of which was ended, after two seconds, while nothing held the key.
    fn is_complete(&self, request: usize, key: usize) -> bool {
        let mut steps: [Option<(&str, u64)>; 2] = [None; 2];
        let (mut asked, mut ended) = (false, false);
        let mut holds: Vec<Digest> = Vec::new();
        let mut complete = false;
        for one in &self.noted {
            match *one {
                Noted::Asked { request: of, at } if of == request => asked = at > 0,
                Noted::Approved { request: of, by, step, at } if of == request => {
                    steps[step as usize - 1] = Some((by, at));
                }
                Noted::Ended { request: of } if of == request => ended = true,
                Noted::Suspended { whom } => {
                    for at in 0..2 {
                        if steps[at].is_some_and(|(by, _)| by == whom) {
                            steps[at..].fill(None);
                        }
                    }
                    ended |= whom == "wang" && asked && !complete;
                }
                Noted::Held { key: of, hold } if of == key => holds.push(hold),
                Noted::Released { hold } => holds.retain(|one| *one != hold),
                Noted::Ordered { request: of, by, at } if of == request => {
                    let [Some((first, _)), Some((second, last))] = steps else { continue };
                    let roles = first == "li" && ["zhang", "liu"].contains(&second) && by == "sun";
                    complete |= asked && !ended && roles && at >= last + 2 && holds.is_empty();
                }
                _ => {}
            }
        }
        complete
    }
}

#[test]
fn a_key_dies_only_with_a_complete_set_of_statements() {
    let died = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let histories = prop::collection::vec(tries(), 40..120);
    let outcome = runner.run(&histories, |history| {
        let mut play = Play::new();
        for one in &history {
            play.go(one);
            play.judge();
        }
        died.set(died.get() + play.gone.iter().filter(|gone| **gone).count());
        // The store and its ledger are whole, and what lives is what it was.
        play.office.reopen();
        for (key, gone) in play.keys.clone().iter().zip(play.gone) {
            match play.office.store.open_key(&key.0) {
                Ok(_) => prop_assert!(opens(&mut play.office.store, key)),
                Err(Error::Destroyed { .. }) => prop_assert!(gone),
                Err(_) => prop_assert!(!gone),
            }
        }
        let place = play.office.fixture.place();
        let unlock = play.office.fixture.unlock();
        let check = sealkeep_keystore::KeyStore::check(&place, Some(&unlock), super::common::WAIT);
        prop_assert_eq!(check.expect("checked").problems, []);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // Histories in which nothing comes to its end would show nothing.
    assert!(died.get() >= 5, "only {} keys died", died.get());
}
