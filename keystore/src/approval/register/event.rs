//! What is entered: statements, what the store did, and alarms.

use std::collections::{HashMap, HashSet};

use data_encoding::BASE64;
use sealkeep_crypto::Suite;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::digest::Digest;
use super::super::inventory::Item;
use super::super::json;
use super::super::statement::{NotAStatement, Statement};
use crate::id::KeyId;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// What somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// Keys that wait for their destruction were to be used.
    PendingUse {
        /// Which.
        keys: Vec<KeyId>,
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
        let body: Body = json::read(body).map_err(NotAnEntry::Body)?;
        let (time, counted) = (body.time, body.counted);
        let what = body.what(suite)?;
        Ok(what.map(|what| Self { index, time, counted, what }))
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
        }
    }

    /// The request that it is about.
    #[must_use]
    pub fn request(&self) -> Digest {
        match self {
            Self::DestroyBegun { request, .. }
            | Self::Destroyed { request }
            | Self::Finished { request, .. }
            | Self::Expired { request } => *request,
        }
    }

    /// What the entry says more. The store may add members.
    #[must_use]
    pub fn detail(&self) -> Value {
        match self {
            Self::DestroyBegun { order, .. } => json!({ "order": order }),
            Self::Finished { execution, partial, .. } => {
                json!({ "execution": execution, "state": if *partial { "partial" } else { "executed" } })
            }
            Self::Destroyed { .. } | Self::Expired { .. } => json!({}),
        }
    }

    /// The event of an entry; `None` if the register is not made from such.
    ///
    /// # Errors
    /// What is missing.
    pub fn read(
        operation: &str,
        request: Option<Digest>,
        detail: &Value,
    ) -> Result<Option<Self>, String> {
        let request = || request.ok_or_else(|| format!("`{operation}` without a request"));
        let digest = |name: &str| {
            let text = detail.get(name).and_then(Value::as_str);
            text.and_then(|text| text.parse().ok())
                .ok_or_else(|| format!("`{operation}` without `{name}`"))
        };
        Ok(Some(match operation {
            "destroy-begun" => Self::DestroyBegun { request: request()?, order: digest("order")? },
            "destroyed" => Self::Destroyed { request: request()? },
            "finished" => {
                let partial = match detail.get("state").and_then(Value::as_str) {
                    Some("executed") => false,
                    Some("partial") => true,
                    _ => return Err("`finished` without `state`".to_owned()),
                };
                Self::Finished { request: request()?, execution: digest("execution")?, partial }
            }
            "expired" => Self::Expired { request: request()? },
            _ => return Ok(None),
        }))
    }
}

impl Alarm {
    /// The name in the ledger.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::PendingUse { .. } => "pending-use",
            Self::Clock => "clock",
        }
    }

    /// What the entry says more. The store may add members.
    #[must_use]
    pub fn detail(&self) -> Value {
        match self {
            Self::PendingUse { keys } => json!({ "keys": keys }),
            Self::Clock => json!({}),
        }
    }

    /// The alarm of an entry; `None` if the register is not made from such.
    ///
    /// # Errors
    /// What is missing.
    pub fn read(alarm: &str, detail: &Value) -> Result<Option<Self>, String> {
        Ok(match alarm {
            "pending-use" => {
                let keys = detail.get("keys").cloned().unwrap_or_default();
                let keys = serde_json::from_value(keys).map_err(|error| error.to_string())?;
                Some(Self::PendingUse { keys })
            }
            "clock" => Some(Self::Clock),
            _ => None,
        })
    }
}

impl Touched {
    /// Takes the items of a request.
    pub fn insert<'i>(&mut self, request: Digest, items: impl IntoIterator<Item = &'i Item>) {
        let ids = items.into_iter().flat_map(|item| item.key.into_iter().chain(item.scope));
        self.0.entry(request).or_default().extend(ids);
    }
}

impl Inventories for Touched {
    fn touches(&self, request: &Digest, ids: &[KeyId]) -> bool {
        self.0.get(request).is_none_or(|known| ids.iter().any(|id| known.contains(id)))
    }
}

#[derive(Deserialize)]
struct Body {
    time: u64,
    counted: u64,
    class: String,
    statement: Option<String>,
    operation: Option<String>,
    request: Option<Digest>,
    alarm: Option<String>,
    #[serde(default)]
    detail: Value,
}

impl Body {
    fn what(self, suite: Suite) -> Result<Option<What>, NotAnEntry> {
        let missing = |name: &str| NotAnEntry::Body(format!("`{name}` is missing"));
        Ok(match self.class.as_str() {
            "statement" => {
                let text = self.statement.ok_or_else(|| missing("statement"))?;
                let bytes = BASE64.decode(text.as_bytes()).map_err(|_| missing("statement"))?;
                Some(What::Statement(Box::new(Statement::parse(suite, &bytes)?)))
            }
            "store" => {
                let operation = self.operation.ok_or_else(|| missing("operation"))?;
                StoreEvent::read(&operation, self.request, &self.detail)
                    .map_err(NotAnEntry::Body)?
                    .map(What::Event)
            }
            "alarm" => {
                let alarm = self.alarm.ok_or_else(|| missing("alarm"))?;
                Alarm::read(&alarm, &self.detail).map_err(NotAnEntry::Body)?.map(What::Alarm)
            }
            _ => None,
        })
    }
}
