//! `vault rebuild`: indexes made anew from the packs and the key store.

use std::sync::Arc;

use sealkeep::keys::StoreKeys;
use sealkeep::vault::rebuild::rebuild;
use sealkeep::vault::{Directory, Lock, SharedKeys, Storage};
use serde_json::{Value, json};

use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, store, vault};

/// The file that says what the vault is may be missing, so the vault is not looked for first.
pub(super) fn run(context: &Context) -> Result<Exit, Failure> {
    let dir = vault::location(context)?;
    if !dir.exists() {
        return Err(Failure::at(Code::VaultMissing, &dir));
    }
    let told = |error| vault::failure(&dir, &error, context);
    let storage: Arc<dyn Storage> = Arc::new(Directory::open(&dir).map_err(told)?);
    let keys: SharedKeys = Arc::new(StoreKeys::new(store::open(context)?));
    let access = vault::access(&dir, Lock::Exclusive, context);
    let rebuilt = cmd::with_progress(context, None, |run| rebuild(&storage, &keys, access, run))
        .map_err(told)?;
    vault::make_catalogue(&dir)?;
    context.output.say(
        "vault-rebuilt",
        &[
            ("packs", &rebuilt.packs),
            ("snapshots", &rebuilt.snapshots),
            ("incomplete", &rebuilt.incomplete),
        ],
    )?;
    if rebuilt.vault_file {
        context.output.say("vault-rebuilt-file", &[])?;
    }
    let failures: Vec<Failure> = rebuilt
        .refused
        .iter()
        .map(|(name, error)| Failure::at(Code::VaultDamaged, &dir.join(name)).because(error))
        .collect();
    let shown: Vec<Value> = failures.iter().map(|one| context.output.failure_json(one)).collect();
    context.output.document(
        "sealkeep.vault-rebuild/1",
        json!({
            "vault": dir,
            "vault_file": rebuilt.vault_file,
            "packs": rebuilt.packs,
            "snapshots": rebuilt.snapshots,
            "incomplete": rebuilt.incomplete,
            "failures": shown,
        }),
    )?;
    let done = usize::try_from(rebuilt.packs).unwrap_or(usize::MAX);
    cmd::end(context, failures, done.max(1))
}
