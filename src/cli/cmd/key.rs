//! `key …`: looking at keys and changing their states.

use std::ops::ControlFlow;
use std::path::Path;

use sealkeep_keystore::{KeyFilter, KeyId, KeyInfo, KeyState, KeyStore};
use serde_json::{Value, json};

use crate::cli::args::{KeyCommand, KeyIds, KeyLevel, KeyList, KeyRotate};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, classify, cmd, hex, store, time};

pub(crate) fn run(command: KeyCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        KeyCommand::List(args) => list(args, context),
        KeyCommand::Show(args) => show(&args, context),
        KeyCommand::Suspend(args) => change(&args, KeyState::Suspended, context),
        KeyCommand::Resume(args) => change(&args, KeyState::Active, context),
        KeyCommand::Deactivate(args) => change(&args, KeyState::Deactivated, context),
        KeyCommand::Compromise(args) => change(&args, KeyState::Compromised, context),
        KeyCommand::Rotate(args) => rotate(&args, context),
        KeyCommand::Level(args) => level(&args, context),
    }
}

fn list(args: KeyList, context: &Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let filter = KeyFilter {
        scope: args.scope,
        state: args.state,
        uncopied: args.uncopied,
        ..KeyFilter::default()
    };
    let limit = args.limit.unwrap_or(usize::MAX);
    let (mut rows, mut shown, mut problem) = (Vec::new(), 0, None);
    store
        .keys(&filter, |key| {
            if shown == limit || context.cancel.is_asked() {
                return ControlFlow::Break(());
            }
            shown += 1;
            if context.output.json() {
                rows.push(fields(&key));
            } else if let Err(failure) = context.output.line(&row(&key)) {
                problem = Some(failure);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .map_err(|error| store::here(context, &error))?;
    if let Some(failure) = problem {
        return Err(failure);
    }
    if context.cancel.is_asked() {
        return Err(context.cancel.failure());
    }
    context.output.document("sealkeep.key-list/1", json!({ "keys": rows }))?;
    Ok(Exit::Ok)
}

fn show(args: &KeyIds, context: &Context) -> Result<Exit, Failure> {
    let ids = ids(args)?;
    let mut store = store::open(context)?;
    let mut rows = Vec::new();
    for id in ids {
        let key = store.key(&id).map_err(|error| classify::store(&error))?;
        let (id, label) = (key.id.to_string(), String::from_utf8_lossy(&key.label).into_owned());
        let held = context.output.messages().text(if key.held { "yes" } else { "no" }, &[]);
        let copied = context.output.messages().text(if key.copied { "yes" } else { "no" }, &[]);
        context.output.say(
            "key-shown",
            &[
                ("id", &id),
                ("scope", &key.scope),
                ("state", &key.state.name()),
                ("suite", &key.suite.name()),
                ("held", &held),
                ("copied", &copied),
                ("created", &time(key.created)),
                ("changed", &time(key.changed)),
                ("label", &label),
            ],
        )?;
        if let Some(gone) = &key.tombstone {
            let (when, certificate) = (time(gone.when), hex(&gone.certificate));
            context.output.say("key-gone", &[("when", &when), ("certificate", &certificate)])?;
        }
        rows.push(fields(&key));
    }
    context.output.document("sealkeep.key-show/1", json!({ "keys": rows }))?;
    Ok(Exit::Ok)
}

fn change(args: &KeyIds, next: KeyState, context: &Context) -> Result<Exit, Failure> {
    let ids = ids(args)?;
    let mut store = store::open(context)?;
    store.set_state(&ids, next).map_err(|error| classify::store(&error))?;
    cmd::settle_copies(&mut store, context)?;
    context.output.say("key-changed", &[("count", &ids.len()), ("state", &next.name())])?;
    let ids: Vec<String> = ids.iter().map(KeyId::to_string).collect();
    context
        .output
        .document("sealkeep.key-state/1", json!({ "keys": ids, "state": next.name() }))?;
    Ok(Exit::Ok)
}

fn rotate(args: &KeyRotate, context: &Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let scopes = match &args.scope {
        Some(name) => vec![name.clone()],
        None => live_scopes(&mut store, context)?,
    };
    let mut pages = 0;
    for name in &scopes {
        if context.cancel.is_asked() {
            return Err(context.cancel.failure());
        }
        pages += u64::from(store.rotate_scope(name).map_err(|error| classify::store(&error))?);
    }
    cmd::settle_copies(&mut store, context)?;
    context.output.say("key-rotated", &[("scopes", &scopes.len()), ("pages", &pages)])?;
    context
        .output
        .document("sealkeep.key-rotate/1", json!({ "scopes": scopes, "pages": pages }))?;
    Ok(Exit::Ok)
}

fn level(args: &KeyLevel, context: &Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let level = args.level;
    store.set_level(&args.scope, level).map_err(|error| classify::store(&error))?;
    cmd::settle_copies(&mut store, context)?;
    context.output.say("key-level", &[("scope", &args.scope), ("level", &level.to_string())])?;
    context
        .output
        .document("sealkeep.key-level/1", json!({ "scope": args.scope, "level": level }))?;
    Ok(Exit::Ok)
}

fn live_scopes(store: &mut KeyStore, context: &Context) -> Result<Vec<String>, Failure> {
    let scopes = store.scopes().map_err(|error| store::here(context, &error))?;
    Ok(scopes.into_iter().filter_map(|scope| scope.name).collect())
}

/// Key ids as typed, or read from the headers of sealed files.
fn ids(args: &KeyIds) -> Result<Vec<KeyId>, Failure> {
    args.keys.iter().map(|text| id(text)).collect()
}

fn id(text: &str) -> Result<KeyId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let path = Path::new(text);
    match cmd::inspect::header(path) {
        Ok(header) => Ok(header.key_id),
        Err(failure) if failure.code == Code::NotFound => Err(Failure::new(Code::KeyId, text)),
        Err(failure) => Err(failure),
    }
}

fn row(key: &KeyInfo) -> String {
    let held = if key.held { " held" } else { "" };
    let label = String::from_utf8_lossy(&key.label);
    format!("{}  {}{held}  {}  {}  {label}", key.id, key.state.name(), time(key.created), key.scope)
}

fn fields(key: &KeyInfo) -> Value {
    json!({
        "id": key.id.to_string(),
        "scope": key.scope,
        "suite": key.suite.name(),
        "state": key.state.name(),
        "held": key.held,
        "level": key.level,
        "created": time(key.created),
        "changed": time(key.changed),
        "copied": key.copied,
        "label": String::from_utf8_lossy(&key.label),
        "destroyed": key.tombstone.map(|gone| json!({
            "when": time(gone.when),
            "certificate": hex(&gone.certificate),
        })),
    })
}
