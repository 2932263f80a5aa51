//! `ledger log`: the entries, one line each.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use sealkeep_keystore::KeyId;
use sealkeep_keystore::ledger::{Body, Entry, Event};
use serde_json::{Map, Value, json};

use super::export;
use crate::cli::args::{ClassArg, LedgerLog};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, store, time};

pub(super) fn run(args: &LedgerLog, context: &Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let most = args.last.unwrap_or(usize::MAX);
    let (mut found, mut problem) = (VecDeque::new(), None);
    let read = store.ledger_entries(0..u64::MAX, |entry| {
        if context.cancel.is_asked() {
            return ControlFlow::Break(());
        }
        match entry.parse() {
            Ok(body) if passes(args, &body) => {
                if found.len() == most {
                    found.pop_front();
                }
                found.push_back((entry.clone(), body));
            }
            Ok(_) => {}
            Err(error) => {
                problem = Some(Failure::new(Code::Ledger, "").because(error));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    read.map_err(|error| store::here(context, &error))?;
    if let Some(failure) = problem {
        return Err(failure);
    }
    if context.cancel.is_asked() {
        return Err(context.cancel.failure());
    }
    for (entry, body) in &found {
        context.output.line(&row(entry, body))?;
    }
    let entries: Vec<Value> = found.iter().map(|(entry, _)| export::fields(entry)).collect();
    context.output.document("sealkeep.ledger-log/1", json!({ "entries": entries }))?;
    Ok(Exit::Ok)
}

fn passes(args: &LedgerLog, body: &Body) -> bool {
    let (operation, who) = (operation(&body.event), who(&body.event));
    args.class.is_none_or(|class| Some(class) == class_of(&body.event))
        && args.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
        && args.who.as_deref().is_none_or(|wanted| who == Some(wanted))
        && args.key.is_none_or(|key| names(&body.event, &key))
        && args.since.is_none_or(|since| body.time >= since)
        && args.until.is_none_or(|until| body.time < until)
}

fn class_of(event: &Event) -> Option<ClassArg> {
    match event {
        Event::Statement { .. } => Some(ClassArg::Statement),
        Event::Access(_) => Some(ClassArg::Access),
        Event::Act(_) => Some(ClassArg::Act),
        Event::Store(_) => Some(ClassArg::Store),
        Event::Alarm(_) => Some(ClassArg::Alarm),
        _ => None,
    }
}

fn operation(event: &Event) -> Option<&str> {
    match event {
        Event::Access(access) => Some(&access.operation),
        Event::Act(act) => Some(&act.operation),
        Event::Store(event) => Some(&event.operation),
        Event::Alarm(alarm) => Some(alarm.alarm.name()),
        _ => None,
    }
}

fn who(event: &Event) -> Option<&str> {
    match event {
        Event::Access(access) => Some(&access.who),
        Event::Act(act) => Some(&act.who),
        _ => None,
    }
}

/// Whether an entry is about this key, or this scope by its id.
fn names(event: &Event, key: &KeyId) -> bool {
    match event {
        Event::Access(access) => {
            access.keys.contains(key)
                || access.scopes.contains(key)
                || access.refused.contains_key(key)
        }
        Event::Act(act) => mentions(&act.detail, key),
        Event::Store(event) => mentions(&event.detail, key),
        Event::Alarm(alarm) => mentions(&alarm.detail, key),
        _ => false,
    }
}

fn mentions(detail: &Map<String, Value>, key: &KeyId) -> bool {
    let text = key.to_string();
    let is = |value: &Value| value.as_str() == Some(&text);
    detail.values().any(|value| is(value) || value.as_array().is_some_and(|all| all.iter().any(is)))
}

/// Words of the format, the same in every language.
fn row(entry: &Entry, body: &Body) -> String {
    let what = match &body.event {
        Event::Statement { statement } => format!("statement  {} bytes", statement.len() / 4 * 3),
        Event::Access(access) => {
            let count = access.count.unwrap_or(access.keys.len() as u64);
            let refused = match access.refused.len() {
                0 => String::new(),
                refused => format!(" refused={refused}"),
            };
            let (who, source) = (&access.who, &access.source);
            let purpose = match access.purpose.as_str() {
                "" => String::new(),
                purpose => format!("  {purpose:?}"),
            };
            format!("access  {}  {who}@{source}  keys={count}{refused}{purpose}", access.operation)
        }
        Event::Act(act) => {
            let detail = Value::Object(act.detail.clone());
            format!("act  {}  {}@{}  {detail}", act.operation, act.who, act.source)
        }
        Event::Store(event) => {
            format!("store  {}  {}", event.operation, Value::Object(event.detail.clone()))
        }
        Event::Alarm(alarm) => {
            format!("alarm  {}  {}", alarm.alarm.name(), Value::Object(alarm.detail.clone()))
        }
        _ => "?".to_owned(),
    };
    format!("{:>8}  {}  {what}", entry.index, time(body.time))
}
