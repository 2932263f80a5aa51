//! The truth of `sealkeep wipe`, seen from below: files of a content that is recognised anywhere are wiped on file systems made
//! for it in memory, and the raw image is searched for what is left of content and names.
//!
//! As root, on Linux with loop devices, `xfsprogs`, `btrfs-progs` and `e2fsprogs`. What cannot be run says so and is skipped, or
//! fails if `SEALKEEP_REQUIRE_ALL` is set.
//!
//! - `media/scenes.rs`: the file systems, and how the file came to be there;
//! - `media/claim.rs`: what holds of every run, whatever its result;
//! - `media/peers.rs`: the search itself, shown with another program.

#[path = "media/btrfs.rs"]
mod btrfs;
#[path = "media/claim.rs"]
mod claim;
#[path = "media/device.rs"]
mod device;
#[path = "media/ext4.rs"]
mod ext4;
#[path = "media/image.rs"]
mod image;
#[path = "media/layered.rs"]
mod layered;
#[path = "media/pattern.rs"]
mod pattern;
#[path = "media/peers.rs"]
mod peers;
#[path = "media/power.rs"]
mod power;
#[path = "media/scenes.rs"]
mod scenes;
#[path = "media/space.rs"]
mod space;
#[path = "cli/world.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod world;
#[path = "media/xfs.rs"]
mod xfs;
