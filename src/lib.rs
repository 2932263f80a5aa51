//! Sealkeep takes sensitive data through its whole life: sealed, kept, destroyed, and proved destroyed.
//!
//! A sealed file holds no key material at all, only the id of a key in a [key store](sealkeep_keystore). So
//! destroying one key destroys every copy of that file, wherever it lies.
//!
//! ```
//! use std::time::Duration;
//! use sealkeep::envelope::Run;
//! use sealkeep::files::{OpenOptions, OpenPlan, OpenTarget, SealOptions, SealPlan, SealTarget};
//! use sealkeep::keys::StoreKeys;
//! use sealkeep_crypto::Suite;
//! use sealkeep_keystore::{InitOptions, KeyFile, KeyStore, Location, NewCustody};
//!
//! # let dir = tempfile::tempdir()?;
//! # let place = |name: &str| dir.path().join(name);
//! # std::fs::create_dir(place("records"))?;
//! # std::fs::write(place("records/patient-0042.txt"), "stable")?;
//! // A key store, on other storage than the data; opened by a key file.
//! let key_file = KeyFile::generate();
//! let custody = [NewCustody::KeyFile(&key_file)];
//! let options = InitOptions { suite: Suite::Sm4Gcm, custody: &custody, shares: Some((2, 3)) };
//! let (store, _shares) =
//!     KeyStore::init(&Location::new(place("keys"), None), &options, Duration::from_secs(10))?;
//! let keys = StoreKeys::new(store);
//!
//! // Seal a folder: every file gets a key of its own.
//! let target = SealTarget::Path(place("sealed"));
//! let plan = SealPlan::new(&[place("records")], &target, SealOptions::new("patients", Suite::Sm4Gcm))?;
//! assert_eq!(plan.execute(&keys, &Run::quiet()).files, 1);
//!
//! // Open it again somewhere else.
//! let target = OpenTarget::Directory(place("back"));
//! let plan = OpenPlan::new(&[place("sealed")], &target, OpenOptions::default())?;
//! assert_eq!(plan.execute(&keys, &Run::quiet()).files, 1);
//! assert_eq!(std::fs::read(place("back/patient-0042.txt"))?, b"stable");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | for |
//! |---|---|
//! | [`envelope`] | the sealed-file format: streams, files, ranges, given a data key |
//! | [`files`] | files and directory trees, given a source of data keys |
//! | [`keys`] | where data keys come from |
//! | [`wipe`] | verified overwriting: methods, passes |
//! | [`retire`] | both: sealed, proved, and only then wiped |
//! | [`vault`] | encrypted storage with backups and copies, from which single objects can be destroyed |
//! | [`backup`] | what a backup leaves out, where it puts what it finds, which snapshots are kept |
//! | [`retention`] | how long what was kept must be kept |
//! | [`destruction`] | what is to be destroyed, as a list to be signed; overwriting; inspection |

mod calendar;
mod globs;
mod output;
mod parallel;
mod settings_file;
mod tree;

pub mod backup;
pub mod destruction;
pub mod envelope;
pub mod files;
pub mod keys;
pub mod retention;
pub mod retire;
pub mod shown;
pub mod vault;
pub mod wipe;
