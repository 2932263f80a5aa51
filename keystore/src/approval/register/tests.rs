mod attacks;
mod history;
mod people;

use sealkeep_crypto::{Secret, SigningKey, VerifyingKey};

use super::*;
use crate::approval::cast::{BEGIN, Cast};
use crate::approval::inventory::{Item, ItemKind, Method};
use crate::approval::{Summary, inventory};
use crate::state::KeyState;

const DAY: u64 = 86_400;

/// A register with the cast, and a ledger's time.
struct Play {
    cast: Cast,
    register: Register,
    index: u64,
    time: u64,
    counted: u64,
    touched: Touched,
}

/// A request and its inventory.
#[derive(Clone, Copy)]
struct Asked {
    request: Digest,
    inventory: Digest,
}

impl Play {
    fn new(suite: Suite) -> Self {
        Self::with(Cast::new([5; 16], suite))
    }

    fn with(cast: Cast) -> Self {
        let mut play = Self::empty(cast);
        let genesis = play.cast.genesis(play.time, &store_key(play.cast.suite));
        play.put(&genesis).unwrap();
        play
    }

    fn empty(cast: Cast) -> Self {
        let register = Register::new(cast.store, cast.suite);
        let touched = Touched::default();
        Self { cast, register, index: 0, time: BEGIN, counted: 0, touched }
    }

    /// Enters something; what is refused must leave no trace.
    fn enter(&mut self, what: What) -> Result<Vec<Effect>, Refusal> {
        let entered = Entered { index: self.index, time: self.time, counted: self.counted, what };
        let before = self.register.clone();
        let result = self.register.apply(&entered, &self.touched);
        if result.is_err() {
            assert_eq!(self.register, before, "a refusal changed the register");
        } else {
            self.index += 1;
        }
        result
    }

    fn put(&mut self, bytes: &[u8]) -> Result<Vec<Effect>, Refusal> {
        let statement = Statement::parse(self.cast.suite, bytes).unwrap();
        self.enter(What::Statement(Box::new(statement)))
    }

    fn say(&mut self, by: &[&str], said: impl Into<Said>) -> Result<Vec<Effect>, Refusal> {
        let bytes = self.cast.sign(self.time, by, said);
        self.put(&bytes)
    }

    fn event(&mut self, event: StoreEvent) -> Result<Vec<Effect>, Refusal> {
        self.enter(What::Event(event))
    }

    fn pass(&mut self, seconds: u64) {
        self.time += seconds;
        self.counted += seconds;
    }

    /// A request by `wang` for one key.
    fn ask(&mut self, number: &str, key: u8) -> Asked {
        let (summary, items) = one_key(self.cast.suite, key);
        let inventory = summary.root;
        let bytes = self.cast.sign(self.time, &["wang"], Cast::request(number, 3, summary));
        let request = self.cast.digest(&bytes);
        self.touched.insert(request, &items);
        assert_eq!(self.put(&bytes), Ok(vec![Effect::Freeze { request }]));
        Asked { request, inventory }
    }

    fn approve(&mut self, by: &str, asked: Asked, step: u32) -> Result<Vec<Effect>, Refusal> {
        self.say(&[by], Cast::approve(asked.request, asked.inventory, step))
    }

    fn execute(&mut self, by: &str, asked: Asked) -> Result<Vec<Effect>, Refusal> {
        self.say(&[by], Cast::execute(asked.request, asked.inventory))
    }

    /// Approved by `li` and `zhang`.
    fn approved(&mut self) -> Asked {
        let asked = self.ask("2026-1", 1);
        assert_eq!(self.approve("li", asked, 1), Ok(Vec::new()));
        let effects = vec![Effect::MakePending { request: asked.request }];
        assert_eq!(self.approve("zhang", asked, 2), Ok(effects));
        asked
    }

    /// Approved, and the waiting period is over.
    fn waited(&mut self) -> Asked {
        let asked = self.approved();
        self.pass(7 * DAY);
        asked
    }

    /// Executed by `sun`; the digest of the record of execution.
    fn executed(&mut self, asked: Asked, partial: bool) -> Digest {
        let request = asked.request;
        let effects = self.execute("sun", asked).unwrap();
        let [Effect::Begin { order, .. }] = effects[..] else { panic!("{effects:?}") };
        let execution = Digest([8; 32]);
        self.event(StoreEvent::DestroyBegun { request, order }).unwrap();
        self.event(StoreEvent::Destroyed { request }).unwrap();
        self.event(StoreEvent::Finished { request, execution, partial }).unwrap();
        execution
    }

    fn witness(
        &mut self,
        by: &str,
        asked: Asked,
        execution: Digest,
    ) -> Result<Vec<Effect>, Refusal> {
        self.say(&[by], Cast::witness(asked.request, asked.inventory, execution))
    }

    fn inspect(
        &mut self,
        by: &str,
        asked: Asked,
        execution: Digest,
        passed: bool,
    ) -> Result<Vec<Effect>, Refusal> {
        let report = Digest([4; 32]);
        self.say(&[by], Cast::inspect(asked.request, asked.inventory, execution, report, passed))
    }

    fn state(&self, asked: Asked) -> RequestState {
        self.register.request(&asked.request).unwrap().state_at(self.time)
    }
}

fn store_key(suite: Suite) -> VerifyingKey {
    SigningKey::from_seed(suite, &Secret::from_slice(&[1; 32]).unwrap()).verifying_key()
}

fn one_key(suite: Suite, key: u8) -> (Summary, Vec<Item>) {
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
    let found = inventory::read(suite, [item.line().as_str()]).unwrap();
    (found.summary, vec![item])
}

fn code<T>(result: Result<T, Refusal>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(refusal) => refusal.code(),
    }
}

/// The whole story.
#[test]
fn a_request_goes_its_way_to_the_end() {
    for suite in Suite::ALL {
        let mut play = Play::new(suite);
        let asked = play.waited();
        let record = play.register.request(&asked.request).unwrap();
        assert!(matches!(
            record.awaiting(play.time, play.counted)[..],
            [Awaiting::Execution { .. }]
        ));
        let work = play.register.worklist(&Cast::id("sun"), play.time, play.counted);
        assert_eq!(work, [Work { about: asked.request, task: Task::Execute }]);
        let execution = play.executed(asked, false);
        assert_eq!(play.state(asked), RequestState::Executed);
        assert_eq!(play.witness("zhou", asked, execution), Ok(Vec::new()));
        assert_eq!(play.inspect("zheng", asked, execution, false), Ok(Vec::new()));
        assert_eq!(play.witness("wu", asked, execution), Ok(Vec::new()));
        assert_eq!(play.state(asked), RequestState::Executed);
        let done = Ok(vec![Effect::Done { request: asked.request }]);
        assert_eq!(play.inspect("zheng", asked, execution, true), done);
        assert_eq!(play.state(asked), RequestState::Done);
        assert_eq!(code(play.witness("wu", asked, execution)), "request-state");
    }
}

#[test]
fn partial_is_never_done() {
    let mut play = Play::new(Suite::Aes256Gcm);
    let asked = play.waited();
    let execution = play.executed(asked, true);
    play.witness("zhou", asked, execution).unwrap();
    play.witness("wu", asked, execution).unwrap();
    assert_eq!(play.inspect("zheng", asked, execution, true), Ok(Vec::new()));
    assert_eq!(play.state(asked), RequestState::Partial);
}

#[test]
fn an_entry_of_the_ledger_gives_what_was_entered() {
    let suite = Suite::Sm4Gcm;
    let cast = Cast::new([5; 16], suite);
    let bytes = cast.genesis(BEGIN, &store_key(suite));
    let statement = Box::new(Statement::parse(suite, &bytes).unwrap());
    let keys = vec![KeyId([1; 16]), KeyId([2; 16])];
    let (request, order) = (Digest([1; 32]), Digest([2; 32]));
    let finished = |partial| StoreEvent::Finished { request, execution: order, partial };
    let events = [
        StoreEvent::DestroyBegun { request, order },
        StoreEvent::Destroyed { request },
        finished(true),
        finished(false),
        StoreEvent::Expired { request },
    ];
    let mut all = vec![
        (crate::ledger::Event::statement(&bytes), What::Statement(statement)),
        (alarm(&Alarm::Clock), What::Alarm(Alarm::Clock)),
    ];
    let pending = Alarm::PendingUse { keys, requests: vec![request] };
    all.push((alarm(&pending), What::Alarm(pending)));
    all.extend(events.map(|e| (crate::ledger::Event::Store(e.entry()), What::Event(e))));
    for (event, what) in all {
        let body = crate::ledger::Body { time: 7, counted: 3, event };
        let read = Entered::read(suite, 9, &body.to_bytes());
        assert_eq!(read, Ok(Some(Entered { index: 9, time: 7, counted: 3, what })));
    }
    let begin = br#"{"time":1,"counted":0,"class":"store","operation":"begin"}"#;
    assert_eq!(Entered::read(suite, 0, begin), Ok(None));
    let bad = br#"{"time":1,"counted":0,"class":"store","operation":"destroyed"}"#;
    assert!(Entered::read(suite, 0, bad).is_err());
}

fn alarm(alarm: &Alarm) -> crate::ledger::Event {
    crate::ledger::Event::Alarm(alarm.entry())
}
