//! What is entered: statements, what the store did, and alarms.

use std::collections::{HashMap, HashSet};

use sealkeep_crypto::Suite;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::digest::Digest;
use super::super::inventory::Item;
use super::super::json;
use super::super::statement::{NotAStatement, Statement};
use crate::id::KeyId;
use crate::ledger::{self, AlarmKind, Body};

/// An entry of the ledger that the register is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Its number.
    pub index: u64,
    /// The ledger's time, Unix seconds.
    pub time: u64,
    /// Seconds that passed beyond doubt since the first entry.
    pub counted: u64,
    /// What it is.
    pub what: What,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Somebody said something.
    Statement(Box<Statement>),
    /// The store did something.
    Event(StoreEvent),
    /// Somebody must look at something.
    Alarm(Alarm),
}

/// What the store did by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreEvent {
    /// From here on it goes on by itself. Durable before anything is destroyed.
    DestroyBegun {
        /// What is destroyed.
        request: Digest,
        /// The `execute` statement.
        order: Digest,
    },
    /// The keys are gone; in the commit that destroyed them.
    Destroyed {
        /// What was destroyed.
        request: Digest,
    },
    /// All is over.
    Finished {
        /// What was destroyed.
        request: Digest,
        /// H of the payload of the record of execution.
        execution: Digest,
        /// Whether something that was to be overwritten was not.
        partial: bool,
    },
    /// The request's time was over.
    Expired {
        /// Which.
        request: Digest,
    },
    /// New versions of what is on hold got keys: the hold has them too, and whoever releases it releases them.
    HoldInherited {
        /// Digest of the hold.
        hold: Digest,
        /// The new keys.
        keys: Vec<KeyId>,
    },
}

/// What somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// Keys that wait for their destruction were to be used.
    PendingUse {
        /// Which.
        keys: Vec<KeyId>,
        /// The requests that they wait for.
        requests: Vec<Digest>,
    },
    /// The clock was set.
    Clock,
}

/// Answers what a request's inventory has.
pub trait Inventories {
    /// Whether one of these keys or scopes is in the inventory of the request, or is the scope of one of its items.
    /// Whoever does not know says yes.
    fn touches(&self, request: &Digest, ids: &[KeyId]) -> bool;
}

/// Inventories by request, as far as they are at hand.
#[derive(Clone, Debug, Default)]
pub struct Touched(HashMap<Digest, HashSet<KeyId>>);

/// Says of every inventory that it has nothing of what is asked for, as if it had been looked into: nothing is found to be on
/// hold. That is safe only for entries that ask for no inventory, and where entries that were accepted before, by a store that
/// looked, are read once more. Whoever judges something new, or somebody else's ledger, takes [`Touched`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Untouched;

/// Why an entry's body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnEntry {
    /// It is not JSON with what every entry of this class has.
    #[error("not the body of an entry: {0}")]
    Body(String),
    /// The statement in it cannot be read.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
}

impl Entered {
    /// Reads the body of an entry; `None` if it does not change the register.
    ///
    /// # Errors
    /// [`NotAnEntry`].
    pub fn read(suite: Suite, index: u64, body: &[u8]) -> Result<Option<Self>, NotAnEntry> {
        let read = json::read_value(body).map_err(NotAnEntry::Body)?;
        let body = Body::deserialize(read).map_err(|error| NotAnEntry::Body(error.to_string()))?;
        Self::of(suite, index, &body)
    }

    /// The same for a body that was read.
    ///
    /// # Errors
    /// [`NotAnEntry`].
    pub fn of(suite: Suite, index: u64, body: &Body) -> Result<Option<Self>, NotAnEntry> {
        let what = match &body.event {
            event @ ledger::Event::Statement { .. } => {
                let envelope = event.envelope();
                let envelope =
                    envelope.ok_or_else(|| NotAnEntry::Body("`statement` is not base64".into()))?;
                Some(What::Statement(Box::new(Statement::parse(suite, &envelope)?)))
            }
            ledger::Event::Store(event) => {
                StoreEvent::read(event).map_err(NotAnEntry::Body)?.map(What::Event)
            }
            ledger::Event::Alarm(alarm) => {
                Alarm::read(alarm).map_err(NotAnEntry::Body)?.map(What::Alarm)
            }
            _ => None,
        };
        Ok(what.map(|what| Self { index, time: body.time, counted: body.counted, what }))
    }
}

impl StoreEvent {
    /// The name in the ledger.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::DestroyBegun { .. } => "destroy-begun",
            Self::Destroyed { .. } => "destroyed",
            Self::Finished { .. } => "finished",
            Self::Expired { .. } => "expired",
            Self::HoldInherited { .. } => "hold-inherited",
        }
    }

    /// The request that it is about, if it is about one.
    #[must_use]
    pub fn request(&self) -> Option<Digest> {
        match self {
            Self::DestroyBegun { request, .. }
            | Self::Destroyed { request }
            | Self::Finished { request, .. }
            | Self::Expired { request } => Some(*request),
            Self::HoldInherited { .. } => None,
        }
    }

    /// What its entry says. The store may add members to `detail`.
    #[must_use]
    pub fn entry(&self) -> ledger::StoreEvent {
        let members: Vec<(&str, Value)> = match self {
            Self::DestroyBegun { order, .. } => vec![("order", order.to_string().into())],
            Self::Finished { execution, partial, .. } => {
                let state = if *partial { PARTIAL } else { EXECUTED };
                vec![("execution", execution.to_string().into()), ("state", state.into())]
            }
            Self::HoldInherited { hold, keys } => {
                let keys: Value = keys.iter().map(ToString::to_string).collect();
                vec![("hold", hold.to_string().into()), ("keys", keys)]
            }
            Self::Destroyed { .. } | Self::Expired { .. } => Vec::new(),
        };
        ledger::StoreEvent {
            operation: self.operation().to_owned(),
            detail: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            request: self.request().map(|request| request.0),
        }
    }

    /// The event of an entry; `None` if the register is not made from such.
    fn read(entry: &ledger::StoreEvent) -> Result<Option<Self>, String> {
        let operation = entry.operation.as_str();
        let request =
            || entry.request.map(Digest).ok_or_else(|| format!("`{operation}` without a request"));
        let digest = |name: &str| {
            text(&entry.detail, name)
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| format!("`{operation}` without `{name}`"))
        };
        Ok(Some(match operation {
            "destroy-begun" => Self::DestroyBegun { request: request()?, order: digest("order")? },
            "destroyed" => Self::Destroyed { request: request()? },
            "finished" => {
                let partial = match text(&entry.detail, "state") {
                    Some(EXECUTED) => false,
                    Some(PARTIAL) => true,
                    _ => return Err("`finished` without `state`".to_owned()),
                };
                Self::Finished { request: request()?, execution: digest("execution")?, partial }
            }
            "expired" => Self::Expired { request: request()? },
            "hold-inherited" => {
                let keys = entry.detail.get("keys").cloned().unwrap_or_default();
                let keys = serde_json::from_value(keys).map_err(|error| error.to_string())?;
                Self::HoldInherited { hold: digest("hold")?, keys }
            }
            _ => return Ok(None),
        }))
    }
}

impl Alarm {
    /// What its entry says. The store may add members to `detail`.
    ///
    /// # Panics
    /// Never: ids are texts.
    #[must_use]
    pub fn entry(&self) -> ledger::Alarm {
        let (alarm, detail) = match self {
            Self::PendingUse { keys, requests } => {
                let keys = serde_json::to_value(keys).expect("a list of texts");
                let requests = serde_json::to_value(requests).expect("a list of texts");
                let members = [("keys".to_owned(), keys), ("requests".to_owned(), requests)];
                (AlarmKind::PendingUse, Map::from_iter(members))
            }
            Self::Clock => (AlarmKind::Clock, Map::new()),
        };
        ledger::Alarm { alarm, detail }
    }

    /// The alarm of an entry; `None` if the register is not made from such.
    fn read(entry: &ledger::Alarm) -> Result<Option<Self>, String> {
        Ok(match entry.alarm {
            AlarmKind::PendingUse => {
                let member = |name: &str| entry.detail.get(name).cloned().unwrap_or_default();
                let told = |error: serde_json::Error| error.to_string();
                let keys = serde_json::from_value(member("keys")).map_err(told)?;
                let requests = serde_json::from_value(member("requests")).map_err(told)?;
                Some(Self::PendingUse { keys, requests })
            }
            AlarmKind::Clock => Some(Self::Clock),
            _ => None,
        })
    }
}

impl Touched {
    /// Takes the items of a request.
    pub fn insert<'i>(&mut self, request: Digest, items: impl IntoIterator<Item = &'i Item>) {
        let ids = items.into_iter().flat_map(|item| item.key.into_iter().chain(item.scope));
        self.insert_ids(request, ids);
    }

    /// Takes keys and scopes that are in the inventory of a request.
    pub fn insert_ids(&mut self, request: Digest, ids: impl IntoIterator<Item = KeyId>) {
        self.0.entry(request).or_default().extend(ids);
    }
}

impl Inventories for Untouched {
    fn touches(&self, _: &Digest, _: &[KeyId]) -> bool {
        false
    }
}

impl Inventories for Touched {
    fn touches(&self, request: &Digest, ids: &[KeyId]) -> bool {
        self.0.get(request).is_none_or(|known| ids.iter().any(|id| known.contains(id)))
    }
}

const EXECUTED: &str = "executed";
const PARTIAL: &str = "partial";

fn text<'m>(detail: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    detail.get(name).and_then(Value::as_str)
}
