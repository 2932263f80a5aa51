//! `ledger log`: the entries, one line each.

use std::collections::{HashMap, VecDeque};
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
    let told = |error: sealkeep_keystore::Error| store::here(context, &error);
    let scopes = store.scopes().map_err(told)?;
    let names =
        Names(scopes.into_iter().filter_map(|scope| Some((scope.id, scope.name?))).collect());
    let wanted = match &args.scope {
        None => None,
        Some(name) => Some(store.scope_ids(name).map_err(told)?),
    };
    let about = |body: &Body| {
        let any = |ids: &Vec<KeyId>| ids.iter().any(|id| is_about(&body.event, id));
        wanted.as_ref().is_none_or(any)
    };
    let most = args.last.unwrap_or(usize::MAX);
    let (mut found, mut problem) = (VecDeque::new(), None);
    let read = store.ledger_entries(0..u64::MAX, |entry| {
        if context.cancel.is_asked() {
            return ControlFlow::Break(());
        }
        match entry.parse() {
            Ok(body) if passes(args, &body) && about(&body) => {
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
        context.output.line(&row(entry, body, &names))?;
    }
    let fields = |(entry, body): &(Entry, Body)| {
        let mut fields = export::fields(entry);
        fields["scopes"] = names.of(&body.event).into();
        fields
    };
    let entries: Vec<Value> = found.iter().map(fields).collect();
    context.output.document("sealkeep.ledger-log/1", json!({ "entries": entries }))?;
    Ok(Exit::Ok)
}

/// Names of scopes, as far as the store still has them: they die with their scope.
struct Names(HashMap<KeyId, String>);

impl Names {
    /// The names of the scopes that were asked for.
    fn of(&self, event: &Event) -> Vec<String> {
        match event {
            Event::Access(access) => {
                access.scopes.iter().filter_map(|scope| self.0.get(scope).cloned()).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn passes(args: &LedgerLog, body: &Body) -> bool {
    let (operation, who) = (operation(&body.event), who(&body.event));
    args.class.is_none_or(|class| Some(class) == class_of(&body.event))
        && args.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
        && args.who.as_deref().is_none_or(|wanted| who == Some(wanted))
        && args.key.is_none_or(|key| is_about(&body.event, &key))
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
fn is_about(event: &Event, key: &KeyId) -> bool {
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
fn row(entry: &Entry, body: &Body, names: &Names) -> String {
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
            let scopes = match names.of(&body.event) {
                named if named.is_empty() => String::new(),
                named => format!("  {}", named.join(",")),
            };
            let operation = &access.operation;
            format!("access  {operation}  {who}@{source}  keys={count}{refused}{scopes}{purpose}")
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
