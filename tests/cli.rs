//! The program from outside: what is typed, what is said, what is left on the disk.
//!
//! - `cli/*.trycmd`: commands and their exact output, English and Chinese;
//! - `cli/*.rs`: what needs signals, pipes, terminals, full disks, other users.
//!
//! `TRYCMD=overwrite cargo test --test cli` writes the expected outputs anew.

#[path = "cli/certificate.rs"]
mod certificate;
#[path = "cli/copies.rs"]
mod copies;
#[path = "cli/destruction.rs"]
mod destruction;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/interrupted.rs"]
mod interrupted;
#[path = "cli/keystore.rs"]
mod keystore;
#[path = "cli/ledger.rs"]
mod ledger;
#[path = "cli/memory.rs"]
mod memory;
#[path = "cli/officers.rs"]
mod officers;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/retire.rs"]
mod retire;
#[path = "cli/retire_crash.rs"]
mod retire_crash;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/vault.rs"]
mod vault;
#[path = "cli/world.rs"]
mod world;

#[test]
fn commands_and_their_output() {
    trycmd::TestCases::new()
        .env("SEALKEEP_KEYSTORE", "keys")
        .env("SEALKEEP_KEY_FILE", "admin.key")
        .env("SEALKEEP_PASSPHRASE_FILE", "")
        .env("SEALKEEP_CELL", "")
        .env("SEALKEEP_VAULT", "")
        .env("SEALKEEP_LANG", "en")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("COLUMNS", "100")
        .case("tests/cli/*.trycmd");
}

/// The whole tour, as the README promises it. Each of its steps checks its own result.
#[test]
fn the_tour_runs() {
    let world = world::World::new();
    let done = world.run(&["tour", "--json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("one document");
    assert_eq!(document["schema"], "sealkeep.tour/1");
}
