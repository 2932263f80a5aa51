//! What a store holds, as JSON: the form in which two implementations are compared.

use std::ops::ControlFlow;

use sealkeep_keystore::{KeyFilter, KeyStore};
use serde_json::{Value, json};

/// The first scope's number (`docs/spec/keystore.md` §4).
const FIRST_SCOPE: usize = 16;

/// Everything in an open store that `docs/spec/keystore.md` §11 lists, with the secrets of the keys that open.
pub(crate) fn listing(store: &mut KeyStore) -> Value {
    let status = store.status().expect("status");
    let scopes = store.scopes().expect("scopes").into_iter().enumerate();
    let scopes: Vec<Value> = scopes
        .map(|(n, scope)| {
            json!({
                "number": FIRST_SCOPE + n,
                "name": scope.name,
                "keys": scope.keys,
                "destroyed": scope.tombstone.is_some(),
            })
        })
        .collect();
    json!({
        "store": hex(&status.peek.store),
        "suite": status.peek.suite.name(),
        "incarnation": status.peek.incarnation,
        "epoch": status.peek.epoch,
        "scopes": scopes,
        "keys": keys(store),
        "tombstones": status.tombstones,
        "restores": status.restores.len(),
    })
}

fn keys(store: &mut KeyStore) -> Vec<Value> {
    let mut infos = Vec::new();
    let all = store.keys(&KeyFilter::default(), |info| {
        infos.push(info);
        ControlFlow::Continue(())
    });
    all.expect("keys");
    let one = |info: sealkeep_keystore::KeyInfo| {
        let opened = store.open_compromised_key(&info.id).ok();
        json!({
            "id": info.id.to_string(),
            "scope": info.scope,
            "slot": info.slot,
            "suite": info.suite.name(),
            "state": info.state.name(),
            "held": info.held,
            "label": hex(&info.label),
            "secret": opened.map(|key| hex(key.secret.expose())),
        })
    };
    infos.into_iter().map(one).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
