//! Backups as callers of the library see them.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/vault.rs"]
mod support;

use sealkeep::envelope::Run;
use sealkeep::vault::check::{ReadData, check_vault};
use sealkeep_crypto::Suite;
use support::World;

fn assert_sound(world: &World) {
    let found = check_vault(&world.vault(), ReadData::All, &Run::quiet()).unwrap();
    assert!(found.problems.is_empty(), "{:#?}", found.problems);
    assert_eq!(found.unused, Vec::<String>::new());
}

#[test]
fn what_did_not_change_is_not_stored_again() {
    for suite in Suite::ALL {
        let world = World::new(suite);
        for at in 0..300 {
            world.write(&format!("ward{}/{at}", at % 7), format!("record {at}"));
        }
        world.write("big", vec![7; 3_000_000]);
        let first = world.backup();
        assert_eq!((first.new.files, first.total.files, first.failures.len()), (301, 301, 0));
        let second = world.backup();
        assert_eq!((second.unchanged, second.new.objects), (first.total, 0));
        assert_eq!((second.written.segments, second.written.chunks), (0, 0));
        world.write("ward3/3", "another record");
        world.write("ward3/new", "record 4");
        let third = world.backup();
        assert_eq!((third.changed.files, third.new.files), (1, 1));
        assert_eq!((third.written.chunks, third.written.shared), (1, 1));
        assert_sound(&world);
    }
}
