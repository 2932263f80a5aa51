//! The histories.

use sealkeep_crypto::Suite;
use sealkeep_keystore::KeyId;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::register::{Alarm, StoreEvent};
use sealkeep_keystore::approval::statement::{
    BreakGlass, Clock, Enroll, Hold, HoldReason, Justify, Leaver, Reinstate, Release, Revoke,
    SetPolicy, Suspend,
};
use sealkeep_keystore::approval::{Digest, Draft, Role, Said, Text};

use crate::Vectors;
use crate::play::{Asked, DAY, Play, one_key, store_key};

/// All vectors of a suite.
pub(crate) fn all(suite: Suite) -> Vectors {
    let mut made = Made { cases: Vec::new(), inventories: Default::default() };
    let mut cast = Cast::new([5; 16], suite);
    cast.insert("multi", &[Role::DataAdministrator, Role::DepartmentHead, Role::Legal]);
    let nothing = Play::new(Cast::new([5; 16], suite));
    let founded = Play::founded(cast);
    let mut waited = founded.clone();
    let asked = waited.approved();
    waited.pass(7 * DAY);
    let mut executed = waited.clone();
    executed.executed(asked, false);

    of_the_beginning(&mut made, &nothing);
    of_people(&mut made, &founded);
    of_requests(&mut made, &founded);
    of_waiting(&mut made, &waited, asked);
    of_evidence(&mut made, &executed, asked);
    let preludes = [("founded", &founded), ("waited", &waited), ("executed", &executed)];
    Vectors {
        suite: suite.name().to_owned(),
        store: "05".repeat(16),
        inventories: made.inventories,
        preludes: preludes.map(|(name, play)| (name.to_owned(), play.lines.clone())).into(),
        cases: made.cases,
    }
}

struct Made {
    cases: Vec<crate::Case>,
    inventories: std::collections::BTreeMap<Digest, Vec<KeyId>>,
}

impl Made {
    fn case(&mut self, name: &str, after: &str, before: &Play, act: impl FnOnce(&mut Play)) {
        let mut play = before.clone();
        act(&mut play);
        self.inventories.extend(play.inventories.clone());
        self.cases.push(play.case(name, after, before));
    }
}

fn text() -> Text {
    Text::default()
}

fn suspend(id: &str) -> Said {
    Suspend { officer: Cast::id(id), reason: text() }.into()
}

fn revoke(id: &str, compromised: bool) -> Said {
    Revoke { officer: Cast::id(id), reason: text(), compromised }.into()
}

fn of_the_beginning(made: &mut Made, nothing: &Play) {
    let key = store_key(nothing.cast.suite);
    made.case("nothing before the genesis", "", nothing, |play| {
        play.ask("1", 1);
    });
    made.case("one genesis", "", nothing, |play| {
        let genesis = play.cast.genesis(play.time, &key);
        play.put(&genesis);
        play.put(&genesis);
        let other = play.cast.genesis(play.time, &key);
        play.put(&other);
    });
    made.case("a genesis signed by one of two", "", nothing, |play| {
        let whole = play.cast.genesis(play.time, &key);
        let statement =
            sealkeep_keystore::approval::Statement::parse(play.cast.suite, &whole).unwrap();
        play.say(&["chen"], statement.said);
    });
}

fn of_people(made: &mut Made, founded: &Play) {
    made.case(
        "officers are suspended, reinstated, leave and are revoked",
        "founded",
        founded,
        |play| {
            play.say(&["wang"], suspend("li"));
            play.say(&["chen"], suspend("li"));
            play.say(&["chen"], suspend("li"));
            play.say(&["chen"], Reinstate { officer: Cast::id("li") });
            play.say(&["chen", "zhao"], Reinstate { officer: Cast::id("li") });
            let left = play.time + 601;
            play.say(&["chen"], Leaver { officer: Cast::id("li"), left });
            let left = play.time;
            play.say(&["chen"], Leaver { officer: Cast::id("li"), left });
            play.say(&["chen"], revoke("li", false));
            play.say(&["chen"], revoke("li", false));
            play.say(&["chen"], revoke("li", true));
            play.say(&["chen"], revoke("nobody", true));
        },
    );
    made.case("nobody alone ends the register", "founded", founded, |play| {
        let left = play.time;
        play.say(&["chen"], suspend("zhao"));
        play.say(&["chen"], suspend("chen"));
        play.say(&["chen"], revoke("zhao", true));
        play.say(&["chen"], Leaver { officer: Cast::id("zhao"), left });
        let mut cast = Cast::new([5; 16], play.cast.suite);
        let mut new = cast.insert("new", &[Role::Witness]);
        new.person = "p-zhao".parse().unwrap();
        play.say(&["chen", "zhao"], Enroll { officer: new, replaces: Some(Cast::id("zhao")) });
        let third = cast.insert("third", &[Role::Authority]);
        play.say(&["chen", "zhao"], Enroll { officer: third, replaces: None });
        play.say(&["chen"], revoke("zhao", true));
        play.say(&["chen"], suspend("third"));
    });
    made.case("one person, one key", "founded", founded, |play| {
        let mut new = Cast::new([5; 16], play.cast.suite).insert("new", &[Role::Witness]);
        let enroll = |play: &mut Play, by: &[&str], officer: &_, replaces: Option<&str>| {
            let replaces = replaces.map(Cast::id);
            play.say(
                by,
                Enroll { officer: sealkeep_keystore::approval::Officer::clone(officer), replaces },
            );
        };
        enroll(play, &["chen"], &new, None);
        enroll(play, &["chen", "li"], &new, None);
        new.person = "p-li".parse().unwrap();
        enroll(play, &["chen", "zhao"], &new, None);
        enroll(play, &["chen", "zhao"], &new, Some("wang"));
        let mut same_key = play.cast.officer("li").clone();
        enroll(play, &["chen", "zhao"], &same_key, None);
        same_key.id = Cast::id("li-2");
        same_key.person = "p-2".parse().unwrap();
        enroll(play, &["chen", "zhao"], &same_key, None);
        new.roles = vec![Role::Executor, Role::Inspector];
        enroll(play, &["chen", "zhao"], &new, Some("li"));
        new.roles = vec![Role::Inspector];
        enroll(play, &["chen", "zhao"], &new, Some("li"));
    });
    made.case("policies rise", "founded", founded, |play| {
        let old = play.cast.policy_text.clone();
        play.say(&["chen", "zhao"], SetPolicy { policy_text: old.clone() });
        let next = old.replace("version = 1", "version = 2");
        play.say(&["chen"], SetPolicy { policy_text: next.clone() });
        play.say(&["chen", "zhao"], SetPolicy { policy_text: format!("changes = 3\n{next}") });
        let late = next.replace("2026-01-01", "2026-12-01");
        play.say(&["chen", "zhao"], SetPolicy { policy_text: late });
        play.say(&["chen", "zhao"], SetPolicy { policy_text: next });
        play.say(&["chen"], suspend("li"));
    });
    made.case("broken glass", "founded", founded, |play| {
        let scopes = vec![KeyId([7; 16])];
        let grant = |until| BreakGlass { scopes: scopes.clone(), reason: text(), until };
        play.say(&["sun"], grant(play.time + 60));
        play.say(&["li"], grant(play.time));
        play.say(&["li"], grant(play.time + DAY + 1));
        let broken = play.cast.sign(play.time, &["li"], grant(play.time + DAY));
        let digest = play.cast.digest(&broken);
        play.put(&broken);
        play.say(&["liu"], Justify { grant: digest, text: text() });
        play.say(&["li"], Justify { grant: digest, text: text() });
        play.say(&["li"], Justify { grant: digest, text: text() });
        play.say(&["li"], Justify { grant: Digest([0; 32]), text: text() });
    });
}

fn of_requests(made: &mut Made, founded: &Play) {
    made.case("steps, roles, persons", "founded", founded, |play| {
        let asked = play.ask("1", 1);
        play.approve("zhang", asked, 2);
        play.approve("zhang", asked, 1);
        play.approve("li", asked, 1);
        play.approve("multi", asked, 1);
        play.approve("multi", asked, 2);
        play.approve("liu", asked, 2);
    });
    made.case("self approval", "founded", founded, |play| {
        let (summary, _) = one_key(play.cast.suite, 1);
        let inventory = summary.root;
        let bytes = play.cast.sign(play.time, &["multi"], Cast::request("1", 3, summary));
        let asked = Asked { request: play.cast.digest(&bytes), inventory };
        play.put(&bytes);
        play.approve("multi", asked, 1);
    });
    made.case("replay on another request and another list", "founded", founded, |play| {
        let (one, two) = (play.ask("1", 1), play.ask("2", 2));
        let said = Cast::approve(one.request, one.inventory, 1);
        let approval = play.cast.sign(play.time, &["li"], said);
        play.put(&approval);
        play.put(&approval);
        play.approve("li", Asked { request: two.request, inventory: one.inventory }, 1);
        play.approve("li", Asked { request: Digest([1; 32]), inventory: one.inventory }, 1);
        play.ask("1", 3);
    });
    made.case("signatures", "founded", founded, |play| {
        let asked = play.ask("1", 1);
        let said = || Cast::approve(asked.request, asked.inventory, 1);
        let draft = play.cast.draft(play.time, &["li"], said());
        let forged = draft.sign(&[(&Cast::id("li"), play.cast.key("wang"))]).unwrap();
        play.put(&forged);
        let unsigned = draft.sign(&[]).unwrap();
        play.put(&unsigned);
        play.say(&["li", "zhang"], said());
        let draft = Draft { store: [6; 16], ..draft };
        let foreign = play.cast.sign_draft(&draft);
        play.put(&foreign);
        let early = play.cast.sign(play.time + 601, &["li"], said());
        play.put(&early);
        let old = play.cast.sign(play.time - 30 * DAY - 1, &["li"], said());
        play.put(&old);
        let pending = play.cast.sign(play.time, &["li"], said());
        play.say(&["chen"], revoke("li", false));
        play.put(&pending);
    });
    made.case("rejected and withdrawn", "founded", founded, |play| {
        let (one, two) = (play.ask("1", 1), play.ask("2", 2));
        play.say(&["zhou"], Cast::reject(one.request, one.inventory));
        play.say(&["liu"], Cast::reject(one.request, one.inventory));
        play.approve("li", one, 1);
        play.say(&["li"], Cast::withdraw(two.request));
        play.say(&["wang"], Cast::cancel(two.request));
        play.say(&["wang"], Cast::withdraw(two.request));
        play.approve("li", two, 1);
    });
    made.case("a policy past its review blocks", "founded", founded, |play| {
        play.pass(213 * DAY);
        let late = play.ask("2", 2);
        play.approve("li", late, 1);
        play.pass(DAY);
        play.approve("zhang", late, 2);
        play.ask("3", 3);
        play.say(&["chen"], suspend("sun"));
        play.say(&["wang"], Cast::withdraw(late.request));
    });
}

fn of_waiting(made: &mut Made, waited: &Play, asked: Asked) {
    let request = asked.request;
    made.case("the wait is counted beyond doubt", "founded", &founded_of(waited), |play| {
        let asked = play.ask("1", 9);
        play.approve("li", asked, 1);
        play.approve("zhang", asked, 2);
        play.time += 30 * DAY;
        play.counted += 7 * DAY - 1;
        play.execute("sun", asked);
        play.counted += 1;
        play.execute("zhou", asked);
        play.execute("sun", asked);
    });
    made.case("time does not go back", "waited", waited, |play| {
        play.alarm(&Alarm::PendingUse { keys: Vec::new(), requests: Vec::new() });
        play.time -= DAY;
        play.execute("sun", asked);
        play.time += DAY;
        play.counted -= DAY;
        play.execute("sun", asked);
    });
    made.case("a clock in doubt", "waited", waited, |play| {
        let before = play.cast.sign(play.time - 1, &["chen", "zhao"], Clock { opinion: text() });
        play.alarm(&Alarm::Clock);
        play.execute("sun", asked);
        play.put(&before);
        play.say(&["chen"], Clock { opinion: text() });
        play.say(&["chen", "zhao"], Clock { opinion: text() });
        play.execute("sun", asked);
    });
    made.case("a use while waiting", "waited", waited, |play| {
        let early = play.cast.sign(play.time - 1, &["liu"], Cast::resume(request));
        play.alarm(&Alarm::PendingUse { keys: Vec::new(), requests: vec![Digest([3; 32])] });
        play.alarm(&Alarm::PendingUse { keys: vec![KeyId([1; 16])], requests: vec![request] });
        play.execute("sun", asked);
        play.put(&early);
        play.say(&["li"], Cast::resume(request));
        play.say(&["liu"], Cast::resume(request));
        play.say(&["liu"], Cast::resume(request));
        play.execute("sun", asked);
    });
    made.case("on hold", "waited", waited, |play| {
        let review = play.time + DAY;
        let targets = vec![KeyId([99; 16])];
        let hold = Hold { targets, reason: HoldReason::Other, basis: text(), review };
        let bytes = play.cast.sign(play.time, &["zhang"], hold.clone());
        let digest = play.cast.digest(&bytes);
        play.say(&["li"], hold.clone());
        play.say(&["zhang"], Hold { review: play.time, ..hold.clone() });
        play.say(&["zhang"], Hold { targets: Vec::new(), ..hold });
        play.put(&bytes);
        play.execute("sun", asked);
        play.say(&["zhang"], Release { hold: digest, opinion: text() });
        play.say(&["zhang", "liu"], Release { hold: digest, opinion: text() });
        play.say(&["zhang", "liu"], Release { hold: digest, opinion: text() });
        play.execute("sun", asked);
    });
    made.case("a hold that comes too late", "waited", waited, |play| {
        let order = play.execute("sun", asked).unwrap();
        play.event(&StoreEvent::DestroyBegun { request, order });
        let review = play.time + DAY;
        let hold = |key: u8| Hold {
            targets: vec![KeyId([key; 16])],
            reason: HoldReason::Other,
            basis: text(),
            review,
        };
        play.say(&["zhang"], hold(1));
        play.say(&["zhang"], hold(99));
        play.say(&["zhang"], hold(98));
        play.event(&StoreEvent::Destroyed { request });
        play.say(&["zhang"], hold(99));
    });
    made.case("heirs of a hold", "waited", waited, |play| {
        let targets = vec![KeyId([98; 16])];
        let review = play.time + DAY;
        let hold = Hold { targets, reason: HoldReason::Other, basis: text(), review };
        let bytes = play.cast.sign(play.time, &["zhang"], hold);
        let hold = play.cast.digest(&bytes);
        let inherited = |hold: Digest, keys: &[u8]| StoreEvent::HoldInherited {
            hold,
            keys: keys.iter().map(|byte| KeyId([*byte; 16])).collect(),
        };
        play.event(&inherited(hold, &[1]));
        play.put(&bytes);
        play.event(&inherited(hold, &[1, 2]));
        play.event(&inherited(hold, &[2]));
        play.event(&inherited(hold, &[3, 3]));
        play.execute("sun", asked);
        play.say(&["zhang", "liu"], Release { hold, opinion: text() });
        play.event(&inherited(hold, &[3]));
        play.execute("sun", asked);
    });
    for gone in ["li", "zhang", "wang", "sun"] {
        made.case(&format!("{gone} is suspended"), "waited", waited, |play| {
            let order = play.execute("sun", asked).unwrap();
            play.say(&["chen"], suspend(gone));
            play.event(&StoreEvent::DestroyBegun { request, order });
            play.execute("sun", asked);
            play.approve("liu", asked, 2);
        });
    }
    for (by, said) in [("wang", Cast::withdraw(request)), ("liu", Cast::cancel(request))] {
        made.case(&format!("taken back by {by}"), "waited", waited, |play| {
            let order = play.execute("sun", asked).unwrap();
            play.say(&[by], said);
            play.event(&StoreEvent::DestroyBegun { request, order });
        });
    }
    made.case("expired", "waited", waited, |play| {
        play.event(&StoreEvent::Expired { request });
        play.pass(174 * DAY);
        play.execute("sun", asked);
        play.say(&["wang"], Cast::withdraw(request));
        play.event(&StoreEvent::Expired { request });
    });
    made.case("another policy meanwhile", "waited", waited, |play| {
        let policy_text = play.cast.policy_text.replace("version = 1", "version = 2");
        play.say(&["chen", "zhao"], SetPolicy { policy_text: policy_text.clone() });
        play.execute("sun", asked);
        play.cast = std::rc::Rc::new(Cast::new([5; 16], play.cast.suite).with_policy(&policy_text));
        play.execute("sun", asked);
    });
    made.case("the store out of turn", "waited", waited, |play| {
        let finished = StoreEvent::Finished { request, execution: Digest([8; 32]), partial: false };
        play.event(&StoreEvent::DestroyBegun { request, order: Digest([0; 32]) });
        play.event(&StoreEvent::Destroyed { request });
        play.event(&finished);
        let order = play.execute("sun", asked).unwrap();
        play.event(&StoreEvent::DestroyBegun { request, order });
        play.event(&finished);
        play.say(&["wang"], Cast::withdraw(request));
    });
}

fn of_evidence(made: &mut Made, executed: &Play, asked: Asked) {
    let execution = Digest([8; 32]);
    made.case("to the end", "executed", executed, |play| {
        play.witness("zhou", asked, Digest([9; 32]));
        play.witness("zhou", asked, execution);
        play.witness("zhou", asked, execution);
        play.inspect("zheng", asked, execution, false);
        play.witness("wu", asked, execution);
        play.inspect("zheng", asked, execution, true);
        play.inspect("zheng", asked, execution, true);
    });
    made.case("a compromised witness", "executed", executed, |play| {
        play.witness("zhou", asked, execution);
        play.witness("wu", asked, execution);
        play.say(&["chen"], revoke("wu", true));
        play.inspect("zheng", asked, execution, true);
    });
}

/// The same history, only founded: what follows has requests of its own.
fn founded_of(play: &Play) -> Play {
    let mut founded = Play::new(Cast::new([5; 16], play.cast.suite));
    founded.cast = std::rc::Rc::clone(&play.cast);
    let genesis = &play.lines[0];
    let body: sealkeep_keystore::ledger::Body = serde_json::from_str(&genesis.body).unwrap();
    founded.enter(body.event);
    founded
}
