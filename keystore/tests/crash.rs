//! Killed at every write, fsync, rename and truncation of every act, or with the power cut there, a key store opens
//! again with each key as it was before the act or as it is after it, and nothing that was reported is undone.
//!
//! The driver is this same program, started again under strace, which kills it when it enters a chosen call, one
//! after the other. For a power cut the act is watched once, and after each call the disks are built that it may
//! leave. What is left is opened, compared, checked and used, and a copy is restored as if it were all that is left.
//! With `SEALKEEP_REQUIRE_ALL=1` a machine without strace fails, and more disks are built by chance.

#![allow(clippy::print_stdout, reason = "how much was tried, for `--nocapture`")]

#[path = "crash/acts.rs"]
mod acts;
mod common;
#[path = "crash/disk.rs"]
mod disk;
#[path = "crash/ground.rs"]
mod ground;
#[path = "crash/judge.rs"]
mod judge;
#[path = "crash/strace.rs"]
mod strace;
#[path = "crash/trace.rs"]
mod trace;

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;

use acts::Act;
use disk::{Arrived, Disk, Event};
use ground::Ground;
use judge::Judge;

/// One test for each, so that they run side by side.
macro_rules! crashes {
    ($of:ident: $($name:ident $act:ident)*) => {$(
        #[test]
        fn $name() {
            $of(Act::$act);
        }
    )*};
}

crashes! { kill:
    killed_creating_in_an_old_scope CreateInOldScope
    killed_creating_in_a_new_scope CreateInNewScope
    killed_creating_and_copying CreateAndSync
    killed_rotating Rotate
    killed_changing_a_state SetState
    killed_holding Hold
    killed_changing_the_custody SetCustody
    killed_making_new_shares NewShares
    killed_destroying_keys DestroyKeys
    killed_destroying_a_scope DestroyScope
    killed_destroying_with_a_copy DestroyWithCopy
    killed_adding_a_copy AddCopy
    killed_removing_a_copy RemoveCopy
    killed_restoring Restore
    killed_making_a_store Init
}

crashes! { kill_again:
    killed_again_after_destroying_keys DestroyKeys
    killed_again_after_destroying_with_a_copy DestroyWithCopy
    killed_again_after_changing_the_custody SetCustody
}

crashes! { cut_power:
    power_cut_creating_in_an_old_scope CreateInOldScope
    power_cut_creating_in_a_new_scope CreateInNewScope
    power_cut_creating_and_copying CreateAndSync
    power_cut_changing_the_custody SetCustody
    power_cut_destroying_keys DestroyKeys
    power_cut_destroying_a_scope DestroyScope
    power_cut_destroying_with_a_copy DestroyWithCopy
    power_cut_adding_a_copy AddCopy
    power_cut_restoring Restore
    power_cut_making_a_store Init
}

/// Started by the other tests as a process of its own.
#[test]
#[ignore = "the driver that the other tests kill"]
fn driver() {
    acts::drive();
}

fn kill(act: Act) {
    if !strace::at_hand() {
        return;
    }
    let start = Instant::now();
    let ground = Ground::new(act.copied());
    let judge = Judge::new(&ground, act);
    let mut points = kill_along(act, &ground, &judge, None);
    for path in copy_files(act, &ground) {
        points += kill_along(act, &ground, &judge, Some(&path));
    }
    println!("{act:?}: killed at {points} points in {:?}", start.elapsed());
}

/// Kills at the first call, at the second, and so on, until the act goes through untouched.
fn kill_along(act: Act, ground: &Ground, judge: &Judge<'_>, path: Option<&Path>) -> usize {
    for number in 1.. {
        ground.reset();
        let ended = strace::kill_at(act, &ground.field(), number, path);
        judge.judge(&ended.reports, &format!("call {number} on {path:?}"));
        if !ended.killed {
            return number - 1;
        }
    }
    unreachable!("an act ends")
}

/// Kills the act, then, at every call, the opening that finishes it.
fn kill_again(act: Act) {
    if !strace::at_hand() {
        return;
    }
    let ground = Ground::new(act.copied());
    let judge = Judge::new(&ground, act);
    let (mut points, step) = (0, if strace::thorough() { 4 } else { 14 });
    for first in (6..).step_by(step) {
        ground.reset();
        let once = strace::kill_at(act, &ground.field(), first, None);
        if !once.killed {
            break;
        }
        ground.keep("killed once");
        for second in 1.. {
            ground.put_back("killed once");
            let twice = strace::kill_at(Act::Reopen, &ground.field(), second, None);
            judge.judge(&once.reports, &format!("call {first}, then call {second} of opening"));
            if !twice.killed {
                break;
            }
            points += 1;
        }
    }
    println!("{act:?}: killed again at {points} points");
}

/// Files of copies that the act touches: threads of their own write them, each with a count of its own.
fn copy_files(act: Act, ground: &Ground) -> BTreeSet<PathBuf> {
    let field = ground.field();
    let dirs = [field.copy().dir, field.empty().dir];
    let mut found = BTreeSet::new();
    let mut look = || {
        for dir in dirs.iter().filter(|dir| dir.join("copy").exists()) {
            found.extend(common::files(dir));
            found.extend(["intent", "intent.new", "rows.new"].map(|name| dir.join(name)));
            found.insert(dir.clone());
        }
    };
    ground.reset();
    look();
    if act.copied() || act == Act::AddCopy {
        strace::leave(act, &field);
        look();
    }
    found
}

/// Watches an act, and builds after each of its calls what a disk may hold if the power goes then.
fn cut_power(act: Act) {
    if !strace::at_hand() {
        return;
    }
    let start = Instant::now();
    let ground = Ground::new(act.copied());
    let judge = Judge::new(&ground, act);
    ground.reset();
    let field = ground.field();
    let prefix = ground.kept("trace");
    let mut disk = Disk::of(common::files(&field.0));
    let ended = strace::watch(act, &field, &prefix);
    let events = trace::read(&prefix, &field.0);
    let (mut reports, mut seen, mut images) = (Vec::new(), HashSet::new(), 0);
    for (number, event) in events.iter().enumerate() {
        disk.apply(event);
        if let Event::Report(line) = event {
            reports.push(line.clone());
        }
        for arrived in ways(number) {
            let image = disk.image(arrived);
            let mut hasher = DefaultHasher::new();
            (&image, reports.len()).hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                ground.lay_out(&image);
                judge.judge(&reports, &format!("power cut after call {number}, {arrived:?}"));
                images += 1;
            }
        }
    }
    assert_eq!(reports, ended.reports, "what was read is what was reported");
    ground.lay_out(&disk.image(Arrived::Everything));
    println!("{act:?}: {images} disks after {} calls in {:?}", events.len(), start.elapsed());
}

/// How much of what was not flushed has arrived.
fn ways(number: usize) -> Vec<Arrived> {
    let mut ways = vec![Arrived::Nothing, Arrived::Everything, Arrived::Names, Arrived::Contents];
    let chances = if strace::thorough() { 6 } else { 1 };
    ways.extend((0..chances).map(|chance| Arrived::Some((number * 100 + chance) as u64)));
    ways
}
