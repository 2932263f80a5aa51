//! Keys and scopes on their way to destruction: closed to new data, then unusable, then gone or what they were.

use super::batch::Batch;
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId};
use crate::page::{FAN_OUT, FIRST_SCOPE};
use crate::pager::PageSource;
use crate::state::KeyState;
use crate::txn::Txn;

/// Closes keys to new data, so that what is listed is what will die: later versions get keys of their own.
pub(super) fn freeze<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    keys: &[KeyId],
    moment: u64,
) -> Result<()> {
    Batch::of(ids, keys).change(txn, |record| {
        if record.state == KeyState::Active {
            (record.state, record.changed) = (KeyState::Deactivated, moment);
        }
    })
}

/// Makes keys and scopes pending destruction: nobody opens them, and a scope takes no new keys.
pub(super) fn pend<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    targets: &[KeyId],
    request: [u8; 32],
    moment: u64,
) -> Result<()> {
    let batch = Batch::of(ids, targets);
    set_scopes(txn, &batch, request)?;
    batch.change(txn, |record| record.pend(request, moment))
}

/// Makes all keys and scopes that wait for one of these requests what they were before. They are looked for in every scope: the list of
/// a request may be lost, and nothing may stay locked because of that.
pub(super) fn unpend<S: PageSource>(
    txn: &mut Txn<'_, S>,
    requests: &[[u8; 32]],
    moment: u64,
) -> Result<()> {
    let theirs = |waits: &[u8; 32]| requests.contains(waits);
    for number in FIRST_SCOPE..FIRST_SCOPE + txn.root.scopes {
        let Some(mut scope) = txn.scope(number)?.filter(|scope| scope.tombstone().is_none()) else {
            continue;
        };
        for page in 0..scope.count.div_ceil(FAN_OUT) {
            let mut freed = txn.waiting_in_page(number, &scope, page)?;
            freed.retain(|(_, record)| record.waits.is_some_and(|waits| theirs(&waits.request)));
            for (_, record) in &mut freed {
                if let Some(waits) = record.waits {
                    record.unpend(waits.request, moment);
                }
            }
            txn.put_keys(number, &freed)?;
        }
        if scope.pending.as_ref().is_some_and(theirs) {
            // What was changed above is in the record's tree, not in the record.
            scope = txn.scope(number)?.ok_or(Error::Damaged("no scope".into()))?;
            scope.pending = None;
            txn.put_scope(number, &scope)?;
        }
    }
    Ok(())
}

fn set_scopes<S: PageSource>(txn: &mut Txn<'_, S>, batch: &Batch, request: [u8; 32]) -> Result<()> {
    for (id, position) in &batch.scopes {
        let scope = txn.scope(position.scope)?;
        let living = scope.filter(|scope| {
            scope.incarnation == position.incarnation && scope.tombstone().is_none()
        });
        let mut scope = living.ok_or(Error::Lost(*id))?;
        scope.pending = scope.pending.or(Some(request));
        txn.put_scope(position.scope, &scope)?;
    }
    Ok(())
}
