//! Plays histories and writes them down.

use std::collections::BTreeMap;

use sealkeep_crypto::{Secret, SigningKey, Suite, VerifyingKey};
use sealkeep_keystore::KeyId;
use sealkeep_keystore::KeyState;
use sealkeep_keystore::approval::cast::{BEGIN, Cast};
use sealkeep_keystore::approval::inventory::Method;
use sealkeep_keystore::approval::register::{
    Alarm, Effect, Entered, RequestState, StoreEvent, Touched,
};
use sealkeep_keystore::approval::{Digest, Item, ItemKind, Register, Said, Summary, inventory};
use sealkeep_keystore::ledger::{Body, Event};

use crate::{Case, Line};

pub(crate) const DAY: u64 = 86_400;

/// A register at work, and the lines of the history so far.
#[derive(Clone)]
pub(crate) struct Play {
    pub(crate) cast: std::rc::Rc<Cast>,
    pub(crate) register: Register,
    pub(crate) time: u64,
    pub(crate) counted: u64,
    pub(crate) lines: Vec<Line>,
    pub(crate) inventories: BTreeMap<Digest, Vec<KeyId>>,
    index: u64,
    touched: Touched,
}

/// A request and its inventory.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) request: Digest,
    pub(crate) inventory: Digest,
}

pub(crate) fn store_key(suite: Suite) -> VerifyingKey {
    SigningKey::from_seed(suite, &Secret::from_slice(&[1; 32]).unwrap()).verifying_key()
}

impl Play {
    pub(crate) fn new(cast: Cast) -> Self {
        Self {
            register: Register::new(cast.store, cast.suite),
            cast: std::rc::Rc::new(cast),
            time: BEGIN,
            counted: 0,
            lines: Vec::new(),
            inventories: BTreeMap::new(),
            index: 0,
            touched: Touched::default(),
        }
    }

    pub(crate) fn founded(cast: Cast) -> Self {
        let mut play = Self::new(cast);
        let genesis = play.cast.genesis(play.time, &store_key(play.cast.suite));
        play.put(&genesis);
        play
    }

    pub(crate) fn enter(&mut self, event: Event) -> Vec<Effect> {
        let body = Body { time: self.time, counted: self.counted, event }.to_bytes();
        let entered = Entered::read(self.cast.suite, self.index, &body).unwrap().unwrap();
        let came = self.register.apply(&entered, &self.touched);
        let expect = came.as_ref().map_or_else(|refusal| refusal.code(), |_| "accepted");
        let (body, expect) = (String::from_utf8(body).unwrap(), expect.to_owned());
        self.lines.push(Line { index: self.index, body, expect });
        self.index += 1;
        came.unwrap_or_default()
    }

    pub(crate) fn put(&mut self, statement: &[u8]) -> Vec<Effect> {
        self.enter(Event::statement(statement))
    }

    pub(crate) fn say(&mut self, by: &[&str], said: impl Into<Said>) -> Vec<Effect> {
        let statement = self.cast.sign(self.time, by, said);
        self.put(&statement)
    }

    pub(crate) fn event(&mut self, event: &StoreEvent) {
        self.enter(Event::Store(event.entry()));
    }

    pub(crate) fn alarm(&mut self, alarm: &Alarm) {
        self.enter(Event::Alarm(alarm.entry()));
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.time += seconds;
        self.counted += seconds;
    }

    pub(crate) fn ask(&mut self, number: &str, key: u8) -> Asked {
        let (summary, item) = one_key(self.cast.suite, key);
        let inventory = summary.root;
        let statement = self.cast.sign(self.time, &["wang"], Cast::request(number, 3, summary));
        let request = self.cast.digest(&statement);
        self.inventories.insert(request, item.key.into_iter().chain(item.scope).collect());
        self.touched.insert(request, [&item]);
        self.put(&statement);
        Asked { request, inventory }
    }

    pub(crate) fn approve(&mut self, by: &str, asked: Asked, step: u32) {
        self.say(&[by], Cast::approve(asked.request, asked.inventory, step));
    }

    pub(crate) fn execute(&mut self, by: &str, asked: Asked) -> Option<Digest> {
        let effects = self.say(&[by], Cast::execute(asked.request, asked.inventory));
        effects.into_iter().find_map(|effect| match effect {
            Effect::Begin { order, .. } => Some(order),
            _ => None,
        })
    }

    pub(crate) fn approved(&mut self) -> Asked {
        let asked = self.ask("2026-1", 1);
        self.approve("li", asked, 1);
        self.approve("zhang", asked, 2);
        asked
    }

    pub(crate) fn executed(&mut self, asked: Asked, partial: bool) -> Digest {
        let (request, execution) = (asked.request, Digest([8; 32]));
        let order = self.execute("sun", asked).unwrap();
        self.event(&StoreEvent::DestroyBegun { request, order });
        self.event(&StoreEvent::Destroyed { request });
        self.event(&StoreEvent::Finished { request, execution, partial });
        execution
    }

    pub(crate) fn witness(&mut self, by: &str, asked: Asked, execution: Digest) {
        self.say(&[by], Cast::witness(asked.request, asked.inventory, execution));
    }

    pub(crate) fn inspect(&mut self, by: &str, asked: Asked, execution: Digest, passed: bool) {
        let report = Digest([4; 32]);
        self.say(&[by], Cast::inspect(asked.request, asked.inventory, execution, report, passed));
    }

    /// What was played since `before`, as a case.
    pub(crate) fn case(self, name: &str, after: &str, before: &Play) -> Case {
        let state = |state: RequestState| state.name().to_owned();
        let requests = self.register.requests();
        Case {
            name: name.to_owned(),
            after: after.to_owned(),
            states: requests.map(|record| (record.digest, state(record.state))).collect(),
            entries: self.lines[before.lines.len()..].to_vec(),
        }
    }
}

pub(crate) fn one_key(suite: Suite, key: u8) -> (Summary, Item) {
    let item = Item {
        item: 0,
        kind: ItemKind::Key,
        key: Some(KeyId([key; 16])),
        scope: Some(KeyId([99; 16])),
        state: Some(KeyState::Active),
        held: false,
        level: Some(3),
        suite: Some(suite),
        created: Some(1),
        size: None,
        digest: None,
        tag: None,
        method: Method::CryptoErase { wipe: None },
        copies: Vec::new(),
        class: None,
        due: None,
        extra: None,
    };
    (inventory::read(suite, [item.line().as_str()]).unwrap().summary, item)
}
