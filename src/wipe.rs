//! Verified overwriting: what is written over data that is to go, pass by pass.
//!
//! A [`Method`] is a list of passes under a stable name. [`Method::expand`] draws its random characters and gives the exact
//! list that a run carries out and its report prints. A [`Fill`] is one pass of it, ready to write at any offset of any
//! target and to compare what is read back. Random passes come from one [`Seed`], so that they can be compared at all
//! and a run that was cut off can go on; the streams are written down in `docs/spec/wipe.md`.
//!
//! ```
//! use sealkeep::wipe::{Fill, Method, Pass, Seed};
//!
//! let method = Method::find("hmg-is5-enhanced").expect("a built-in method");
//! let passes = method.expand();
//! assert_eq!(passes.last(), Some(&Pass::Random));
//!
//! let seed = Seed::random();
//! let last = Fill::new(&passes[2], 3, &seed);
//! let mut block = vec![0; 4096];
//! last.write(0, 8192, &mut block);
//! assert_eq!(last.first_difference(0, 8192, &block, &mut Vec::new()), None);
//! block[7] ^= 1;
//! assert_eq!(last.first_difference(0, 8192, &block, &mut Vec::new()), Some(8199));
//! ```

mod buffer;
mod class;
mod error;
mod evidence;
mod execute;
mod fill;
mod free_space;
mod identity;
mod job;
mod journal;
mod links;
mod list;
mod listed;
mod method;
mod options;
mod overwrite;
mod plan;
mod readback;
mod removal;
mod remove;
mod report;
mod resume;
mod root;
mod sample;
mod sanitize;

pub use class::Class;
pub use error::Error;
pub use fill::{Fill, Seed, UNIT_LEN};
pub use free_space::FreeSpace;
pub use identity::Identity;
pub(crate) use journal::Settled;
pub use links::OtherNames;
pub(crate) use list::WipeList;
pub use method::{MAX_PASSES, MAX_PATTERN, Method, MethodError, Pass, PassError, Step};
pub use options::{Require, Verify, WipeOptions};
pub use plan::{Kind, WipePlan};
pub use readback::ReadBack;
pub use report::{Conclusion, PassReport, PlaceReport, Problem, Report, Row, Tally, Verdict};
pub(crate) use resume::end_journal;
pub use resume::{Resume, unfinished};
pub use sanitize::{Sanitize, Technique};
