//! What a snapshot holds, as `docs/spec/vault.md` §14 and the second implementation list it.

use sealkeep::vault::Description;
use sealkeep_keystore::KeyId;
use serde_json::{Value, json};

/// One object.
pub(crate) fn described(key: &KeyId, one: &Description) -> Value {
    let kinds = ["file", "folder", "link", "fifo", "character device", "block device", "socket"];
    let class = &one.class;
    json!({
        "key": key.to_string(),
        "path": hex(&one.path),
        "kind": kinds[usize::from(one.attributes.kind.id()) - 1],
        "mode": one.attributes.mode,
        "mtime": [one.attributes.mtime.seconds, one.attributes.mtime.nanoseconds],
        "size": one.attributes.size,
        "level": class.level,
        "scope": class.scope,
        "class": class.class,
        "subjects": class.subjects,
        "residency": class.residency,
        "target": hex(&one.attributes.target),
    })
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
