//! The list: its root, and whether it is the one that was approved.

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::inventory::{Inventory, Reader};
use sealkeep_keystore::approval::register::RequestRecord;
use sealkeep_keystore::approval::{Item, ItemKind};

use crate::destruction::certificate::bundle::Bundle;

/// The list as it was read.
pub(super) struct List {
    pub(super) items: Vec<Item>,
    pub(super) inventory: Inventory,
}

impl List {
    /// Numbers of the items that are overwritten.
    pub(super) fn wiped(&self) -> impl Iterator<Item = u64> {
        self.items.iter().filter(|item| item.method.wipe().is_some()).map(|item| item.item)
    }

    /// How many items were destroyed by others.
    pub(super) fn media(&self) -> u64 {
        let media = self.items.iter().filter(|item| item.kind == ItemKind::Medium);
        media.count() as u64
    }
}

/// Reads every line, and compares the root.
pub(super) fn read(bundle: &Bundle, suite: Suite) -> Result<List, String> {
    let mut reader = Reader::new(suite);
    let mut items = Vec::with_capacity(bundle.inventory.lines.len());
    for line in &bundle.inventory.lines {
        items.push(reader.push(line).map_err(|error| error.to_string())?);
    }
    let inventory = reader.finish().map_err(|error| error.to_string())?;
    let root = inventory.summary.root.to_string();
    if root != bundle.inventory.root {
        return Err(format!("the root of the lines is {root}"));
    }
    Ok(List { items, inventory })
}

/// That it is the list of the request: root, counts, targets, level.
pub(super) fn check(list: &List, record: &RequestRecord) -> Result<(), String> {
    let (found, asked) = (&list.inventory, &record.request);
    if found.summary != asked.inventory {
        return Err("it is not the list that the request names".to_owned());
    }
    if found.level > asked.level {
        return Err("an item is of a higher level than the request".to_owned());
    }
    if found.held {
        return Err("an item was on hold".to_owned());
    }
    Ok(())
}
