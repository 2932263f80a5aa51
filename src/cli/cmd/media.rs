//! `media …`: the register of everything that data lies on.

use sealkeep::vault::register::{Audit, Due, Medium, MediumKind, MediumState, What};
use serde_json::{Value, json};

use crate::cli::args::{
    KindArg, MediaAdd, MediaAudit, MediaCommand, MediaList, MediaSet, StateArg,
};
use crate::cli::cmd::{self, copy};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages::Args;
use crate::cli::{Context, time, vault};

pub(crate) fn run(command: MediaCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        MediaCommand::Add(args) => add(args, context),
        MediaCommand::List(args) => list(&args, context),
        MediaCommand::Audit(args) if args.ids.is_empty() => due_list(context),
        MediaCommand::Audit(args) => audit(&args, context),
        MediaCommand::Set(args) => set(&args, context),
    }
}

fn add(args: MediaAdd, context: &Context) -> Result<Exit, Failure> {
    let opened = vault::open(context)?;
    let kind = args.facts.kind.map_or(MediumKind::Disk, MediumKind::from);
    let added = copy::update(&opened, context, |register| {
        let mut medium = Medium::other(kind, cmd::now());
        copy::apply(&mut medium, &args.facts);
        medium.place.clone_from(args.place.as_ref().unwrap_or(&String::new()));
        register.add(medium).cloned()
    })?;
    context.output.say("media-added", &[("id", &added.id)])?;
    context.output.document("sealkeep.media-add/1", fields(&added))?;
    Ok(Exit::Ok)
}

fn list(args: &MediaList, context: &Context) -> Result<Exit, Failure> {
    let register = copy::load(&vault::find(context)?, context)?;
    let due = register.due(cmd::now());
    let shown = |medium: &&Medium| {
        args.all || matches!(medium.state, MediumState::InUse | MediumState::Retired)
    };
    let media: Vec<&Medium> = register.media().iter().filter(shown).collect();
    for medium in &media {
        say_row(medium, &due, context)?;
    }
    if media.is_empty() {
        context.output.say("media-none", &[])?;
    }
    let rows: Vec<Value> = media.iter().map(|medium| fields_with_due(medium, &due)).collect();
    context.output.document("sealkeep.media-list/1", json!({ "media": rows }))?;
    Ok(Exit::Ok)
}

/// What should have been looked after by now.
fn due_list(context: &Context) -> Result<Exit, Failure> {
    let register = copy::load(&vault::find(context)?, context)?;
    let due = register.due(cmd::now());
    let of = |medium: &Medium| {
        let audits = due.iter().filter(|due| due.id == medium.id);
        audits.filter(|due| matches!(due.what, What::Audit | What::Search)).count() > 0
    };
    let media: Vec<&Medium> = register.media().iter().filter(|medium| of(medium)).collect();
    for medium in &media {
        say_row(medium, &due, context)?;
    }
    context.output.say("media-due", &[("count", &media.len())])?;
    let rows: Vec<Value> = media.iter().map(|medium| fields_with_due(medium, &due)).collect();
    context.output.document("sealkeep.media-audit/1", json!({ "due": rows }))?;
    Ok(Exit::Ok)
}

fn audit(args: &MediaAudit, context: &Context) -> Result<Exit, Failure> {
    let by = args
        .by
        .clone()
        .or_else(|| uzers::get_current_username().map(|name| name.to_string_lossy().into_owned()));
    let opened = vault::open(context)?;
    let audited = copy::update(&opened, context, |register| {
        let note = |id: &String| {
            let audit = Audit {
                time: cmd::now(),
                by: by.clone().unwrap_or_default(),
                found: !args.not_found,
                note: args.note.clone(),
            };
            register
                .change(id, |medium| {
                    medium.last_audit = Some(audit);
                    Ok(())
                })
                .cloned()
        };
        args.ids.iter().map(note).collect::<sealkeep::vault::Result<Vec<Medium>>>()
    })?;
    context.output.say("media-audited", &[("count", &audited.len())])?;
    let rows: Vec<Value> = audited.iter().map(fields).collect();
    context.output.document("sealkeep.media-audit/1", json!({ "audited": rows }))?;
    Ok(Exit::Ok)
}

fn set(args: &MediaSet, context: &Context) -> Result<Exit, Failure> {
    let opened = vault::open(context)?;
    let changed = copy::update(&opened, context, |register| {
        let id = register.find(&args.id)?.id.clone();
        register
            .change(&id, |medium| {
                copy::apply(medium, &args.facts);
                if let Some(state) = args.state {
                    medium.state = state.into();
                }
                if let Some(place) = &args.place {
                    medium.place.clone_from(place);
                }
                Ok(())
            })
            .cloned()
    })?;
    let due = Vec::new();
    say_row(&changed, &due, context)?;
    context.output.document("sealkeep.media-set/1", fields(&changed))?;
    Ok(Exit::Ok)
}

impl From<KindArg> for MediumKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Disk => Self::Disk,
            KindArg::Nas => Self::Nas,
            KindArg::Tape => Self::Tape,
            KindArg::Object => Self::Object,
        }
    }
}

impl From<StateArg> for MediumState {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::InUse => Self::InUse,
            StateArg::Retired => Self::Retired,
            StateArg::Destroyed => Self::Destroyed,
            StateArg::Lost => Self::Lost,
        }
    }
}

/// A copy or medium on a line.
pub(crate) fn say_row(medium: &Medium, due: &[Due], context: &Context) -> Result<(), Failure> {
    let day = |when: Option<u64>| when.map_or_else(|| "-".to_owned(), time);
    let text = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".to_owned());
    let overdue: Vec<String> = due
        .iter()
        .filter(|due| due.id == medium.id)
        .map(|due| what_text(due.what, context))
        .collect();
    let overdue = if overdue.is_empty() { "-".to_owned() } else { overdue.join(", ") };
    let (place, serial) = (medium.place.as_str(), text(&medium.serial));
    let args: Args<'_> = &[
        ("id", &medium.id),
        ("kind", &kind_name(medium.kind)),
        ("place", &if place.is_empty() { "-" } else { place }),
        ("state", &state_text(medium.state, context)),
        ("serial", &serial),
        ("location", &text(&medium.location)),
        ("custodian", &text(&medium.custodian)),
        ("sync", &day(medium.last_sync.map(|sync| sync.time))),
        ("check", &day(medium.last_check.map(|check| check.time))),
        ("audit", &day(medium.last_audit.as_ref().map(|audit| audit.time))),
        ("overdue", &overdue),
    ];
    let key = if medium.copy { "media-copy" } else { "media-medium" };
    context.output.say(key, args)
}

/// The state in the user's language.
pub(crate) fn state_text(state: MediumState, context: &Context) -> String {
    let name = state_name(state);
    context.output.messages().attribute("media-state", name, &[]).unwrap_or_default()
}

/// What is overdue, in the user's language.
pub(crate) fn what_text(what: What, context: &Context) -> String {
    context.output.messages().attribute("media-what", what_name(what), &[]).unwrap_or_default()
}

fn kind_name(kind: MediumKind) -> &'static str {
    match kind {
        MediumKind::Disk => "disk",
        MediumKind::Nas => "nas",
        MediumKind::Tape => "tape",
        MediumKind::Object => "object",
        _ => "other",
    }
}

fn state_name(state: MediumState) -> &'static str {
    match state {
        MediumState::InUse => "in-use",
        MediumState::Retired => "retired",
        MediumState::Destroyed => "destroyed",
        MediumState::Lost => "lost",
        _ => "other",
    }
}

fn what_name(what: What) -> &'static str {
    match what {
        What::Sync => "sync",
        What::Check => "check",
        What::Repair => "repair",
        What::Audit => "audit",
        What::Search => "search",
        _ => "other",
    }
}

/// A copy or medium in a document, as the register has it.
pub(crate) fn fields(medium: &Medium) -> Value {
    json!(medium)
}

/// The same with what is overdue.
pub(crate) fn fields_with_due(medium: &Medium, due: &[Due]) -> Value {
    let mut body = fields(medium);
    let due = due.iter().filter(|due| due.id == medium.id);
    let due = due.map(|due| json!({ "what": what_name(due.what), "since": due.since }));
    body["due"] = due.collect::<Vec<_>>().into();
    body
}
