//! Objects of a vault on lines and in documents.

use std::fmt::Write;

use sealkeep::retention::{self, Policy};
use sealkeep::vault::{Attributes, Description, Kind};
use sealkeep_keystore::KeyId;
use serde_json::{Value, json};

use crate::cli::cmd::absolute;
use crate::cli::time;

/// An object on a line: its path, or all that `ls -l` shows as well.
pub(crate) fn row(description: &Description, long: bool) -> String {
    let attributes = &description.attributes;
    let path = absolute(&description.path);
    if !long {
        return path;
    }
    let mut row = format!(
        "{}{:04o}  {}  {}  {:>12}  {}  {path}",
        letter(attributes.kind),
        attributes.mode,
        name(&attributes.user, attributes.uid),
        name(&attributes.group, attributes.gid),
        attributes.size,
        moment(attributes),
    );
    if attributes.kind == Kind::Symlink {
        let target = String::from_utf8_lossy(&attributes.target);
        write!(row, " -> {target}").expect("strings take everything");
    }
    row
}

/// An object in a document.
pub(crate) fn fields(key: &KeyId, description: &Description, policy: &Policy) -> Value {
    let (attributes, class) = (&description.attributes, &description.class);
    let period = policy.period(&class.class, class.level, class.start);
    json!({
        "path": absolute(&description.path),
        "key": key.to_string(),
        "kind": kind_name(attributes.kind),
        "bytes": attributes.size,
        "mode": format!("{:04o}", attributes.mode),
        "user": name(&attributes.user, attributes.uid),
        "group": name(&attributes.group, attributes.gid),
        "modified": moment(attributes),
        "scope": class.scope,
        "level": class.level,
        "class": class.class,
        "subjects": class.subjects,
        "residency": class.residency,
        "start": retention::day_of(class.start).to_string(),
        "keep_until": period.map(|period| period.last_day.to_string()),
        "changed_while_read": description.changed_while_read,
    })
}

/// What an object is, in documents.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
        Kind::Fifo => "fifo",
        Kind::CharDevice => "character-device",
        Kind::BlockDevice => "block-device",
        Kind::Socket => "socket",
    }
}

fn letter(kind: Kind) -> char {
    match kind {
        Kind::File => '-',
        Kind::Directory => 'd',
        Kind::Symlink => 'l',
        Kind::Fifo => 'p',
        Kind::CharDevice => 'c',
        Kind::BlockDevice => 'b',
        Kind::Socket => 's',
    }
}

fn name(name: &[u8], number: u32) -> String {
    if name.is_empty() { number.to_string() } else { String::from_utf8_lossy(name).into_owned() }
}

/// When an object was modified; of times before 1970, the day.
fn moment(attributes: &Attributes) -> String {
    let seconds = attributes.mtime.seconds;
    u64::try_from(seconds).map_or_else(|_| retention::day_of(seconds).to_string(), time)
}
