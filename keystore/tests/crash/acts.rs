//! The acts that are interrupted, and the driver: a process of its own that does one of them and says what it was told.

use std::env;
use std::io::Write;
use std::path::PathBuf;

use sealkeep_crypto::Suite;
use sealkeep_keystore::{
    Clearance, Error, InitOptions, KeyState, KeyStore, NewCustody, OnFailure, RestoreOptions,
    Result, Unlock,
};

use crate::common::WAIT;
use crate::ground::{Field, MANY};

/// Something that changes a key store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    CreateInOldScope,
    CreateInNewScope,
    CreateAndSync,
    Rotate,
    SetState,
    Hold,
    SetCustody,
    NewShares,
    DestroyKeys,
    DestroyScope,
    DestroyWithCopy,
    AddCopy,
    RemoveCopy,
    Restore,
    Init,
    /// Only opens, which finishes what a crash has left.
    Reopen,
}

impl Act {
    pub(crate) const ALL: [Self; 16] = [
        Self::CreateInOldScope,
        Self::CreateInNewScope,
        Self::CreateAndSync,
        Self::Rotate,
        Self::SetState,
        Self::Hold,
        Self::SetCustody,
        Self::NewShares,
        Self::DestroyKeys,
        Self::DestroyScope,
        Self::DestroyWithCopy,
        Self::AddCopy,
        Self::RemoveCopy,
        Self::Restore,
        Self::Init,
        Self::Reopen,
    ];

    /// Whether a live copy is there to begin with.
    pub(crate) fn copied(self) -> bool {
        use Act::{CreateAndSync, DestroyWithCopy, RemoveCopy, Restore};
        matches!(self, CreateAndSync | DestroyWithCopy | RemoveCopy | Restore)
    }

    /// Whether it makes a store where none is.
    pub(crate) fn makes_a_store(self) -> bool {
        matches!(self, Self::Init | Self::Restore)
    }

    /// Does it and reports every result. The second `round` does the same to something else.
    pub(crate) fn run(
        self,
        field: &Field,
        round: usize,
        report: &mut dyn FnMut(String),
    ) -> Result<()> {
        if self.makes_a_store() {
            return self.make_store(field, report);
        }
        let (mut store, _) = field.open(&field.main())?;
        let ids = field.ids();
        // One key on each leaf page, one in the other scope.
        let some = vec![ids[4 + round], ids[MANY - 2 + round], ids[MANY + round]];
        match self {
            Self::CreateInOldScope => create(&mut store, "a", report)?,
            Self::CreateInNewScope => create(&mut store, &format!("new/{round}"), report)?,
            Self::CreateAndSync => {
                create(&mut store, "b", report)?;
                store.sync_live_copies()?;
                report("synced".into());
            }
            Self::Rotate => drop(store.rotate_scope("a")?),
            Self::SetState => store.set_state(&some, KeyState::Suspended)?,
            Self::Hold => store.hold(&some)?,
            Self::SetCustody => {
                store.set_custody(&NewCustody::KeyFile(&field.key_file(1)))?;
            }
            Self::NewShares => {
                for share in store.new_shares(2, 2)? {
                    report(format!("share {}", String::from_utf8_lossy(share.to_text().expose())));
                }
            }
            Self::DestroyKeys | Self::DestroyWithCopy => {
                store.destroy(Clearance::destroy_for_test(some, [8; 32]))?;
            }
            Self::DestroyScope => {
                let scope = store.scope_id(["b", "a"][round])?;
                if round == 1 {
                    store.release(&[ids[1]])?;
                }
                store.destroy(Clearance::destroy_for_test(vec![scope], [8; 32]))?;
            }
            Self::AddCopy => {
                let place = if round == 0 { field.empty() } else { field.copy() };
                store.add_copy(&place, true, OnFailure::Refuse, WAIT)?;
            }
            Self::RemoveCopy => match store.remove_copy(&field.copy().dir) {
                Err(Error::NoSuchCopy(_)) if round == 1 => {}
                removed => drop(removed?),
            },
            Self::Reopen => return Ok(()),
            Self::Init | Self::Restore => unreachable!("they open nothing"),
        }
        report("done".into());
        Ok(())
    }

    fn make_store(self, field: &Field, report: &mut dyn FnMut(String)) -> Result<()> {
        let key_file = field.key_file(0);
        if self == Self::Init {
            let options = InitOptions {
                suite: Suite::Aes256Gcm,
                custody: &[NewCustody::KeyFile(&key_file)],
                shares: None,
            };
            KeyStore::init(&field.empty(), &options, WAIT)?;
        } else {
            let options = RestoreOptions {
                evidence: vec![field.main().dir],
                accept_loss: false,
                ..RestoreOptions::default()
            };
            let unlock = Unlock::KeyFile(&key_file);
            KeyStore::restore(&field.copy(), &field.empty(), &unlock, &options, WAIT)?;
        }
        report("done".into());
        Ok(())
    }
}

/// Two keys, reported with their secrets.
fn create(store: &mut KeyStore, scope: &str, report: &mut dyn FnMut(String)) -> Result<()> {
    let made = store.create_keys(scope, Suite::Aes256Gcm, &[b"one", b"two"])?;
    let made: Vec<String> =
        made.iter().map(|key| format!("{} {}", key.id, hex(key.secret.expose()))).collect();
    report(format!("keys {}", made.join(" ")));
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a driver is told, and what its reports begin with.
pub(crate) const ACT: &str = "SEALKEEP_CRASH_ACT";
pub(crate) const FIELD: &str = "SEALKEEP_CRASH_FIELD";
pub(crate) const REPORT: &str = "\n@@ ";

/// The driver's life. Does nothing when it was not started as one.
pub(crate) fn drive() {
    let (Ok(act), Some(field)) = (env::var(ACT), env::var_os(FIELD)) else { return };
    let act = Act::ALL.into_iter().find(|known| format!("{known:?}") == act).expect("a known act");
    // Calls are counted by thread. The test harness has written twice by now: this thread must be ahead.
    (0..3).for_each(|_| std::io::stdout().write_all(b"\n").expect("written"));
    let mut report = |line: String| {
        // One write: a report is made whole or not at all.
        let mut out = std::io::stdout().lock();
        out.write_all(format!("{REPORT}{line}\n").as_bytes()).expect("written");
        out.flush().expect("written");
    };
    if let Err(error) = act.run(&Field(PathBuf::from(field)), 0, &mut report) {
        panic!("{act:?}: {error}");
    }
}
