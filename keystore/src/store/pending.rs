//! Keys and scopes on their way to destruction: closed to new data, then unusable, then gone or what they were.

use super::batch::Batch;
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId};
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
    set_scopes(txn, &batch, |pending| pending.or(Some(request)))?;
    batch.change(txn, |record| record.pend(request, moment))
}

/// Makes keys and scopes that wait for a request what they were before. What does not stays what it is.
pub(super) fn unpend<S: PageSource>(
    txn: &mut Txn<'_, S>,
    ids: &IdCipher,
    targets: &[KeyId],
    request: [u8; 32],
    moment: u64,
) -> Result<()> {
    let batch = Batch::of(ids, targets);
    set_scopes(txn, &batch, |pending| pending.filter(|waits_for| *waits_for != request))?;
    batch.change(txn, |record| record.unpend(request, moment))
}

fn set_scopes<S: PageSource>(
    txn: &mut Txn<'_, S>,
    batch: &Batch,
    change: impl Fn(Option<[u8; 32]>) -> Option<[u8; 32]>,
) -> Result<()> {
    for (id, position) in &batch.scopes {
        let scope = txn.scope(position.scope)?;
        let living = scope.filter(|scope| {
            scope.incarnation == position.incarnation && scope.tombstone().is_none()
        });
        let mut scope = living.ok_or(Error::Lost(*id))?;
        scope.pending = change(scope.pending);
        txn.put_scope(position.scope, &scope)?;
    }
    Ok(())
}
