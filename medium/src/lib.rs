//! What lies under a file: file system, extents, devices, other users; and what an overwrite achieves there.
//!
//! Everything is examined, nothing changed. Used for files that are to be wiped and for the root cell of a key store.
//!
//! | module | for |
//! |---|---|
//! | [`mounts`] | `/proc/self/mountinfo` |
//! | [`stack`] | from a block device down to the disk, through sysfs |
//! | [`users`] | who has a file open or mapped, through `/proc` |
//! | [`extents`] | where the bytes of a file lie (FIEMAP) |
//! | [`ioctl`] | calls to file systems and devices that have no safe wrapper elsewhere: the only `unsafe` |

pub mod extents;
pub mod ioctl;
pub mod mounts;
pub mod stack;
mod text;
pub mod users;
