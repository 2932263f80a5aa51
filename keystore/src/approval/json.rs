//! JSON that can be read in one way only: no member stands twice, and everything is written as we would write it. Two
//! readers could otherwise see two different statements.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Reads JSON; what is wrong, in the parser's words, otherwise.
pub(crate) fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, String> {
    from_value(read_value(bytes)?)
}

/// Takes a value for what it says, if it says it as we would. The parser alone also takes lists for objects, objects for
/// names of variants, and ids in capitals.
pub(crate) fn from_value<T: DeserializeOwned + Serialize>(value: Value) -> Result<T, String> {
    let read = T::deserialize(&value).map_err(|error| error.to_string())?;
    let ours = serde_json::to_value(&read).map_err(|error| error.to_string())?;
    if ours == value { Ok(read) } else { Err("it is written in another form".to_owned()) }
}

/// Reads JSON of any form.
pub(crate) fn read_value(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice::<Once>(bytes).map(|once| once.0).map_err(|error| error.to_string())
}

/// A value whose objects have each member once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without members that stand twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(value)) = items.next_element()? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Once(value))) = members.next_entry::<String, Once>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("the member `{name}` stands twice")));
            }
            map.insert(name, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ambiguous_is_refused() {
        assert_eq!(read::<Vec<u64>>(b"[1, 2]"), Ok(vec![1, 2]));
        for bad in ["{\"a\":1,\"a\":1}", "[{\"b\":{\"a\":1,\"a\":2}}]", "{} {}", ""] {
            assert!(read_value(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read::<Vec<u64>>(b"[1.0]").is_err() && read::<Vec<u64>>(b"[1e2]").is_err());
    }
}
