//! Random histories: the store never begins without what an independent, naive checker finds complete.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::approval::statement::{
    Clock, Hold, HoldReason, Reinstate, Release, Revoke, SetPolicy, Suspend,
};
use crate::approval::{Role, Text};

#[derive(Clone, Copy, Debug)]
enum Move {
    /// What brings the request on.
    Proper,
    Ask,
    Approve {
        who: usize,
        step: u32,
        crossed: bool,
    },
    Reject {
        who: usize,
    },
    Withdraw {
        who: usize,
    },
    Cancel {
        who: usize,
    },
    Resume {
        who: usize,
    },
    Execute {
        who: usize,
    },
    Begin {
        old: bool,
    },
    Suspend {
        who: usize,
    },
    Revoke {
        who: usize,
    },
    Reinstate {
        who: usize,
    },
    Policy,
    Hold,
    Release,
    Use {
        ours: bool,
    },
    Clock,
    Correct,
    Pass {
        days: u64,
        counted: bool,
    },
}

const WHO: [&str; 8] = ["wang", "li", "zhang", "liu", "sun", "zhou", "wu", "multi"];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = || 0..WHO.len();
    let one = prop_oneof![
        30 => Just(Move::Proper),
        1 => Just(Move::Ask),
        3 => (who(), 1..4_u32, prop::bool::weighted(0.2))
            .prop_map(|(who, step, crossed)| Move::Approve { who, step, crossed }),
        1 => who().prop_map(|who| Move::Reject { who }),
        1 => who().prop_map(|who| Move::Withdraw { who }),
        1 => who().prop_map(|who| Move::Cancel { who }),
        2 => who().prop_map(|who| Move::Resume { who }),
        3 => who().prop_map(|who| Move::Execute { who }),
        3 => any::<bool>().prop_map(|old| Move::Begin { old }),
        2 => who().prop_map(|who| Move::Suspend { who }),
        1 => who().prop_map(|who| Move::Revoke { who }),
        2 => who().prop_map(|who| Move::Reinstate { who }),
        1 => Just(Move::Policy),
        1 => Just(Move::Hold),
        2 => Just(Move::Release),
        2 => any::<bool>().prop_map(|ours| Move::Use { ours }),
        1 => Just(Move::Clock),
        2 => Just(Move::Correct),
        4 => (0..9_u64, prop::bool::weighted(0.8))
            .prop_map(|(days, counted)| Move::Pass { days, counted }),
    ];
    prop::collection::vec(one, 5..40)
}

struct History {
    play: Play,
    log: Vec<Entered>,
    asked: Asked,
    orders: Vec<(Digest, Digest)>,
    holds: Vec<Digest>,
    version: u32,
    begun: bool,
}

impl History {
    fn new() -> Self {
        let mut cast = Cast::new([5; 16], Suite::Aes256Gcm);
        let all = [
            Role::DataAdministrator,
            Role::DepartmentHead,
            Role::Legal,
            Role::Executor,
            Role::Witness,
        ];
        cast.insert("multi", &all);
        let asked = Asked { request: Digest([0; 32]), inventory: Digest([0; 32]) };
        let (log, orders, holds) = (Vec::new(), Vec::new(), Vec::new());
        let play = Play::with(cast);
        let mut history = Self { play, log, asked, orders, holds, version: 1, begun: false };
        history.make(Move::Ask);
        history
    }

    fn enter(&mut self, what: What) {
        let play = &mut self.play;
        let (time, counted) = (play.time, play.counted);
        let entered = Entered { index: play.index, time, counted, what: what.clone() };
        let Ok(effects) = play.enter(what) else { return };
        self.log.push(entered);
        for effect in effects {
            match effect {
                Effect::Begin { request, order } => self.orders.push((request, order)),
                Effect::Hold { hold, .. } => self.holds.push(hold),
                Effect::Policy { .. } => self.version += 1,
                _ => {}
            }
        }
        if let What::Event(StoreEvent::DestroyBegun { request, order }) =
            self.log.last().unwrap().what
        {
            self.begun = true;
            if let Err(why) = complete(&self.log, request, order) {
                panic!("begun although {why}: {:#?}", self.log);
            }
        }
    }

    fn say(&mut self, by: &[&str], said: impl Into<Said>) {
        let bytes = self.play.cast.sign(self.play.time, by, said);
        let statement = Statement::parse(self.play.cast.suite, &bytes).unwrap();
        self.enter(What::Statement(Box::new(statement)));
    }

    fn ask(&mut self) {
        let (summary, items) = one_key(self.play.cast.suite, 1);
        let inventory = summary.root;
        let number = format!("{}", self.log.len());
        let said = Cast::request(&number, 3, summary);
        let bytes = self.play.cast.sign(self.play.time, &["wang"], said);
        let request = self.play.cast.digest(&bytes);
        self.play.touched.insert(request, &items);
        self.asked = Asked { request, inventory };
        let statement = Statement::parse(self.play.cast.suite, &bytes).unwrap();
        self.enter(What::Statement(Box::new(statement)));
    }

    fn proper(&mut self) {
        let Asked { request, inventory } = self.asked;
        let record = self.play.register.request(&request).cloned();
        let awaiting = record.map(|record| record.awaiting(self.play.time, self.play.counted));
        match awaiting.as_deref() {
            Some([Awaiting::Approval { step: 1, .. }, ..]) => {
                self.say(&["li"], Cast::approve(request, inventory, 1));
            }
            Some([Awaiting::Approval { step, .. }, ..]) => {
                self.say(&["zhang"], Cast::approve(request, inventory, *step));
            }
            Some([Awaiting::Wait { left }, ..]) => self.play.pass(*left),
            Some([Awaiting::Resume { .. }, ..]) => self.say(&["liu"], Cast::resume(request)),
            Some([Awaiting::Execution { .. }, ..]) => {
                self.say(&["sun"], Cast::execute(request, inventory));
                self.make(Move::Begin { old: false });
            }
            _ => self.ask(),
        }
    }

    fn make(&mut self, next: Move) {
        let Asked { request, inventory } = self.asked;
        let text = Text::default;
        let id = |who: usize| Cast::id(WHO[who]);
        match next {
            Move::Proper => self.proper(),
            Move::Ask => self.ask(),
            Move::Approve { who, step, crossed } => {
                let inventory = if crossed { Digest([3; 32]) } else { inventory };
                self.say(&[WHO[who]], Cast::approve(request, inventory, step));
            }
            Move::Reject { who } => self.say(&[WHO[who]], Cast::reject(request, inventory)),
            Move::Withdraw { who } => self.say(&[WHO[who]], Cast::withdraw(request)),
            Move::Cancel { who } => self.say(&[WHO[who]], Cast::cancel(request)),
            Move::Resume { who } => self.say(&[WHO[who]], Cast::resume(request)),
            Move::Execute { who } => self.say(&[WHO[who]], Cast::execute(request, inventory)),
            Move::Begin { old } => {
                let order = if old { self.orders.first() } else { self.orders.last() };
                let (request, order) = order.copied().unwrap_or((request, Digest([0; 32])));
                self.enter(What::Event(StoreEvent::DestroyBegun { request, order }));
            }
            Move::Suspend { who } => {
                self.say(&["chen"], Suspend { officer: id(who), reason: text() });
            }
            Move::Revoke { who } => {
                let (officer, reason) = (id(who), text());
                self.say(&["chen"], Revoke { officer, reason, compromised: who % 2 == 0 });
            }
            Move::Reinstate { who } => {
                self.say(&["chen", "zhao"], Reinstate { officer: id(who) });
            }
            Move::Policy => {
                let next = format!("version = {}", self.version + 1);
                let now = format!("version = {}", self.version);
                let policy_text = self.play.cast.policy_text.replace(&now, &next);
                self.say(&["chen", "zhao"], SetPolicy { policy_text: policy_text.clone() });
                self.play.cast.policy_text = policy_text;
            }
            Move::Hold => {
                let (reason, review) = (HoldReason::Other, self.play.time + DAY);
                let targets = vec![KeyId([1; 16])];
                self.say(&["zhang"], Hold { targets, reason, basis: text(), review });
            }
            Move::Release => {
                if let Some(hold) = self.holds.pop() {
                    self.say(&["zhang", "liu"], Release { hold, opinion: text() });
                }
            }
            Move::Use { ours } => {
                let requests = vec![if ours { request } else { Digest([3; 32]) }];
                self.enter(What::Alarm(Alarm::PendingUse { keys: vec![KeyId([1; 16])], requests }));
            }
            Move::Clock => self.enter(What::Alarm(Alarm::Clock)),
            Move::Correct => self.say(&["chen", "zhao"], Clock { opinion: text() }),
            Move::Pass { days, counted } => {
                self.play.time += days * DAY;
                self.play.counted += if counted { days * DAY } else { 0 };
            }
        }
    }
}

/// What a person with the specification and a pencil would look for in the entries, the last of which is `destroy-begun`.
fn complete(log: &[Entered], request: Digest, order: Digest) -> Result<(), String> {
    let now = log.last().unwrap();
    let said = |at: usize| match &log[at].what {
        What::Statement(statement) => Some((&statement.said, statement)),
        _ => None,
    };
    let find = |wanted: &dyn Fn(&Said, &Statement) -> bool| {
        (0..log.len()).rev().find(|at| said(*at).is_some_and(|(said, whole)| wanted(said, whole)))
    };
    let who = |at: usize| said(at).unwrap().1.by[0].to_string();
    let lost_since = |at: usize| {
        let id = who(at);
        (at..log.len()).any(|later| match said(later).map(|(said, _)| said) {
            Some(Said::Suspend(gone)) => gone.officer.as_str() == id,
            Some(Said::Revoke(gone)) => gone.officer.as_str() == id,
            _ => false,
        })
    };
    let demand = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };

    let asked = find(&|_, whole| whole.digest == request).ok_or("there is no request")?;
    let Some((Said::Request(form), _)) = said(asked) else { return Err("no request".into()) };
    let root = form.inventory.root;
    let mut parts = vec![asked];
    for step in 1..=2 {
        let approval = find(
            &|said, _| matches!(said, Said::Approve(a) if a.request == request && a.step == step && a.inventory == root),
        );
        parts.push(approval.ok_or("an approval is missing")?);
    }
    let ordered = find(&|said, whole| {
        matches!(said, Said::Execute(e) if e.request == request && e.inventory == root)
            && whole.digest == order
    });
    parts.push(ordered.ok_or("there is no order")?);

    demand(parts.windows(2).all(|pair| pair[0] < pair[1]), "the order of the steps is wrong")?;
    let allowed: [&[&str]; 4] =
        [&["wang", "multi"], &["li", "multi"], &["zhang", "liu", "multi"], &["sun", "multi"]];
    for (part, allowed) in parts.iter().zip(allowed) {
        demand(allowed.contains(&who(*part).as_str()), "somebody has not the role")?;
        demand(!lost_since(*part), "somebody is no longer active")?;
    }
    let mut persons: Vec<String> = parts.iter().map(|part| who(*part)).collect();
    persons.sort();
    persons.dedup();
    demand(persons.len() == 4, "somebody has two parts")?;

    let ended = find(&|said, _| match said {
        Said::Reject(r) => r.request == request,
        Said::Withdraw(w) => w.request == request,
        Said::Cancel(c) => c.request == request,
        _ => false,
    });
    demand(ended.is_none(), "it was taken back")?;
    let policy = find(&|said, _| matches!(said, Said::Policy(_)));
    demand(policy.is_none_or(|policy| policy < asked), "the policy has changed")?;
    demand(now.counted - log[parts[2]].counted >= 7 * DAY, "the wait is not over")?;
    demand(now.time - log[asked].time <= 180 * DAY, "it has expired")?;

    let alarm = |wanted: &dyn Fn(&Alarm) -> bool| {
        (0..log.len()).rev().find(|at| matches!(&log[*at].what, What::Alarm(a) if wanted(a)))
    };
    if let Some(clock) = alarm(&|alarm| *alarm == Alarm::Clock) {
        let corrected = find(&|said, _| matches!(said, Said::Clock(_)));
        demand(corrected.is_some_and(|at| at > clock), "the clock is in doubt")?;
    }
    let used = alarm(
        &|alarm| matches!(alarm, Alarm::PendingUse { requests, .. } if requests.contains(&request)),
    );
    if let Some(used) = used.filter(|used| *used > parts[2]) {
        let resumed = find(&|said, _| matches!(said, Said::Resume(r) if r.request == request));
        demand(resumed.is_some_and(|at| at > used), "it is paused")?;
        demand(parts[3] > used, "the order was given before the alarm")?;
    }
    for at in 0..log.len() {
        if let Some((Said::Hold(_), whole)) = said(at) {
            let released =
                find(&|said, _| matches!(said, Said::Release(r) if r.hold == whole.digest));
            demand(released.is_some(), "it is on hold")?;
        }
    }
    Ok(())
}

#[test]
fn nothing_is_destroyed_without_a_complete_valid_set() {
    let begun = Cell::new(0_u32);
    let cases = 600;
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&moves(), |moves| {
        let mut history = History::new();
        moves.into_iter().for_each(|next| history.make(next));
        begun.set(begun.get() + u32::from(history.begun));
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
    assert!(begun.get() > cases / 20, "only {} histories came to an execution", begun.get());
}
