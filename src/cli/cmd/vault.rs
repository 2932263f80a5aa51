//! `vault …`: the vault as a whole.

mod check;
mod rebuild;

use std::sync::Arc;

use sealkeep::keys::StoreKeys;
use sealkeep::vault::{Directory, Lock, Storage, Vault};
use serde_json::json;

use crate::cli::args::{VaultCommand, VaultInit};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, hex, store, vault};

pub(crate) fn run(command: VaultCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        VaultCommand::Init(args) => init(&args, context),
        VaultCommand::Rebuild => rebuild::run(context),
        VaultCommand::Check(args) => check::run(&args, context),
    }
}

fn init(args: &VaultInit, context: &Context) -> Result<Exit, Failure> {
    let dir = vault::location(context)?;
    let suite = store::peek(context)?.suite;
    let suite = args.suite.unwrap_or(suite);
    let pack_size = args.pack_size.unwrap_or(PACK_MIB) << 20;
    let keys = Arc::new(StoreKeys::new(store::open(context)?));
    let told = |error| classify::vault(&dir, &error);
    let storage: Arc<dyn Storage> = Arc::new(Directory::create(&dir).map_err(told)?);
    let access = vault::access(&dir, Lock::Exclusive, context);
    let shared = Arc::clone(&keys);
    let made = Vault::init(storage, shared, suite, pack_size, access).map_err(told)?;
    vault::make_catalogue(&dir)?;
    crate::cli::cmd::warn_behind(&keys.copies(), context);
    store::warn_shared_device(context, &[&dir]);
    let (id, fingerprint) = (hex(&made.id()), made.file().fingerprint());
    let shown = dir.display().to_string();
    context.output.say(
        "vault-init-done",
        &[("dir", &shown), ("suite", &suite.name()), ("id", &id), ("fingerprint", &fingerprint)],
    )?;
    context.output.document(
        "sealkeep.vault-init/1",
        json!({
            "vault": dir,
            "id": id,
            "suite": suite.name(),
            "fingerprint": fingerprint,
            "pack_size": pack_size,
        }),
    )?;
    Ok(Exit::Ok)
}

/// Large enough that a vault of terabytes has no millions of files, small enough that little is copied when some of it goes.
const PACK_MIB: u32 = 32;
