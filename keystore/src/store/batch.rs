//! Many keys at one time, page by page: a page is opened, or written, once for all of its keys.

use std::collections::BTreeMap;

use super::keys::{Found, judge};
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId, Position, WHOLE_SCOPE};
use crate::leaf::KeyRecord;
use crate::page::FAN_OUT;
use crate::pager::PageSource;
use crate::txn::Txn;

/// Ids sorted by where they stand.
pub(super) struct Batch {
    /// By scope and leaf page.
    pages: BTreeMap<(u32, u32), Vec<(KeyId, Position)>>,
    /// What stands for whole scopes.
    pub(super) scopes: Vec<(KeyId, Position)>,
    /// Not made by this store.
    pub(super) foreign: Vec<KeyId>,
}

impl Batch {
    pub(super) fn of(ids: &IdCipher, targets: &[KeyId]) -> Self {
        let mut batch = Self { pages: BTreeMap::new(), scopes: Vec::new(), foreign: Vec::new() };
        for id in targets {
            match ids.position(id) {
                None => batch.foreign.push(*id),
                Some(at) if at.slot == WHOLE_SCOPE => batch.scopes.push((*id, at)),
                Some(at) => {
                    batch.pages.entry((at.scope, at.slot / FAN_OUT)).or_default().push((*id, at));
                }
            }
        }
        batch
    }

    /// Calls `look` with each key, or why there is none; whole scopes and foreign ids are the caller's.
    ///
    /// # Errors
    /// What `look` says, and when a page cannot be read.
    pub(super) fn look<S: PageSource>(
        &self,
        txn: &mut Txn<'_, S>,
        mut look: impl FnMut(&KeyId, Result<Found>) -> Result<()>,
    ) -> Result<()> {
        for ((number, _), keys) in &self.pages {
            let Some(scope) = txn.scope(*number)? else {
                for (id, _) in keys {
                    look(id, Err(Error::Lost(*id)))?;
                }
                continue;
            };
            let slots: Vec<u32> = keys.iter().map(|(_, at)| at.slot).collect();
            let records = txn.keys_at(*number, &scope, &slots)?;
            for ((id, at), record) in keys.iter().zip(records) {
                look(id, judge(id, *at, &scope, record))?;
            }
        }
        Ok(())
    }

    /// Changes the records of all keys that live. The others are passed over.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub(super) fn change<S: PageSource>(
        &self,
        txn: &mut Txn<'_, S>,
        change: impl Fn(&mut KeyRecord),
    ) -> Result<()> {
        for ((number, _), keys) in &self.pages {
            let Some(scope) = txn.scope(*number)? else { continue };
            let slots: Vec<u32> = keys.iter().map(|(_, at)| at.slot).collect();
            let mut changed = Vec::with_capacity(keys.len());
            for ((id, at), record) in keys.iter().zip(txn.keys_at(*number, &scope, &slots)?) {
                if let Ok(mut found) = judge(id, *at, &scope, record) {
                    change(&mut found.record);
                    changed.push((at.slot, found.record));
                }
            }
            txn.put_keys(*number, &changed)?;
        }
        Ok(())
    }
}
