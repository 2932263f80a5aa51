//! Holds that reach further than their statements, and holds that come too late.

use std::collections::{BTreeMap, BTreeSet};

use super::{KeyStore, entered, logged};
use crate::approval::Digest;
use crate::approval::register::{Register, StoreEvent, Touched, Untouched, What};
use crate::approval::statement::Hold;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::id::{IdCipher, KeyId, WHOLE_SCOPE};
use crate::page::FAN_OUT;
use crate::store::access::IDS_IN_ENTRY;
use crate::store::keys::{find, set_hold};
use crate::txn::Txn;

impl KeyStore {
    /// Puts new keys under the holds that older ones are under, given as pairs of an older key and its heir: whoever releases such
    /// a hold releases the heirs, too. A hold on a scope that the heir is in has it anyway. Without any hold nothing is done.
    ///
    /// # Errors
    /// As [`KeyStore::open_key`] for an heir that is not there, and as any change.
    pub fn inherit_holds(&mut self, heirs: &[(KeyId, KeyId)]) -> Result<()> {
        let register = self.register()?;
        if self.read(|txn, ids| inherited(txn, ids, &register, heirs))?.is_empty() {
            return Ok(());
        }
        self.governed(|txn, ids, register, mut stamp| {
            for (hold, keys) in inherited(txn, ids, register, heirs)? {
                let keys: Vec<KeyId> = keys.into_iter().collect();
                for keys in keys.chunks(IDS_IN_ENTRY) {
                    let event = StoreEvent::HoldInherited { hold, keys: keys.to_vec() };
                    stamp.index = txn.log(logged(&event));
                    register.apply(&entered(stamp, What::Event(event)), &Untouched)?;
                    set_hold(txn, ids, keys, true, stamp.time)?;
                }
            }
            Ok(())
        })
    }
}

/// The heirs of each hold that they are not under yet, by their scope or themselves.
fn inherited(
    txn: &mut Txn<'_, Db>,
    ids: &IdCipher,
    register: &Register,
    heirs: &[(KeyId, KeyId)],
) -> Result<BTreeMap<Digest, BTreeSet<KeyId>>> {
    let mut holding: BTreeMap<KeyId, Vec<Digest>> = BTreeMap::new();
    for record in register.standing_holds() {
        record.ids().for_each(|id| holding.entry(id).or_default().push(record.digest));
    }
    let mut inherited: BTreeMap<Digest, BTreeSet<KeyId>> = BTreeMap::new();
    for (old, heir) in heirs {
        let old_scope = match find(txn, ids, old) {
            Ok(found) => found.scope(ids),
            Err(error) if error.is_about_a_key() => continue,
            Err(error) => return Err(error),
        };
        let scope = find(txn, ids, heir)?.scope(ids);
        let over = |id: &KeyId| holding.get(id).map_or(&[][..], Vec::as_slice);
        for hold in over(old).iter().chain(over(&old_scope)) {
            if !over(&scope).contains(hold) && !over(heir).contains(hold) {
                inherited.entry(*hold).or_default().insert(*heir);
            }
        }
    }
    Ok(inherited)
}

/// What a hold names of requests that the store has begun to execute and has not destroyed yet, as its own pages say.
pub(super) fn begun(
    txn: &mut Txn<'_, Db>,
    ids: &IdCipher,
    register: &Register,
    hold: &Hold,
) -> Result<Touched> {
    let mut touched = Touched::default();
    let begun = register.unfinished().filter(|record| record.destroyed.is_none());
    let begun: Vec<Digest> = begun.map(|record| record.digest).collect();
    if begun.is_empty() {
        return Ok(touched);
    }
    begun.iter().for_each(|request| touched.insert_ids(*request, []));
    for target in &hold.targets {
        for request in waited_for(txn, ids, target)? {
            touched.insert_ids(Digest(request), [*target]);
        }
    }
    Ok(touched)
}

/// The requests that a key, or a scope or a key in it, waits for.
fn waited_for(txn: &mut Txn<'_, Db>, ids: &IdCipher, target: &KeyId) -> Result<Vec<[u8; 32]>> {
    let position = ids.position(target).ok_or(Error::NotOfThisStore(*target))?;
    if position.slot != WHOLE_SCOPE {
        return match find(txn, ids, target) {
            Ok(found) => Ok(found.waits_for().into_iter().collect()),
            Err(error) if error.is_about_a_key() => Ok(Vec::new()),
            Err(error) => Err(error),
        };
    }
    let Some(scope) = txn.scope(position.scope)?.filter(|scope| scope.tombstone().is_none()) else {
        return Ok(Vec::new());
    };
    let mut requests: Vec<[u8; 32]> = scope.pending.into_iter().collect();
    for page in 0..scope.count.div_ceil(FAN_OUT) {
        let (_, records) = txn.keys_in_page(position.scope, &scope, page)?;
        requests.extend(records.iter().filter_map(|record| Some(record.waits?.request)));
    }
    requests.dedup();
    Ok(requests)
}
