//! What lies under a file: file system, extents, devices, other users; and what an overwrite achieves there.
//!
//! Everything is examined, nothing changed. Used for files that are to be wiped and for the root cell of a key store.
//!
//! | module | for |
//! |---|---|
//! | [`survey`] | examining a file or device: what an overwrite can achieve there |
//! | [`place`] | a mounted file system and all under it |
//! | [`finding`] | what was found, and what it means |
//! | [`mounts`] | `/proc/self/mountinfo` |
//! | [`stack`] | from a block device down to the disk, through sysfs |
//! | [`users`] | who has a file open or mapped, through `/proc` |
//! | [`extents`] | where the bytes of a file lie (FIEMAP) |
//! | [`ioctl`] | calls to file systems and devices that have no safe wrapper elsewhere: the only `unsafe` |

pub mod extents;
pub mod finding;
pub mod ioctl;
pub mod mounts;
pub mod place;
pub mod stack;
pub mod survey;
mod text;
pub mod users;
