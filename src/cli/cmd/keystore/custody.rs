//! `keystore passwd`, `recover`, `drill-shares`: who opens the store.

use std::path::PathBuf;

use sealkeep_keystore::{CustodyKind, KeyStore, Unlock};
use serde_json::json;

use crate::cli::args::{NewCustody, Passwd, Recover, ShareFiles};
use crate::cli::custody::Kit;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, cmd, custody, hex, store};

pub(super) fn passwd(args: &Passwd, context: &Context) -> Result<Exit, Failure> {
    let kit = Kit::prepare(&args.custody)?;
    let mut opened = store::open(context)?;
    // `passwd --shares` alone makes new shares and leaves passphrase and key file as they are.
    let only_shares = args.custody.shares.is_some()
        && args.custody.new_key_file.is_none()
        && args.custody.new_passphrase_file.is_none();
    if only_shares {
        let pages = renew_shares(&mut opened, &args.custody, kit, context)?;
        cmd::settle_copies(&mut opened, context)?;
        return report("sealkeep.keystore-passwd/1", &mut opened, &pages, context);
    }
    replace(opened, &args.custody, args.add, kit, "sealkeep.keystore-passwd/1", context)
}

pub(super) fn recover(args: &Recover, context: &Context) -> Result<Exit, Failure> {
    store::peek(context)?;
    let shares = custody::read_shares(&args.shares.share_files)?;
    let kit = Kit::prepare(&args.custody)?;
    let location = store::location(context)?;
    let mut opened = KeyStore::open(&location, &Unlock::Shares(&shares), context.settings.wait)
        .map_err(|error| store::here(context, &error))?;
    store::introduce(&mut opened, context);
    replace(opened, &args.custody, false, kit, "sealkeep.keystore-recover/1", context)
}

pub(super) fn drill(args: &ShareFiles, context: &Context) -> Result<Exit, Failure> {
    store::peek(context)?;
    let shares = custody::read_shares(&args.share_files)?;
    let location = store::location(context)?;
    let report = KeyStore::drill_shares(&location, &shares, context.settings.wait)
        .map_err(|error| store::here(context, &error))?;
    let given: Vec<String> = report.given.iter().map(u8::to_string).collect();
    context.output.say(
        "drill-good",
        &[
            ("given", &given.join(", ")),
            ("threshold", &u64::from(report.threshold)),
            ("total", &u64::from(report.total)),
        ],
    )?;
    context.output.document(
        "sealkeep.keystore-drill-shares/1",
        json!({
            "set": hex(&report.set),
            "given": report.given,
            "threshold": report.threshold,
            "total": report.total,
        }),
    )?;
    Ok(Exit::Ok)
}

/// Sets the new way in, takes away the others unless they are to stay, makes new shares if asked.
///
/// The new way is tried before the old ones are taken away: it opens the store for the rest.
fn replace(
    mut opened: KeyStore,
    args: &NewCustody,
    add: bool,
    kit: Option<Kit>,
    schema: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    let here = |error: sealkeep_keystore::Error| store::here(context, &error);
    let new = custody::new(args, context)?;
    opened.set_custody(&new.custody()).map_err(here)?;
    drop(opened);
    let location = store::location(context)?;
    let mut opened =
        KeyStore::open(&location, &new.unlock(), context.settings.wait).map_err(here)?;
    store::introduce(&mut opened, context);
    if !add {
        let kind = new.kind();
        let others = opened.status().map_err(here)?.custodies.into_iter().filter(|old| {
            !matches!(old.kind, CustodyKind::Shares { .. }) && old.kind.name() != kind
        });
        for old in others {
            opened.remove_custody(old.id).map_err(here)?;
        }
    }
    let pages = renew_shares(&mut opened, args, kit, context)?;
    cmd::settle_copies(&mut opened, context)?;
    report(schema, &mut opened, &pages, context)
}

fn renew_shares(
    opened: &mut KeyStore,
    args: &NewCustody,
    kit: Option<Kit>,
    context: &Context,
) -> Result<Vec<PathBuf>, Failure> {
    let (Some((threshold, total)), Some(kit)) = (args.shares, kit) else { return Ok(Vec::new()) };
    let id = hex(&store::peek(context)?.store);
    let shares = opened.new_shares(threshold, total).map_err(|error| classify::store(&error))?;
    kit.fill(&shares, &id, context)
}

fn report(
    schema: &str,
    opened: &mut KeyStore,
    pages: &[PathBuf],
    context: &Context,
) -> Result<Exit, Failure> {
    let status = opened.status().map_err(|error| store::here(context, &error))?;
    let kinds: Vec<String> =
        status.custodies.iter().map(|one| super::kind_text(&one.kind)).collect();
    context.output.say("custody-now", &[("custodies", &kinds.join(", "))])?;
    for page in pages {
        context.output.say("init-share", &[("path", &page.display().to_string())])?;
    }
    context.output.document(schema, json!({ "custodies": kinds, "kit": pages }))?;
    Ok(Exit::Ok)
}
