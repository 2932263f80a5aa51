//! Everything that somebody might try to get something destroyed that was not approved.

use super::*;
use crate::approval::statement::{Clock, Hold, HoldReason, Release, Revoke, SetPolicy, Suspend};
use crate::approval::{Draft, Role, Text};

fn text(text: &str) -> Text {
    text.try_into().unwrap()
}

fn suspend(officer: &str) -> Said {
    Suspend { officer: Cast::id(officer), reason: text("") }.into()
}

fn revoke(officer: &str, compromised: bool) -> Said {
    Revoke { officer: Cast::id(officer), reason: text(""), compromised }.into()
}

fn play() -> Play {
    Play::new(Suite::Aes256Gcm)
}

#[test]
fn nobody_approves_their_own_request() {
    let mut cast = Cast::new([5; 16], Suite::Aes256Gcm);
    cast.insert("wang", &[Role::DataAdministrator, Role::DepartmentHead, Role::Legal]);
    let mut play = Play::with(cast);
    let asked = play.ask("1", 1);
    assert_eq!(code(play.approve("wang", asked, 1)), "same-person");
    play.approve("li", asked, 1).unwrap();
    assert_eq!(code(play.approve("wang", asked, 2)), "same-person");
}

#[test]
fn nobody_takes_two_steps() {
    let mut cast = Cast::new([5; 16], Suite::Aes256Gcm);
    cast.insert("li", &[Role::DepartmentHead, Role::Legal, Role::Executor, Role::Witness]);
    cast.insert("sun", &[Role::Executor, Role::Witness]);
    cast.insert("zhou", &[Role::Witness, Role::Inspector]);
    let mut play = Play::with(cast);
    let asked = play.ask("1", 1);
    play.approve("li", asked, 1).unwrap();
    assert_eq!(code(play.approve("li", asked, 2)), "same-person");
    play.approve("zhang", asked, 2).unwrap();
    play.pass(7 * DAY);
    assert_eq!(code(play.execute("li", asked)), "same-person");
    let execution = play.executed(asked, false);
    assert_eq!(code(play.witness("sun", asked, execution)), "same-person");
    assert_eq!(code(play.witness("li", asked, execution)), "same-person");
    play.witness("zhou", asked, execution).unwrap();
    assert_eq!(code(play.witness("zhou", asked, execution)), "same-person");
    assert_eq!(code(play.inspect("zhou", asked, execution, true)), "same-person");
}

#[test]
fn roles_and_their_order_count() {
    let mut play = play();
    let asked = play.ask("1", 1);
    assert_eq!(code(play.approve("zhang", asked, 2)), "step");
    assert_eq!(code(play.approve("zhang", asked, 1)), "role");
    assert_eq!(code(play.approve("zhou", asked, 1)), "role");
    play.approve("li", asked, 1).unwrap();
    assert_eq!(code(play.approve("liu", asked, 1)), "step");
    assert_eq!(code(play.execute("sun", asked)), "request-state");
    play.approve("liu", asked, 2).unwrap();
    assert_eq!(code(play.approve("zhang", asked, 2)), "request-state");
    play.pass(7 * DAY);
    assert_eq!(code(play.execute("zhou", asked)), "role");
    let (summary, _) = one_key(Suite::Aes256Gcm, 3);
    assert_eq!(code(play.say(&["li"], Cast::request("2", 3, summary))), "role");
}

#[test]
fn a_statement_counts_for_its_request_and_inventory_and_once() {
    let mut play = play();
    let (one, two) = (play.ask("1", 1), play.ask("2", 2));
    let approval = play.cast.sign(play.time, &["li"], Cast::approve(one.request, one.inventory, 1));
    play.put(&approval).unwrap();
    assert_eq!(code(play.put(&approval)), "duplicate");
    let crossed = Asked { request: two.request, inventory: one.inventory };
    assert_eq!(code(play.approve("li", crossed, 1)), "other-inventory");
    let unknown = Asked { request: Digest([1; 32]), inventory: one.inventory };
    assert_eq!(code(play.approve("li", unknown, 1)), "unknown-request");
    let (summary, _) = one_key(Suite::Aes256Gcm, 3);
    assert_eq!(code(play.say(&["wang"], Cast::request("1", 3, summary))), "number-used");
    play.approve("zhang", one, 2).unwrap();
    play.pass(7 * DAY);
    let crossed = Asked { request: one.request, inventory: two.inventory };
    assert_eq!(code(play.execute("sun", crossed)), "other-inventory");
    let execution = play.executed(one, false);
    let other = Digest([9; 32]);
    assert_eq!(code(play.witness("zhou", one, other)), "other-execution");
    assert_eq!(code(play.inspect("zheng", one, other, true)), "other-execution");
    assert_eq!(code(play.witness("zhou", crossed, execution)), "other-inventory");
}

#[test]
fn a_request_that_contradicts_itself_is_refused() {
    let mut play = play();
    let (summary, _) = one_key(Suite::Aes256Gcm, 3);
    let mut request = Cast::request("1", 6, summary.clone());
    assert_eq!(code(play.say(&["wang"], request.clone())), "request-invalid");
    request.level = 1;
    request.inventory.items = 2;
    assert_eq!(code(play.say(&["wang"], request.clone())), "request-invalid");
    request.inventory = Summary { items: 0, kinds: [].into(), ..summary };
    assert_eq!(code(play.say(&["wang"], request)), "request-invalid");
}

#[test]
fn signatures_are_those_of_the_enrolled_keys_and_all_there() {
    let mut play = play();
    let asked = play.ask("1", 1);
    let draft =
        play.cast.draft(play.time, &["li"], Cast::approve(asked.request, asked.inventory, 1));
    let li = Cast::id("li");
    let forged = draft.sign(&[(&li, play.cast.key("wang"))]).unwrap();
    assert_eq!(code(play.put(&forged)), "signature-invalid");
    assert_eq!(code(play.put(&draft.sign(&[]).unwrap())), "signature-missing");
    let release = Clock { opinion: text("") };
    let draft = play.cast.draft(play.time, &["chen", "zhao"], release);
    let half = draft.sign(&[(&Cast::id("chen"), play.cast.key("chen"))]).unwrap();
    assert_eq!(code(play.put(&half)), "signature-missing");
    let draft = Draft { by: vec![Cast::id("nobody")], ..draft };
    let nobody = draft.sign(&[(&Cast::id("nobody"), play.cast.key("li"))]).unwrap();
    assert_eq!(code(play.put(&nobody)), "unknown-officer");
    let two = Cast::approve(asked.request, asked.inventory, 1);
    assert_eq!(code(play.say(&["li", "zhang"], two)), "persons");
}

#[test]
fn another_stores_statements_do_not_count() {
    let mut play = play();
    let asked = play.ask("1", 1);
    let said = Cast::approve(asked.request, asked.inventory, 1);
    let draft = Draft { store: [6; 16], ..play.cast.draft(play.time, &["li"], said) };
    let bytes = play.cast.sign_draft(&draft);
    assert_eq!(code(play.put(&bytes)), "foreign-store");
}

#[test]
fn statements_age_and_requests_expire() {
    let mut play = play();
    let asked = play.ask("1", 1);
    let said = || Cast::approve(asked.request, asked.inventory, 1);
    let early = play.cast.sign(play.time + 601, &["li"], said());
    assert_eq!(code(play.put(&early)), "signed-in-future");
    let old = play.cast.sign(play.time - 30 * DAY - 1, &["li"], said());
    assert_eq!(code(play.put(&old)), "signed-too-long-ago");
    play.approve("li", asked, 1).unwrap();
    assert_eq!(code(play.event(StoreEvent::Expired { request: asked.request })), "not-expired");
    play.pass(180 * DAY);
    play.approve("zhang", asked, 2).unwrap();
    play.pass(7 * DAY);
    assert_eq!(play.state(asked), RequestState::Expired);
    for refused in [
        play.execute("sun", asked),
        play.say(&["wang"], Cast::withdraw(asked.request)),
        play.say(&["zhang"], Cast::cancel(asked.request)),
    ] {
        assert_eq!(code(refused), "expired");
    }
    assert_eq!(play.register.expired(play.time).count(), 1);
    let restore = Ok(vec![Effect::RestorePending { request: asked.request }]);
    assert_eq!(play.event(StoreEvent::Expired { request: asked.request }), restore);
    assert_eq!(play.register.expired(play.time).count(), 0);
    assert_eq!(code(play.event(StoreEvent::Expired { request: asked.request })), "request-state");
}

#[test]
fn the_wait_is_counted_in_time_beyond_doubt() {
    let mut play = play();
    let asked = play.approved();
    play.time += 30 * DAY;
    play.counted += 7 * DAY - 1;
    assert_eq!(play.execute("sun", asked), Err(Refusal::Waiting { left: 1 }));
    let ready = |play: &Play| {
        let register = &play.register;
        register.ready_to_execute(&asked.request, play.time, play.counted, &play.touched)
    };
    assert_eq!(ready(&play), Err(Refusal::Waiting { left: 1 }));
    play.counted += 1;
    assert_eq!(ready(&play), Ok(()));
    assert_eq!(code(play.execute("sun", asked)), "accepted");
}

#[test]
fn time_never_goes_back() {
    let mut play = play();
    let asked = play.waited();
    play.enter(What::Alarm(Alarm::PendingUse { keys: Vec::new(), requests: Vec::new() })).unwrap();
    play.time -= 1;
    assert_eq!(code(play.execute("sun", asked)), "entry-order");
    play.time += 1;
    play.counted -= DAY;
    assert_eq!(code(play.execute("sun", asked)), "entry-order");
    play.counted += DAY;
    play.index -= 1;
    assert_eq!(code(play.execute("sun", asked)), "entry-order");
}

#[test]
fn a_clock_in_doubt_stops_execution() {
    let mut play = play();
    let asked = play.waited();
    let before = play.cast.sign(play.time - 1, &["chen", "zhao"], Clock { opinion: text("") });
    play.enter(What::Alarm(Alarm::Clock)).unwrap();
    assert_eq!(code(play.execute("sun", asked)), "clock-in-doubt");
    assert_eq!(code(play.put(&before)), "clock-not-in-doubt");
    assert_eq!(code(play.say(&["chen"], Clock { opinion: text("") })), "persons");
    play.say(&["chen", "zhao"], Clock { opinion: text("right") }).unwrap();
    assert_eq!(code(play.execute("sun", asked)), "accepted");
}

#[test]
fn what_was_taken_back_is_not_executed() {
    for (by, said) in [
        ("wang", Cast::withdraw as fn(Digest) -> Said),
        ("li", Cast::cancel),
        ("liu", Cast::cancel),
    ] {
        let mut play = play();
        let asked = play.waited();
        let restored = Ok(vec![Effect::RestorePending { request: asked.request }]);
        assert_eq!(play.say(&[by], said(asked.request)), restored);
        assert_eq!(code(play.execute("sun", asked)), "request-state");
        assert_eq!(code(play.approve("li", asked, 1)), "request-state");
    }
    let mut play = play();
    let asked = play.ask("1", 1);
    assert_eq!(code(play.say(&["li"], Cast::withdraw(asked.request))), "not-yours");
    assert_eq!(code(play.say(&["li"], Cast::cancel(asked.request))), "request-state");
    assert_eq!(code(play.say(&["zhou"], Cast::reject(asked.request, asked.inventory))), "role");
    play.say(&["zhang"], Cast::reject(asked.request, asked.inventory)).unwrap();
    assert_eq!(code(play.approve("li", asked, 1)), "request-state");
}

#[test]
fn an_order_that_was_taken_back_does_not_begin() {
    let mut play = play();
    let asked = play.waited();
    let request = asked.request;
    let effects = play.execute("sun", asked).unwrap();
    let [Effect::Begin { order, .. }] = effects[..] else { panic!("{effects:?}") };
    play.say(&["chen"], suspend("sun")).unwrap();
    assert_eq!(code(play.event(StoreEvent::DestroyBegun { request, order })), "no-order");
    play.say(&["wang"], Cast::withdraw(request)).unwrap();
    assert_eq!(code(play.event(StoreEvent::DestroyBegun { request, order })), "request-state");
}

#[test]
fn the_store_does_nothing_out_of_turn() {
    let mut play = play();
    let asked = play.approved();
    let request = asked.request;
    let begun = |order| StoreEvent::DestroyBegun { request, order };
    let finished = StoreEvent::Finished { request, execution: Digest([8; 32]), partial: false };
    assert_eq!(code(play.event(begun(Digest([0; 32])))), "waiting");
    play.pass(7 * DAY);
    for event in [begun(Digest([0; 32])), StoreEvent::Destroyed { request }, finished.clone()] {
        assert!(["no-order", "request-state"].contains(&code(play.event(event))));
    }
    let effects = play.execute("sun", asked).unwrap();
    let [Effect::Begin { order, .. }] = effects[..] else { panic!("{effects:?}") };
    assert_eq!(code(play.event(begun(Digest([0; 32])))), "no-order");
    play.event(begun(order)).unwrap();
    assert_eq!(code(play.event(begun(order))), "request-state");
    assert_eq!(code(play.event(finished.clone())), "request-state");
    assert_eq!(code(play.say(&["wang"], Cast::withdraw(request))), "request-state");
    play.event(StoreEvent::Destroyed { request }).unwrap();
    assert_eq!(code(play.event(StoreEvent::Destroyed { request })), "request-state");
    play.event(finished).unwrap();
}

#[test]
fn an_approver_who_is_no_longer_active_counts_no_longer() {
    for (gone, said) in
        [("li", suspend("li")), ("zhang", revoke("zhang", false)), ("li", revoke("li", true))]
    {
        let mut play = play();
        let asked = play.waited();
        let effects = play.say(&["chen"], said).unwrap();
        let step = if gone == "li" { 1 } else { 2 };
        let request = asked.request;
        let expected = [Effect::Reopened { request, step }, Effect::RestorePending { request }];
        assert_eq!(effects[1..], expected);
        assert_eq!(code(play.execute("sun", asked)), "request-state");
        assert_eq!(code(play.approve(gone, asked, step)), "officer-not-active");
    }
}

#[test]
fn a_step_that_was_open_again_waits_anew() {
    let mut play = play();
    let asked = play.waited();
    play.say(&["chen"], suspend("zhang")).unwrap();
    play.approve("liu", asked, 2).unwrap();
    assert_eq!(play.execute("sun", asked), Err(Refusal::Waiting { left: 7 * DAY }));
}

#[test]
fn without_its_applicant_a_request_is_cancelled() {
    let mut play = play();
    let asked = play.waited();
    let effects = play.say(&["chen"], suspend("wang")).unwrap();
    assert_eq!(effects[1..], [Effect::RestorePending { request: asked.request }]);
    assert_eq!(play.state(asked), RequestState::Cancelled);
}

#[test]
fn what_was_signed_before_a_revocation_is_not_accepted_after_it() {
    let mut play = play();
    let asked = play.ask("1", 1);
    let signed =
        play.cast.sign(play.time, &["li"], Cast::approve(asked.request, asked.inventory, 1));
    play.pass(60);
    play.say(&["chen"], revoke("li", false)).unwrap();
    assert_eq!(code(play.put(&signed)), "officer-not-active");
}

#[test]
fn a_compromised_witness_is_none() {
    let mut play = play();
    let asked = play.waited();
    let execution = play.executed(asked, false);
    play.witness("zhou", asked, execution).unwrap();
    play.witness("wu", asked, execution).unwrap();
    play.say(&["chen"], revoke("wu", true)).unwrap();
    assert_eq!(play.inspect("zheng", asked, execution, true), Ok(Vec::new()));
    assert_eq!(play.state(asked), RequestState::Executed);
}

#[test]
fn nobody_executes_without_a_valid_qualification() {
    let mut cast = Cast::new([5; 16], Suite::Aes256Gcm);
    cast.insert("trainee", &[Role::Executor]);
    let mut play = Play::with(cast);
    let asked = play.waited();
    let until = |until| {
        let number = "Q".try_into().unwrap();
        let qualification = crate::approval::Qualification { number, until };
        crate::approval::statement::Qualify { officer: Cast::id("trainee"), qualification }
    };
    play.say(&["chen", "zhao"], until(play.time)).unwrap();
    assert_eq!(code(play.execute("trainee", asked)), "unqualified");
    assert_eq!(play.register.expired_qualifications(play.time).count(), 1);
    assert!(play.register.worklist(&Cast::id("trainee"), play.time, play.counted).is_empty());
    play.say(&["chen", "zhao"], until(play.time + 10)).unwrap();
    let effects = play.execute("trainee", asked).unwrap();
    let [Effect::Begin { order, request }] = effects[..] else { panic!("{effects:?}") };
    play.pass(10);
    assert_eq!(code(play.event(StoreEvent::DestroyBegun { request, order })), "unqualified");
}

#[test]
fn another_policy_ends_what_was_asked_under_the_old() {
    let mut play = play();
    let asked = play.waited();
    let text = play.cast.policy_text.replace("version = 1", "version = 2").replace("7d", "0s");
    play.say(&["chen", "zhao"], SetPolicy { policy_text: text.clone() }).unwrap();
    assert_eq!(code(play.execute("sun", asked)), "other-policy");
    play.cast = Cast::new([5; 16], Suite::Aes256Gcm).with_policy(&text);
    assert_eq!(code(play.execute("sun", asked)), "other-policy");
    play.say(&["wang"], Cast::withdraw(asked.request)).unwrap();
}

#[test]
fn an_unreviewed_policy_blocks() {
    let mut play = play();
    let asked = play.ask("1", 1);
    play.pass(213 * DAY);
    let until = 1_798_732_800; // 2027-01-01 at UTC+8
    play.pass(until - 1 - play.time);
    let late = play.ask("2", 2);
    play.approve("li", late, 1).unwrap();
    play.pass(1);
    assert_eq!(code(play.approve("zhang", late, 2)), "policy-unreviewed");
    let (summary, _) = one_key(Suite::Aes256Gcm, 3);
    assert_eq!(code(play.say(&["wang"], Cast::request("3", 3, summary))), "policy-unreviewed");
    assert_eq!(play.state(asked), RequestState::Expired);
    play.say(&["chen"], suspend("sun")).unwrap();
    play.say(&["wang"], Cast::withdraw(late.request)).unwrap();
    let policy_text = play
        .cast
        .policy_text
        .replace("version = 1", "version = 2")
        .replace("2027-01-01", "2028-01-01")
        .replace("2026-01-01", "2027-01-01");
    play.say(&["chen", "zhao"], SetPolicy { policy_text: policy_text.clone() }).unwrap();
    play.cast = Cast::new([5; 16], Suite::Aes256Gcm).with_policy(&policy_text);
    play.ask("4", 4);
}

#[test]
fn what_is_on_hold_is_not_destroyed() {
    for target in [1, 99] {
        let mut play = play();
        let asked = play.waited();
        let hold = |play: &Play| Hold {
            targets: vec![KeyId([target; 16])],
            reason: HoldReason::LegalProceedings,
            basis: text("case 7"),
            review: play.time + DAY,
        };
        let bytes = play.cast.sign(play.time, &["zhang"], hold(&play));
        let digest = play.cast.digest(&bytes);
        play.put(&bytes).unwrap();
        assert_eq!(code(play.execute("sun", asked)), "held");
        assert_eq!(code(play.say(&["li"], hold(&play))), "role");
        let release = || Release { hold: digest, opinion: text("") };
        assert_eq!(code(play.say(&["zhang"], release())), "persons");
        let effects = play.say(&["zhang", "liu"], release()).unwrap();
        let targets = vec![KeyId([target; 16])];
        assert_eq!(effects, [Effect::Release { hold: digest, targets }]);
        assert_eq!(code(play.say(&["zhang", "liu"], release())), "released");
        assert_eq!(code(play.execute("sun", asked)), "accepted");
    }
}

#[test]
fn a_use_while_waiting_pauses() {
    let mut play = play();
    let asked = play.waited();
    let early = play.cast.sign(play.time - 1, &["liu"], Cast::resume(asked.request));
    let used = |request| Alarm::PendingUse { keys: vec![KeyId([1; 16])], requests: vec![request] };
    let other = used(Digest([9; 32]));
    assert_eq!(play.enter(What::Alarm(other)), Ok(Vec::new()));
    let ours = used(asked.request);
    let paused = Ok(vec![Effect::Paused { request: asked.request }]);
    assert_eq!(play.enter(What::Alarm(ours)), paused);
    assert_eq!(code(play.execute("sun", asked)), "paused");
    assert_eq!(code(play.put(&early)), "not-paused");
    assert_eq!(code(play.say(&["li"], Cast::resume(asked.request))), "role");
    play.say(&["liu"], Cast::resume(asked.request)).unwrap();
    assert_eq!(code(play.say(&["liu"], Cast::resume(asked.request))), "not-paused");
    assert_eq!(code(play.execute("sun", asked)), "accepted");
}

#[test]
fn a_level_has_its_own_steps_and_wait() {
    let cast = Cast::new([5; 16], Suite::Aes256Gcm);
    let steps = r#"[["department-head"], ["legal"], ["security"]]"#;
    let own = format!("\n[level.L4]\napprovals = {steps}\nwait = \"14d\"\n");
    let policy = cast.policy_text.clone() + &own;
    let mut play = Play::with(cast.with_policy(&policy));
    let (summary, items) = one_key(play.cast.suite, 1);
    let inventory = summary.root;
    let bytes = play.cast.sign(play.time, &["wang"], Cast::request("1", 4, summary));
    let asked = Asked { request: play.cast.digest(&bytes), inventory };
    play.touched.insert(asked.request, &items);
    play.put(&bytes).unwrap();
    play.approve("li", asked, 1).unwrap();
    assert_eq!(code(play.approve("liu", asked, 2)), "role");
    play.approve("zhang", asked, 2).unwrap();
    play.pass(30 * DAY);
    assert_eq!(code(play.execute("sun", asked)), "request-state");
    let pending = Ok(vec![Effect::MakePending { request: asked.request }]);
    assert_eq!(play.approve("liu", asked, 3), pending);
    play.pass(7 * DAY);
    assert_eq!(play.execute("sun", asked), Err(Refusal::Waiting { left: 7 * DAY }));
    play.pass(7 * DAY);
    play.execute("sun", asked).unwrap();
}
