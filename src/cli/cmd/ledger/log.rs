//! `ledger log`: the entries, one line each.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;

use sealkeep_keystore::ledger::{Body, Entry, Event};
use sealkeep_keystore::{KeyFilter, KeyId, KeyStore};
use serde_json::{Map, Value, json};

use super::export;
use crate::cli::args::{ClassArg, LedgerLog};
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, store, time};

pub(super) fn run(args: &LedgerLog, context: &Context) -> Result<Exit, Failure> {
    let mut store = store::open(context)?;
    let told = |error: sealkeep_keystore::Error| store::here(context, &error);
    let wanted = match &args.scope {
        None => None,
        Some(name) => Some(within(name, &mut store).map_err(told)?),
    };
    let most = args.last.unwrap_or(usize::MAX);
    let (mut found, mut problem) = (VecDeque::new(), None);
    let read = store.ledger_entries(0..u64::MAX, |entry| {
        if context.cancel.is_asked() {
            return ControlFlow::Break(());
        }
        match entry.parse() {
            Ok(body) if passes(args, wanted.as_ref(), &body) => {
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
    let names = Names::of(&found, &mut store).map_err(told)?;
    for (entry, body) in &found {
        context.output.line(&row(entry, body, &names))?;
    }
    let fields = |(entry, body): &(Entry, Body)| {
        let mut fields = export::fields(entry);
        fields["scopes"] = names.scopes(&body.event).into();
        fields
    };
    let entries: Vec<Value> = found.iter().map(fields).collect();
    context.output.document("sealkeep.ledger-log/1", json!({ "entries": entries }))?;
    Ok(Exit::Ok)
}

/// The ids of a scope and of all below it, and of their keys.
fn within(name: &str, store: &mut KeyStore) -> sealkeep_keystore::Result<HashSet<KeyId>> {
    let mut ids: HashSet<KeyId> = store.scope_ids(name)?.into_iter().collect();
    let filter = KeyFilter { scope: Some(name.to_owned()), ..KeyFilter::default() };
    store.keys(&filter, |key| {
        ids.insert(key.id);
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}

/// The scopes of what entries name, as far as the store still has them: their names die with them.
struct Names(HashMap<KeyId, String>);

impl Names {
    fn of(
        found: &VecDeque<(Entry, Body)>,
        store: &mut KeyStore,
    ) -> sealkeep_keystore::Result<Names> {
        let scopes = store.scopes()?.into_iter();
        let mut names: HashMap<KeyId, String> =
            scopes.filter_map(|scope| Some((scope.id, scope.name?))).collect();
        let ids: HashSet<KeyId> = found.iter().flat_map(|(_, body)| ids(&body.event)).collect();
        let keys: Vec<KeyId> = ids.into_iter().filter(|id| !names.contains_key(id)).collect();
        for facts in store.facts(&keys)?.into_iter().flatten() {
            if let Some(name) = names.get(&facts.scope).cloned() {
                names.insert(facts.id, name);
            }
        }
        Ok(Names(names))
    }

    /// Each once, in order.
    fn scopes(&self, event: &Event) -> Vec<&str> {
        let names = ids(event).into_iter().filter_map(|id| self.0.get(&id).map(String::as_str));
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn passes(args: &LedgerLog, wanted: Option<&HashSet<KeyId>>, body: &Body) -> bool {
    let (operation, who, ids) = (operation(&body.event), who(&body.event), ids(&body.event));
    args.class.is_none_or(|class| Some(class) == class_of(&body.event))
        && args.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
        && args.who.as_deref().is_none_or(|wanted| who == Some(wanted))
        && args.key.is_none_or(|key| ids.contains(&key))
        && wanted.is_none_or(|wanted| ids.iter().any(|id| wanted.contains(id)))
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

/// The keys and scopes that an entry names.
fn ids(event: &Event) -> Vec<KeyId> {
    match event {
        Event::Access(access) => {
            let refused = access.refused.keys();
            access.keys.iter().chain(&access.scopes).chain(refused).copied().collect()
        }
        Event::Act(act) => mentioned(&act.detail),
        Event::Store(event) => mentioned(&event.detail),
        Event::Alarm(alarm) => mentioned(&alarm.detail),
        _ => Vec::new(),
    }
}

fn mentioned(detail: &Map<String, Value>) -> Vec<KeyId> {
    let one = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let all = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect::<Vec<KeyId>>(),
    };
    detail.values().flat_map(all).collect()
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
            let scopes = match names.scopes(&body.event)[..] {
                [] => String::new(),
                [name] => format!("  {name}"),
                [name, ref more @ ..] => format!("  {name} +{}", more.len()),
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
