//! `init`: a new key store, and with `--shares` its recovery kit.

use sealkeep_crypto::Suite;
use sealkeep_keystore::{InitOptions, KeyStore};
use serde_json::json;

use crate::cli::args::Init;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, custody, hex, store};

pub(crate) fn run(args: Init, context: &mut Context) -> Result<Exit, Failure> {
    let location = store::location(context)?;
    // Before a passphrase is asked for or a key file made.
    for path in [&location.dir.join("store.db"), &location.cell] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::at(Code::StoreExists, path));
        }
    }
    let kit = custody::Kit::prepare(&args.custody)?;
    let first = custody::first(&args.custody, context)?;
    let options = InitOptions {
        suite: args.suite.unwrap_or(Suite::Aes256Gcm),
        custody: &[first.custody()],
        shares: args.custody.shares,
    };
    let (mut made, shares) = KeyStore::init(&location, &options, context.settings.wait)
        .map_err(|error| store::here(context, &error))?;
    store::introduce(&mut made, context);
    let status = made.status().map_err(|error| store::here(context, &error))?;
    let id = hex(&status.peek.store);
    let pages = match kit {
        Some(kit) => kit.fill(&shares, &id, context)?,
        None => Vec::new(),
    };
    let dir = location.dir.display().to_string();
    let out = &context.output;
    out.say("init-done", &[("dir", &dir), ("suite", &options.suite.name()), ("id", &id)])?;
    for page in &pages {
        out.say("init-share", &[("path", &page.display().to_string())])?;
    }
    if pages.is_empty() {
        out.say("init-no-shares", &[])?;
    }
    out.say("init-next", &[])?;
    out.document(
        "sealkeep.init/1",
        json!({
            "keystore": location.dir,
            "cell": location.cell,
            "store": id,
            "suite": options.suite.name(),
            "custodies": status.custodies.iter().map(|one| one.kind.name()).collect::<Vec<_>>(),
            "kit": pages,
        }),
    )?;
    Ok(Exit::Ok)
}
