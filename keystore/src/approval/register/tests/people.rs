//! Changes of officers and policy; holds and broken glass.

use super::*;
use crate::approval::statement::{
    BreakGlass, Enroll, Genesis, Hold, HoldReason, HoldReview, Justify, Leaver, Reinstate, Release,
    Revoke, SetPolicy, Suspend,
};
use crate::approval::{Officer, OfficerKey, OfficerState, Role, Text};

fn text(text: &str) -> Text {
    text.try_into().unwrap()
}

fn play() -> Play {
    Play::new(Suite::Sm4Gcm)
}

fn enroll(officer: &Officer, replaces: Option<&str>) -> Said {
    Enroll { officer: officer.clone(), replaces: replaces.map(Cast::id) }.into()
}

#[test]
fn the_first_statement_is_the_genesis_and_there_is_one() {
    let suite = Suite::Aes256Gcm;
    let mut play = Play::empty(Cast::new([5; 16], suite));
    let (summary, _) = one_key(suite, 1);
    assert_eq!(code(play.say(&["wang"], Cast::request("1", 3, summary))), "no-genesis");
    let genesis = play.cast.genesis(play.time, &store_key(suite));
    play.put(&genesis).unwrap();
    assert_eq!(code(play.put(&genesis)), "duplicate");
    let other = play.cast.genesis(play.time, &store_key(suite));
    assert_eq!(code(play.put(&other)), "second-genesis");
    assert_eq!(play.register.genesis(), Some(play.cast.digest(&genesis)));
    assert_eq!(play.register.store_key(), Some(&store_key(suite)));
    assert_eq!(play.register.officers().count(), 10);
}

#[test]
fn a_genesis_is_signed_by_all_with_authority() {
    let suite = Suite::Aes256Gcm;
    let cast = Cast::new([5; 16], suite);
    let founders = |officers: &[&str]| Genesis {
        key: OfficerKey(store_key(suite)),
        officers: officers.iter().map(|id| cast.officer(id).clone()).collect(),
        policy_text: cast.policy_text.clone(),
    };
    let mut twins = founders(&["chen", "zhao", "li", "wang"]);
    twins.officers[3].person = twins.officers[2].person.clone();
    let mut same_key = founders(&["chen", "zhao", "li", "wang"]);
    same_key.officers[3].key = same_key.officers[2].key.clone();
    let mut weak = founders(&["chen", "zhao"]);
    weak.policy_text = weak.policy_text.replace("7d", "200d");
    let mut late = founders(&["chen", "zhao"]);
    late.policy_text = late.policy_text.replace("2026-01-01", "2026-12-01");
    let mut many = founders(&["chen", "zhao"]);
    many.policy_text = format!("changes = 3\n{}", many.policy_text);
    for (by, genesis, expected) in [
        (&["chen"][..], founders(&["chen", "li"]), "authority"),
        (&["chen"], founders(&["chen", "zhao"]), "signature-missing"),
        (&["chen", "zhao", "li"], founders(&["chen", "zhao", "li"]), "role"),
        (&["chen", "zhao", "li"], founders(&["chen", "zhao"]), "unknown-officer"),
        (&["chen", "zhao"], twins, "person-enrolled"),
        (&["chen", "zhao"], same_key, "key-used"),
        (&["chen", "zhao"], weak, "policy-invalid"),
        (&["chen", "zhao"], late, "policy-not-effective"),
        (&["chen", "zhao"], many, "authority"),
        (&["chen", "zhao"], founders(&["chen", "zhao", "li"]), "accepted"),
    ] {
        let mut play = Play::empty(Cast::new([5; 16], suite));
        assert_eq!(code(play.say(by, genesis)), expected);
    }
}

#[test]
fn one_person_has_one_key_and_one_key_one_person() {
    let mut play = play();
    let mut new = play.cast.insert("new", &[Role::Witness]);
    assert_eq!(code(play.say(&["chen"], enroll(&new, None))), "persons");
    assert_eq!(code(play.say(&["chen", "li"], enroll(&new, None))), "role");
    new.person = "p-li".parse().unwrap();
    assert_eq!(code(play.say(&["chen", "zhao"], enroll(&new, None))), "person-enrolled");
    let mut second = play.cast.officer("li").clone();
    second.id = Cast::id("second");
    second.person = "p-second".parse().unwrap();
    assert_eq!(code(play.say(&["chen", "zhao"], enroll(&second, None))), "key-used");
    let again = play.cast.officer("li").clone();
    assert_eq!(code(play.say(&["chen", "zhao"], enroll(&again, None))), "id-used");
    assert_eq!(code(play.say(&["chen", "zhao"], enroll(&new, Some("wang")))), "replaces");
    new.roles.push(Role::Witness);
    assert_eq!(code(play.say(&["chen", "zhao"], enroll(&new, None))), "officer-invalid");
    new.roles.pop();
    play.say(&["chen", "zhao"], enroll(&new, Some("li"))).unwrap();
    let li = play.register.officer(&Cast::id("li")).unwrap();
    assert!(li.is_revoked());
    assert_eq!(code(play.say(&["chen", "zhao"], enroll(&new, Some("li")))), "id-used");
}

/// Who gets a new key after having approved does not approve a second time as somebody else.
#[test]
fn one_person_with_two_keys_is_one_person() {
    let mut play = play();
    let asked = play.ask("1", 1);
    play.approve("li", asked, 1).unwrap();
    let mut new = play.cast.insert("li-2", &[Role::DepartmentHead, Role::Legal]);
    new.person = "p-li".parse().unwrap();
    let effects = play.say(&["chen", "zhao"], enroll(&new, Some("li"))).unwrap();
    assert_eq!(effects[1..], [Effect::Reopened { request: asked.request, step: 1 }]);
    play.approve("li-2", asked, 1).unwrap();
    assert_eq!(code(play.approve("li-2", asked, 2)), "same-person");
}

#[test]
fn officers_are_suspended_reinstated_and_leave() {
    let mut play = play();
    let suspend = || Suspend { officer: Cast::id("li"), reason: text("") };
    let reinstate = || Reinstate { officer: Cast::id("li") };
    assert_eq!(code(play.say(&["wang"], suspend())), "role");
    play.say(&["chen"], suspend()).unwrap();
    assert_eq!(code(play.say(&["chen"], suspend())), "officer-state");
    assert_eq!(code(play.say(&["chen"], reinstate())), "persons");
    play.say(&["chen", "zhao"], reinstate()).unwrap();
    assert_eq!(code(play.say(&["chen", "zhao"], reinstate())), "officer-state");

    let left = play.time;
    let leaver = |left| Leaver { officer: Cast::id("li"), left };
    assert_eq!(code(play.say(&["chen"], leaver(left + 601))), "until");
    play.say(&["chen"], leaver(left)).unwrap();
    assert_eq!(code(play.say(&["chen", "zhao"], reinstate())), "officer-state");
    play.pass(72 * 3600);
    assert_eq!(play.register.overdue_leavers(play.time).count(), 0);
    play.pass(1);
    assert_eq!(play.register.overdue_leavers(play.time).count(), 1);
    let revoke = |compromised| Revoke { officer: Cast::id("li"), reason: text(""), compromised };
    play.say(&["chen"], revoke(false)).unwrap();
    assert_eq!(play.register.overdue_leavers(play.time).count(), 0);
    assert_eq!(code(play.say(&["chen"], revoke(false))), "officer-state");
    play.say(&["chen"], revoke(true)).unwrap();
    assert_eq!(code(play.say(&["chen"], revoke(true))), "officer-state");
    let li = play.register.officer(&Cast::id("li")).unwrap();
    assert_eq!(li.state, OfficerState::Revoked { at: play.time, compromised: true });
}

#[test]
fn policies_rise_and_leave_somebody_to_change_them() {
    let mut play = play();
    let old = play.cast.policy_text.clone();
    let set = |policy_text: String| SetPolicy { policy_text };
    let next = old.replace("version = 1", "version = 2");
    assert_eq!(code(play.say(&["chen", "zhao"], set(old))), "policy-version");
    assert_eq!(code(play.say(&["chen"], set(next.clone()))), "persons");
    let three = format!("changes = 3\n{next}");
    assert_eq!(code(play.say(&["chen", "zhao"], set(three))), "authority");
    let late = next.replace("2026-01-01", "2026-12-01");
    assert_eq!(code(play.say(&["chen", "zhao"], set(late))), "policy-not-effective");
    play.say(&["chen", "zhao"], set(next.clone())).unwrap();
    assert_eq!(play.register.policy_text(), Some(next.as_str()));
    assert_eq!(play.register.policy().unwrap().version, 2);
}

#[test]
fn holds_are_reviewed() {
    let mut play = play();
    let hold = |targets: &[u8], review| Hold {
        targets: targets.iter().map(|byte| KeyId([*byte; 16])).collect(),
        reason: HoldReason::StatutoryRetention,
        basis: text("15 years"),
        review,
    };
    let now = play.time;
    assert_eq!(code(play.say(&["liu"], hold(&[], now + 9))), "targets");
    assert_eq!(code(play.say(&["liu"], hold(&[1, 1], now + 9))), "targets");
    assert_eq!(code(play.say(&["liu"], hold(&[1], now))), "until");
    assert_eq!(code(play.say(&["liu"], hold(&[1], now + 367 * DAY))), "until");
    let bytes = play.cast.sign(now, &["liu"], hold(&[1, 2], now + DAY));
    let first = play.cast.digest(&bytes);
    play.put(&bytes).unwrap();
    play.say(&["zhang"], hold(&[2, 3], now + 366 * DAY)).unwrap();
    play.pass(DAY);
    assert_eq!(play.register.overdue_holds(play.time).count(), 1);
    let work = play.register.worklist(&Cast::id("zhang"), play.time, play.counted);
    assert_eq!(work, [Work { about: first, task: Task::ReviewHold }]);
    let review = play.time + DAY;
    play.say(&["zhang"], HoldReview { hold: first, review, opinion: text("") }).unwrap();
    assert_eq!(play.register.overdue_holds(play.time).count(), 0);
    let release = Release { hold: first, opinion: text("") };
    let targets = vec![KeyId([1; 16])];
    let effects = Ok(vec![Effect::Release { hold: first, targets }]);
    assert_eq!(play.say(&["zhang", "liu"], release), effects);
    assert!(!play.register.is_held(&KeyId([1; 16])) && play.register.is_held(&KeyId([2; 16])));
}

#[test]
fn broken_glass_ends_and_is_explained() {
    let mut play = play();
    let scope = KeyId([7; 16]);
    let grant =
        |scopes: &[KeyId], until| BreakGlass { scopes: scopes.to_vec(), reason: text(""), until };
    let now = play.time;
    assert_eq!(code(play.say(&["sun"], grant(&[scope], now + 60))), "role");
    assert_eq!(code(play.say(&["li"], grant(&[scope], now + DAY + 1))), "until");
    let bytes = play.cast.sign(now, &["li"], grant(&[scope], now + DAY));
    let digest = play.cast.digest(&bytes);
    assert_eq!(play.put(&bytes), Ok(vec![Effect::BreakGlass { grant: digest }]));
    assert!(play.register.glass(&scope, now).is_some());
    assert!(play.register.glass(&KeyId([8; 16]), now).is_none());
    play.pass(DAY);
    assert!(play.register.glass(&scope, play.time).is_none());
    let work = play.register.worklist(&Cast::id("li"), play.time, play.counted);
    assert_eq!(work, [Work { about: digest, task: Task::Justify { due: now + 4 * DAY } }]);
    play.pass(3 * DAY + 1);
    assert_eq!(play.register.overdue_justifications(play.time).count(), 1);
    let justify = || Justify { grant: digest, text: text("emergency") };
    assert_eq!(code(play.say(&["liu"], justify())), "not-yours");
    play.say(&["li"], justify()).unwrap();
    assert_eq!(code(play.say(&["li"], justify())), "justified");
    assert_eq!(play.register.overdue_justifications(play.time).count(), 0);

    play.say(&["liu"], grant(&[], play.time + 60)).unwrap();
    assert!(play.register.glass(&scope, play.time).is_some());
    play.say(&["chen"], Suspend { officer: Cast::id("liu"), reason: text("") }).unwrap();
    assert!(play.register.glass(&scope, play.time).is_none());
    play.say(&["zhang"], grant(&[], play.time + 60)).unwrap_err();
    play.say(&["wang"], grant(&[], play.time + 60)).unwrap();
    assert!(play.register.glass(&scope, play.time).is_some());
    play.enter(What::Alarm(Alarm::Clock)).unwrap();
    assert!(play.register.glass(&scope, play.time).is_none(), "nobody knows when it ends");
}

#[test]
fn heirs_are_held_and_released_with_what_they_come_from() {
    let mut play = play();
    let hold = Hold {
        targets: vec![KeyId([7; 16])],
        reason: HoldReason::Other,
        basis: text("case 7"),
        review: play.time + DAY,
    };
    let bytes = play.cast.sign(play.time, &["liu"], hold);
    let hold = play.cast.digest(&bytes);
    let inherit = |hold: Digest, keys: &[u8]| StoreEvent::HoldInherited {
        hold,
        keys: keys.iter().map(|byte| KeyId([*byte; 16])).collect(),
    };
    assert_eq!(code(play.event(inherit(hold, &[1]))), "unknown-hold");
    play.put(&bytes).unwrap();
    assert_eq!(play.event(inherit(hold, &[1, 8])), Ok(Vec::new()));
    assert_eq!(code(play.event(inherit(hold, &[8]))), "targets");
    assert_eq!(code(play.event(inherit(hold, &[9, 9]))), "targets");
    let (summary, items) = one_key(play.cast.suite, 1);
    let bytes = play.cast.sign(play.time, &["wang"], Cast::request("1", 3, summary));
    play.touched.insert(play.cast.digest(&bytes), &items);
    assert_eq!(code(play.put(&bytes)), "held");
    let release = Release { hold, opinion: text("") };
    let targets = [7, 1, 8].map(|byte| KeyId([byte; 16])).to_vec();
    let effects = Ok(vec![Effect::Release { hold, targets }]);
    assert_eq!(play.say(&["zhang", "liu"], release), effects);
    assert_eq!(code(play.event(inherit(hold, &[9]))), "released");
    play.put(&bytes).unwrap();
}

#[test]
fn an_excerpt_has_the_holds_that_its_keys_inherited() {
    let mut play = play();
    let genesis = play.cast.genesis(play.time, &store_key(play.cast.suite));
    let hold = Hold {
        targets: vec![KeyId([7; 16])],
        reason: HoldReason::Other,
        basis: text("case 7"),
        review: play.time + DAY,
    };
    let bytes = play.cast.sign(play.time, &["liu"], hold);
    let hold = play.cast.digest(&bytes);
    let (request, mut index) = (Digest([9; 32]), 0);
    play.touched.insert_ids(request, [KeyId([1; 16])]);
    for (key, entries) in [(2, 1), (1, 4)] {
        let mut excerpt = Excerpt::new(request);
        let statement = |bytes: &[u8]| {
            What::Statement(Box::new(Statement::parse(play.cast.suite, bytes).unwrap()))
        };
        let event = StoreEvent::HoldInherited { hold, keys: vec![KeyId([key; 16])] };
        let release = Release { hold, opinion: text("") };
        let release = play.cast.sign(play.time, &["zhang", "liu"], release);
        let all = [statement(&genesis), statement(&bytes), What::Event(event), statement(&release)];
        for what in all {
            index += 1;
            let entered = Entered { index, time: play.time, counted: play.counted, what };
            excerpt.take(entered, &play.touched);
        }
        assert_eq!(excerpt.entries.len(), entries, "key {key}");
        let register = Register::new(play.cast.store, play.cast.suite);
        excerpt.replay(register, &play.touched).unwrap();
    }
}

#[test]
fn nobody_alone_ends_the_register() {
    let mut play = play();
    let suspend = |id: &str| Suspend { officer: Cast::id(id), reason: text("") };
    let revoke = |id: &str| Revoke { officer: Cast::id(id), reason: text(""), compromised: true };
    let leaver = |id: &str, left| Leaver { officer: Cast::id(id), left };
    let now = play.time;
    for id in ["chen", "zhao"] {
        assert_eq!(code(play.say(&["chen"], suspend(id))), "authority");
        assert_eq!(code(play.say(&["chen"], revoke(id))), "authority");
        assert_eq!(code(play.say(&["chen"], leaver(id, now))), "authority");
    }
    // Nor do two by replacing one of them with somebody who has no authority.
    let mut new = play.cast.insert("new", &[Role::Witness]);
    new.person = play.cast.officer("zhao").person.clone();
    let replaces = Some(Cast::id("zhao"));
    let enroll = Enroll { officer: new, replaces };
    assert_eq!(code(play.say(&["chen", "zhao"], enroll)), "authority");
    // With a third, a stolen key is revoked by one; with two, it is replaced.
    let third = Enroll { officer: play.cast.insert("third", &[Role::Authority]), replaces: None };
    play.say(&["chen", "zhao"], third).unwrap();
    play.say(&["third"], revoke("zhao")).unwrap();
    assert_eq!(code(play.say(&["third"], revoke("chen"))), "authority");
    let mut fourth = play.cast.insert("fourth", &[Role::Authority]);
    fourth.person = play.cast.officer("chen").person.clone();
    let enroll = Enroll { officer: fourth, replaces: Some(Cast::id("chen")) };
    play.say(&["chen", "third"], enroll).unwrap();
}

#[test]
fn what_a_leaver_leaves_is_known() {
    let mut play = play();
    let asked = play.ask("1", 1);
    play.approve("li", asked, 1).unwrap();
    play.approve("zhang", asked, 2).unwrap();
    play.pass(8 * DAY);
    play.execute("sun", asked).unwrap();
    let (targets, review) = (vec![KeyId([9; 16])], play.time + DAY);
    let hold = Hold { targets, reason: HoldReason::Other, basis: text(""), review };
    play.say(&["zhang"], hold).unwrap();
    let until = play.time + 60;
    let grant = BreakGlass { scopes: Vec::new(), reason: text(""), until };
    play.say(&["li"], grant).unwrap();
    let left = |play: &Play, id: &str| play.register.leftover(&Cast::id(id));
    assert_eq!(left(&play, "wang").requests, [asked.request]);
    assert_eq!(left(&play, "sun").orders, [asked.request]);
    let by_li = left(&play, "li");
    assert_eq!((by_li.approvals.len(), by_li.grants.len(), by_li.holds.len()), (1, 1, 0));
    assert_eq!((left(&play, "zhang").approvals.len(), left(&play, "zhang").holds.len()), (1, 1));
    assert!(left(&play, "zheng").is_empty());

    let time = play.time;
    play.say(&["chen"], Leaver { officer: Cast::id("li"), left: time }).unwrap();
    let record = play.register.request(&asked.request).unwrap();
    assert_eq!((record.approvals.len(), record.lapsed.len()), (0, 2));
    assert_eq!(left(&play, "li").approvals, [asked.request], "somebody has to look at that step");
    play.say(&["chen"], Leaver { officer: Cast::id("wang"), left: time }).unwrap();
    assert!(left(&play, "li").approvals.is_empty(), "it ended with its applicant");
}
